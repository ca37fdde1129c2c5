// The page at /tunnel/ in Chromium, as a page around it uses it. Wants finesse-conformance in PATH.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline/promises';
import { after, before, test } from 'node:test';
import { Browser } from './chromium.mjs';

let browser;
before(() => { browser = new Browser(); });
after(() => browser.close());

/** A page of the fake's origin with the tunnel in a frame; `heard` is what it said. */
async function frame(t) {
  const mock = spawn('finesse-conformance', ['mock', '--plain', '--json', '--control', '--until-eof'], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => mock.stdin.end());
  const fake = JSON.parse((await createInterface(mock.stdout)[Symbol.asyncIterator]().next()).value);
  const page = await browser.open(`${fake.rest}SystemInfo`);
  await page.value(`(() => {
    const heard = globalThis.heard = [];
    addEventListener('message', ({ data }) => heard.push(data));
    globalThis.tunnel = () => {
      const frame = document.createElementNS('http://www.w3.org/1999/xhtml', 'iframe');
      frame.src = '/tunnel/';
      document.documentElement.append(frame);
      return frame;
    };
    const say = (frame) => (...messages) => messages.forEach((message) => frame.contentWindow.postMessage(message, '*'));
    globalThis.say = say(tunnel());
    globalThis.sayAgain = (...messages) => {
      const frame = tunnel();
      frame.onload = () => say(frame)(...messages);
    };
  })()`);
  await page.until(said('4|loaded'));
  const say = (...messages) => page.value(`say(...${JSON.stringify(messages)})`);
  say.again = (...messages) => page.value(`sayAgain(...${JSON.stringify(messages)})`);
  return { fake, page, say };
}

const said = (text) => `heard.some((one) => one.startsWith(${JSON.stringify(text)}))`;
const credentials = ({ domain }, password) => [`1|1001`, '3|desk', `5|${domain}`, `2|${password}`, `6|pubsub.${domain}`];

test('a page hears its connection, presences, events and answers', async (t) => {
  const { fake, page, say } = await frame(t);
  await say(...credentials(fake, 'secret'));
  await page.until(said('4|connected'));
  assert.deepEqual(await page.value("heard.filter((one) => /^[34]/.test(one))"), ['4|loaded', '4|connecting', '3|desk', '4|connected']);
  assert.ok(await page.value(said('9|<presence')));
  await say('7|/finesse/api/SystemInfo', '7|/finesse/api/Nothing', '8|/finesse/api/SystemInfo');
  await page.until(said('8|/finesse/api/SystemInfo'));
  assert.deepEqual(await page.value("heard.filter((one) => one.startsWith('7|'))"), ['7|/finesse/api/SystemInfo', '7|/finesse/api/Nothing|item-not-found']);
  const { ok } = await fetch(`${fake.control}/agents/1001/state`, { method: 'POST', body: '{"state": "LOGIN"}' });
  assert.ok(ok);
  await page.until(said('0|/finesse/api/User/1001<Update>'));
  await say('11|1001');
  await page.until(said('4|disconnected'));
});

test('a wrong password is unauthorized', async (t) => {
  const { fake, page, say } = await frame(t);
  await say(...credentials(fake, 'wrong'));
  await page.until(said('4|unauthorized'));
  assert.equal(await page.value(said('4|connected')), false);
});

test('a login elsewhere with the same resource is a conflict', async (t) => {
  const { fake, page, say } = await frame(t);
  await say(...credentials(fake, 'secret'));
  await page.until(said('4|connected'));
  await say.again(...credentials(fake, 'secret'));
  await page.until(said('4|conflict'));
});
