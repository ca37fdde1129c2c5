// A day of an agent at the desktop, in Chromium, against `mock --www`. Wants finesse-conformance in PATH.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { createInterface } from 'node:readline/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { browse } from '../browser.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
/** A promise, and the two ways in which it ends. */
function pending() {
  const ways = {};
  ways.promise = new Promise((resolve, reject) => Object.assign(ways, { resolve, reject }));
  return ways;
}

const PATIENCE = 60_000; // A browser on a busy machine needs ten seconds to start.

/** Ends a step that takes too long, with its name and the page. */
async function within(what, promise, state) {
  let timer;
  const late = new Promise((_, failed) => {
    timer = setTimeout(() => failed(new Error(`${what} took longer than a minute\n${state()}`)), PATIENCE);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The fake, with the files of this folder beside its API. */
async function start(t) {
  const words = ['mock', '--json', '--control', '--www', HERE];
  const mock = spawn('finesse-conformance', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => mock.kill());
  const line = createInterface(mock.stdout)[Symbol.asyncIterator]().next();
  const fake = JSON.parse((await within('the start of the fake', line, () => '')).value);
  const ask = async (method, path, body) => {
    const response = await fetch(fake.control + path, { method, body: body && JSON.stringify(body) });
    const answer = await response.json();
    assert.ok(response.ok, `${method} ${path}: ${answer.error}`);
    return answer;
  };
  return { ...fake, ask, wait: (pattern) => ask('POST', '/wait', { pattern, within: '30s' }) };
}

/** The page in a browser. Each order ends once the page has done it. */
async function open(t, fake) {
  let orders, seen = 'the page has not come', settle = {};
  const come = pending();
  const server = createServer(async (request, response) => {
    response.setHeader('access-control-allow-origin', new URL(fake.www).origin);
    if (request.url === '/orders') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      orders = response;
      come.resolve();
    } else {
      const [word, said] = JSON.parse(await text(request));
      response.end();
      if (word === 'done') seen = said;
      if (word === 'done') settle.resolve?.(said);
      else settle.reject?.(new Error(`in the page: ${said}`));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const drive = `http://127.0.0.1:${server.address().port}`;
  const browser = browse('desktop', `${fake.www}#drive=${drive}`, fake.ca);
  t.after(() => {
    browser.kill('SIGKILL');
    server.closeAllConnections();
    server.close();
  });
  const failed = once(browser, 'error').then(([error]) => { throw error; });
  await within('the page', Promise.race([come.promise, failed]), () => seen);
  return async (...order) => {
    settle = pending();
    orders.write(`data: ${JSON.stringify(order)}\n\n`);
    return within(order.join(' '), settle.promise, () => `the page was last\n${seen}`);
  };
}

test('an agent signs in, takes a call, transfers it, wraps up and signs out', { timeout: 600_000 }, async (t) => {
  const fake = await start(t);
  const page = await open(t, fake);
  const say = async (state) => {
    await page('click', `[data-state=${state}]`);
    await page('see', '#state', state);
  };
  await page('fill', '#agent', '1001');
  await page('fill', '#password', 'wrong');
  await page('fill', '#extension', '1081001');
  await page('click', '#sign-in button');
  await page('see', '#problem', '401 Authorization Failure');
  await page('fill', '#password', 'secret');
  await page('click', '#sign-in button');
  await page('see', '#state', 'NOT_READY');
  await say('READY');

  const { id } = await fake.ask('POST', '/agents/1001/ring', { from: '5550100' });
  const act = (action) => page('click', `[data-action=${action}]`);
  await page('see', '#calls', '5550100 · ALERTING');
  // The server refuses once. The page says so, and its button still works.
  await fake.ask('POST', '/faults', { fault: `refuse-rest status=500 path=/finesse/api/Dialog/${id} times=1` });
  await act('ANSWER');
  await page('see', '#problem', `PUT Dialog/${id}: 500 Internal Server Error`);
  await act('ANSWER');
  await page('see', '#calls', '5550100 · ACTIVE');
  await page('see', '#state', 'TALKING');
  await act('HOLD');
  await page('see', '#calls', '5550100 · HELD');
  await act('RETRIEVE');
  await page('see', '#calls', '5550100 · ACTIVE');
  await page('fill', '#wrap-up', 'Order placed');
  await page('see', '#calls', 'Order placed');
  await page('fill', '#to', '5550142');
  await act('TRANSFER_SST');
  await page('see', '#state', 'READY');
  await say('NOT_READY');
  await page('click', '[data-state=LOGOUT]');
  await fake.wait('<close xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>');
  const shown = await page('see', '#state', 'LOGOUT');

  const { said } = await fake.ask('GET', '/transcript');
  const requests = said.filter((it) => it.answer).map(({ request, answer }) => {
    const [, word = ''] = /<(?:state|requestedAction)>(\w+)</.exec(request.body) ?? [];
    return `${answer.status} ${request.method} ${request.target} ${word}`.trim();
  });
  const [user, dialog] = ['/finesse/api/User/1001', `/finesse/api/Dialog/${id}`];
  assert.deepEqual(requests, [
    `401 GET ${user}`,
    `200 GET ${user}`,
    '200 GET /finesse/api/SystemInfo',
    `200 GET ${user}/ReasonCodes?category=NOT_READY`,
    `200 GET ${user}/WrapUpReasons`,
    `202 PUT ${user} LOGIN`,
    `200 GET ${user}/Dialogs`,
    `202 PUT ${user} READY`,
    `500 PUT ${dialog} ANSWER`,
    ...['ANSWER', 'HOLD', 'RETRIEVE', 'UPDATE_CALL_DATA', 'TRANSFER_SST'].map((it) => `202 PUT ${dialog} ${it}`),
    `202 PUT ${user} NOT_READY`,
    `202 PUT ${user} LOGOUT`,
  ]);
  // The page shows each event that the fake has sent, the last one first.
  const sent = said.filter((it) => it.speaker === 'server' && it.text.includes('pubsub#event'));
  const events = shown.split('\n').filter((line) => /(POST|PUT|DELETE) \/finesse\/api\//.test(line));
  assert.equal(events.length, sent.length, shown);
  assert.match(events[0], /PUT \/finesse\/api\/User\/1001 LOGOUT/);
  assert.ok(!JSON.stringify(said).includes('secret'));
});
