// The hooks and the fixture of Vitest.
import { afterAll, expect, test as plain } from 'vitest';
import { test, testWith, useFakeFinesse } from 'finesse-conformance/vitest';

const fake = useFakeFinesse({ plain: true });
const seen = [];

plain('a test has a fake', async () => {
  seen.push(fake.url);
  await fake.agent('1001').login();
  expect(await fake.agent('1001').state()).toBe('NOT_READY');
});

plain('and the next another one', async () => {
  expect(seen).not.toContain(fake.url);
  expect(await fake.agent('1001').state()).toBe('LOGOUT');
});

const openfire = testWith({ profile: 'openfire-4.4', domain: 'lab.example.com' });

openfire('a fixture has the options of its test', async ({ fake }) => {
  expect(fake.domain).toBe('lab.example.com');
  seen.push(fake.url);
});

test('and else the usual ones', async ({ fake }) => {
  expect(fake.domain).toBe('finesse.example.com');
});

afterAll(() => expect(() => fake.url).toThrow(/only while a test runs/));
