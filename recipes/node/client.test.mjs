// The client against the fake, which is driven by its control port. `npm ci && npm test`; wants finesse-conformance in PATH.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { after, before, test } from 'node:test';
import { watch } from './client.mjs';

let mock, fake;

before(async () => {
  mock = spawn('finesse-conformance', ['mock', '--json', '--control'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const first = await createInterface(mock.stdout)[Symbol.asyncIterator]().next();
  fake = JSON.parse(first.value);
  fake.ca = await readFile(fake.ca);
});
after(() => mock.kill());

const ask = async (path, body) => {
  const answer = await fetch(fake.control + path, { method: 'POST', body: JSON.stringify(body) });
  assert.ok(answer.ok, await answer.clone().text());
  return answer.json();
};

test('a change of state reaches the client', { timeout: 20_000 }, async () => {
  let heard;
  const update = new Promise((done) => (heard = done));
  const socket = watch(fake, '1001', 'secret', (text) => text.includes('NOT_READY') && heard(text));
  await ask('/wait', { pattern: '<presence/>', within: '10s' });
  await ask('/agents/1001/state', { state: 'LOGIN' });
  assert.match(await update, /\/finesse\/api\/User\/1001/);
  socket.close();
});
