// The hooks of Jest.
import { expect, test } from '@jest/globals';
import { useFakeFinesse } from 'finesse-conformance/jest';

const fake = useFakeFinesse({ plain: true });
const seen = [];

test('a test has a fake', async () => {
  seen.push(fake.url);
  await fake.agent('1001').login();
  expect(await fake.agent('1001').state()).toBe('NOT_READY');
});

test('and the next another one', async () => {
  expect(seen).not.toContain(fake.url);
  expect(await fake.agent('1001').state()).toBe('LOGOUT');
});
