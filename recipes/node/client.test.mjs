// The client against the fake. `npm ci && npm test`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useFakeFinesse } from 'finesse-conformance/node-test';
import { watch } from './client.mjs';

const fake = useFakeFinesse({ users: { 1001: 'secret' } });

test('a client hears of a change of state, and of the end of its connection', { timeout: 20_000 }, async () => {
  const updates = [];
  const socket = watch(fake, '1001', 'secret', (text) => updates.push(text));
  const closed = new Promise((done) => socket.on('close', done));
  await fake.waitFor('<presence/>');
  await fake.fault('drop-tcp after=event nth=1');
  await fake.agent('1001').login();
  assert.equal(await closed, 1006);
  assert.match(updates.join(), /\/finesse\/api\/User\/1001/);
});
