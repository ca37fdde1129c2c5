// The contract at the gate, with a small client behind it, and as it is printed. Wants finesse-conformance in PATH.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

// One case for each verb and event.
const GREEN = [
  'bind/client-resource', 'close/client-signs-out', 'notify/client-order', 'notify/client-payload-unescaped-once',
  'notify/client-unknown-node', 'pubsub/client-subscribe-error-surfaced', 'pubsub/client-unsubscribes',
  'sasl/client-no-plain-without-tls', 'sasl/client-wrong-password-once',
];
const file = (name) => fileURLToPath(new URL(name, import.meta.url));
const conformance = (...words) => new Promise((done) => {
  execFile('finesse-conformance', words, (error, stdout, stderr) => done({ stdout, said: stdout + stderr + (error ?? '') }));
});

/** The verdicts by case. */
async function gate(cases, driver) {
  const folder = await mkdtemp(join(tmpdir(), 'driver-'));
  const report = join(folder, 'run.jsonl');
  const words = ['--report', `json=${report}`, '--report', 'text', '--', process.execPath, file(driver)];
  const { said } = await conformance('gate', ...cases, ...words);
  const lines = (await readFile(report, 'utf8')).trim().split('\n').map((line) => JSON.parse(line));
  await rm(folder, { recursive: true });
  const played = lines.filter(({ event }) => event === 'case');
  return { said, verdicts: Object.fromEntries(played.map(({ id, verdict }) => [id, verdict])) };
}

test('a client behind it passes', { timeout: 120_000 }, async () => {
  const { said, verdicts } = await gate(GREEN, 'driver.mjs');
  assert.deepEqual(Object.entries(verdicts).sort(), GREEN.map((id) => [id, 'pass']), said);
});

test('a client that does not answer is red', { timeout: 120_000 }, async () => {
  const { said, verdicts } = await gate(['keepalive/client-xmpp-ping'], 'driver.mjs');
  assert.deepEqual(verdicts, { 'keepalive/client-xmpp-ping': 'fail' }, said);
});

test('as it is printed it says what is missing', { timeout: 120_000 }, async () => {
  const { stdout } = await conformance('init', '--driver', 'node');
  assert.equal(stdout, await readFile(file('contract.mjs'), 'utf8'));
  const { said, verdicts } = await gate(['upgrade/minimal'], 'contract.mjs');
  assert.deepEqual(verdicts, { 'upgrade/minimal': 'fail' }, said);
  assert.match(said, /login: not written yet/);
});
