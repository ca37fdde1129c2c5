// The package as it was packed: its methods, its errors, and the end of its process.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { ExpectationNotMet, FakeError, FakeFinesse, program } from 'finesse-conformance';
import { Agent as Dispatcher, fetch as undici } from 'undici';
import { watch } from './client.mjs';

/** A fake that is stopped with the test. */
const started = async (t, options) => {
  const fake = await FakeFinesse.start(options);
  t.after(() => fake.stop());
  return fake;
};

const basic = `Basic ${Buffer.from('1001:secret').toString('base64')}`;

test('the program is the one in the package, and npx starts it', async () => {
  assert.match(program(), /node_modules\/@finesse-conformance\//);
  const { stdout } = await promisify(execFile)('node_modules/.bin/finesse-conformance', ['--version']);
  const { version } = JSON.parse(readFileSync('node_modules/finesse-conformance/package.json', 'utf8'));
  assert.match(stdout, new RegExp(`finesse-conformance ${version.replaceAll('.', '\\.')}\\b`));
});

test('a day of agents and calls', async (t) => {
  const fake = await started(t, { faults: ['reorder'], nodes: ['/lab/news'] });
  assert.equal((await fake.about()).url, fake.url);
  assert.ok(fake.users.includes('1001') && fake.boshUrl && fake.wwwUrl === null && fake.hintPorts.length === 0);
  const [agent, other, supervisor] = ['1001', 1002, '1003'].map((id) => fake.agent(id));
  assert.equal((await agent.login({ extension: '2001' })).extension, '2001');
  await other.login();
  await other.ready();
  assert.equal(await agent.state(), 'NOT_READY');
  await agent.ready();
  const call = await agent.ring('5550100');
  assert.equal(await call.state(), 'ALERTING');
  assert.deepEqual((await call.answer()).agents['1001'], 'TALKING');
  await call.setVariable('callVariable1', 'Gold & more');
  assert.deepEqual((await call.view()).variables, [['callVariable1', 'Gold & more']]);
  await agent.hold();
  await call.retrieve();
  const consultation = await agent.consult('5550123');
  await consultation.otherSideAnswers();
  await agent.conference();
  await agent.dropParticipant('5550123');
  assert.equal((await call.hangUp()).call, null);
  assert.deepEqual(await fake.calls(), []);
  const [queue] = await fake.queues();
  assert.ok(await fake.queue(queue.id).callFrom('5550101'));
  assert.equal((await fake.queue(queue.id).view()).name, queue.name);
  await assert.rejects(fake.queue('no').view(), /no queue has the id no; there are /);
  await supervisor.logout().catch(() => {});
  await fake.systemInfo('OUT_OF_SERVICE');
  assert.equal(await fake.systemStatus(), 'OUT_OF_SERVICE');
  assert.equal((await fake.world()).agents.length, (await fake.agents()).length);
  const [fault] = await fake.faults();
  assert.equal(fault.fault, 'reorder what=event');
  await fake.removeFault(fault.id);
  await fake.fault('drop-tcp after=success times=2');
  await fake.removeFaults();
  assert.deepEqual(await fake.faults(), []);
  assert.ok((await fake.faultTable()).some(({ name }) => name === 'drop-tcp'));
  await fake.publish('/lab/news', "<x xmlns='urn:example'>1</x>");
  await fake.reset();
  assert.equal(await agent.state(), 'LOGOUT');
});

test('a request that is refused says what would be right', async (t) => {
  const fake = await started(t);
  await assert.rejects(fake.agent('1001').ready(), (error) => {
    assert.ok(error instanceof FakeError && error.status === 409 && error.route === 'POST /agents/{id}/state', error);
    return /LOGIN/.test(error.message);
  });
  await assert.rejects(fake.fault('drop-tpc'), /drop-tcp/);
  await fake.stop();
  await assert.rejects(fake.sessions(), /has it been stopped/);
  assert.ok(!existsSync(fake.caFile));
});

test('clients are seen, spoken to and thrown out', { timeout: 20_000 }, async (t) => {
  const fake = await started(t);
  const heard = [];
  const socket = watch(fake, '1001', 'secret', (message) => heard.push(message));
  const closed = once(socket, 'close');
  const said = await fake.waitFor('<presence/>', { within: 10_000 });
  assert.equal(said.connection, 1);
  assert.equal((await fake.sessions())[0].phase, 'available');
  assert.equal(await fake.inject('1001', "<message xmlns='jabber:client'><body>hello</body></message>"), 1);
  assert.equal(await fake.inject('#1', new Uint8Array([0x89, 0])), 1);
  assert.equal(await fake.kick('1001'), 1);
  await closed;
  assert.match(heard.join(), /hello/);
  assert.match(await fake.transcriptText({ connection: 1 }), /#1 .*-> <presence/);
  assert.ok((await fake.transcript({ after: said.number })).said.every(({ number }) => number > said.number));
  const explanation = await fake.explain("SENT <open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='x.example.com' version='1.0'/>");
  assert.ok(explanation.finding && explanation.steps.length, explanation);
  await fake.clearTranscript();
  assert.deepEqual((await fake.transcript()).said, []);
});

test('an expectation that is not met shows the nearest message', { timeout: 20_000 }, async (t) => {
  const fake = await started(t);
  const bind = "<iq type='set'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>desktop</resource></bind></iq>";
  await fake.expect('<presence/>', { times: 1 });
  await fake.expect(bind);
  const socket = watch(fake, '1001', 'secret', () => {});
  t.after(() => socket.terminate());
  await fake.waitFor('<presence/>');
  assert.deepEqual((await fake.expectations()).map(({ met }) => met), [true, false]);
  const nearest = (error) => {
    assert.ok(error instanceof ExpectationNotMet && error instanceof assert.AssertionError, error);
    return /iq\/bind\/resource +desktop +crm/.test(error.message);
  };
  await assert.rejects(fake.waitFor(bind, { within: '100ms' }), nearest);
  await assert.rejects(fake[Symbol.asyncDispose](), nearest);
  await assert.rejects(fake.sessions(), /has it been stopped/);
});

test('fetch trusts the fake: our own, with the dispatcher, of undici, and of a child', { timeout: 20_000 }, async (t) => {
  const fake = await started(t, { users: { '00001..00003': 'secret', 1001: 'secret' } });
  const headers = { Authorization: basic };
  const url = `${fake.restUrl}User/1001`;
  await assert.rejects(fetch(url, { headers }), /fetch failed/);
  for (const answer of [
    await fake.fetch('User/1001', { headers }),
    await fetch(url, { headers, dispatcher: fake.dispatcher }),
    await undici(url, { headers, dispatcher: new Dispatcher({ connect: fake.trust }) }),
  ]) {
    assert.match(await answer.text(), /<loginId>1001</);
  }
  await fake.waitFor('GET /finesse/api/User/1001 -> 200');
  const script = `fetch('${url}', { headers: { Authorization: '${basic}' } }).then((answer) => console.log(answer.status))`;
  const child = spawn(process.execPath, ['-e', script], { env: { ...process.env, ...fake.env }, stdio: ['ignore', 'pipe', 'inherit'] });
  assert.equal((await text(child.stdout)).trim(), '200');
});

test('a pair is two fakes with one world', async (t) => {
  const fake = await started(t, { pair: true, plain: true });
  assert.notEqual(fake.second.url, fake.url);
  assert.deepEqual([fake.ca, fake.caFile, fake.trust, fake.env, fake.dispatcher], [null, null, {}, {}, undefined]);
  await fake.agent('1001').login();
  assert.equal(await fake.second.agent('1001').state(), 'NOT_READY');
});

test('a start that fails shows why', async (t) => {
  await assert.rejects(FakeFinesse.start({ usres: {} }), /there is no option usres; there are .*users/);
  await assert.rejects(FakeFinesse.start({ faults: ['drop-tpc'] }), /status 64[^]*standard error: [^]*drop-tcp/);
  await assert.rejects(FakeFinesse.start({ program: '/nowhere' }), /the option `program` names \/nowhere/);
  await assert.rejects(FakeFinesse.start({ startWithin: 0 }), /it was not ready within 0 ms/);
  process.env.FINESSE_CONFORMANCE = '/nowhere/either';
  t.after(() => delete process.env.FINESSE_CONFORMANCE);
  await assert.rejects(FakeFinesse.start(), /FINESSE_CONFORMANCE names \/nowhere\/either/);
});

test('a program that is no fake is told from one, in time', { timeout: 60_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'no-fake-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const late = /it was not ready within 500 ms/;
  const other = /its first line describes no fake/;
  const table = {
    garbage: ["printf '\\377\\0<html>\\n'; exec sleep 60", other],
    'another object': ["echo '{}'; exec sleep 60", other],
    'no object': ['echo null; exec sleep 60', other],
    nothing: ['exec sleep 60', late],
    'half a line': [`printf '{"url":'; exec sleep 60`, late],
    'half a line, and its end': [`printf '{"url":'`, /it ended with status 0/],
    'its end': ['echo broken >&2; exit 7', /it ended with status 7[^]*standard error: broken/],
    'its end by a signal': ['kill -9 $$', /it ended with SIGKILL/],
    'its end, with a child': ['sleep 60 & exit 7', /it ended with status 7/],
    'a child that waits': ['sleep 60; exit 7', late],
    'a line without end': ['exec cat /dev/zero', /its first line has more than 8388608 characters/],
    'much on standard error': ['exec 3>&1; exec yes broken >&2', late],
  };
  await Promise.all(
    Object.entries(table).map(async ([name, [script, why]], number) => {
      const program = join(folder, `${number}`);
      writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      // A deadline that is there to be met is short; others are for a machine that has much else to do.
      const startWithin = why === late ? 500 : 30_000;
      await assert.rejects(FakeFinesse.start({ program, startWithin }), why, name);
    }),
  );
});

test('a fake that nobody stops ends with its process, however that ends', { timeout: 20_000 }, async () => {
  const start = "import { FakeFinesse } from 'finesse-conformance'; const fake = await FakeFinesse.start({ plain: true }); console.log(fake.url);";
  for (const end of ['', 'process.kill(process.pid, "SIGKILL")']) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', start + end], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    const { hostname, port } = new URL((await text(child.stdout)).trim());
    await ended;
    // The port refuses as soon as the fake has ended; until then each connection ends with it.
    const { connect } = await import('node:net');
    for (let refused = false; !refused; ) {
      const socket = connect(port, hostname);
      refused = await new Promise((done) => socket.on('error', () => done(true)).on('close', () => done(false)).resume());
    }
  }
});
