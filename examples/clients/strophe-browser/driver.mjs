// strophe.js in a page of Chromium. The page does what it is asked; this serves it, and opens the browser.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import * as gate from '../../../recipes/node/contract.mjs';

const contract = Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('CONFORMANCE_')));
const file = (path, type) => ({ type, body: readFileSync(new URL(path, import.meta.url)) });
const pages = {
  '/': file('page.html', 'text/html'),
  '/application.mjs': file('../strophe/application.mjs', 'text/javascript'),
  '/strophe.js': file('node_modules/strophe.js/dist/strophe.umd.min.js', 'text/javascript'),
  '/contract': { type: 'application/json', body: JSON.stringify(contract) },
};
const flags = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-sync', '--disable-extensions',
  '--disable-background-networking', '--disable-component-update', '--no-first-run',
];

/** A home whose certificate database has the gate's authority, as it is on the desk of somebody who trusts it. */
function home() {
  const folder = mkdtempSync(join(tmpdir(), 'strophe-browser-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const nssdb = join(folder, '.pki', 'nssdb');
  mkdirSync(nssdb, { recursive: true });
  const certutil = (...words) => execFileSync('certutil', ['-d', `sql:${nssdb}`, ...words]);
  certutil('-N', '--empty-password');
  if (gate.env('CA')) certutil('-A', '-n', 'gate', '-t', 'C,,', '-i', gate.env('CA'));
  return folder;
}

let browser, page, done;
const close = () => setTimeout(() => browser.kill('SIGKILL'), 500); // By then its connection has ended in order.
const told = {
  ...gate,
  complain: console.error,
  done: () => done(),
  end: (why) => close() && gate.end(why),
};

/** Opens the page, and waits until it asks what to do. */
const open = () => new Promise((opened) => {
  const server = createServer(async (request, response) => {
    if (request.url === '/asked') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      opened(response);
    } else if (request.url === '/tell') {
      const [word, ...words] = JSON.parse(await text(request));
      told[word](...words);
      response.end();
    } else {
      const { type, body } = pages[request.url] ?? {};
      response.writeHead(body ? 200 : 404, { 'content-type': type ?? 'text/plain' }).end(body);
    }
  });
  server.listen(0, '127.0.0.1', () => {
    const HOME = home();
    const url = `http://127.0.0.1:${server.address().port}/`;
    const words = [...flags, `--user-data-dir=${join(HOME, 'profile')}`, url];
    browser = spawn(process.env.CHROMIUM ?? 'chromium', words, { env: { ...process.env, HOME }, stdio: 'ignore' });
    // The folder goes with the process, and the process after the browser that writes there.
    process.on('SIGTERM', () => browser.kill('SIGKILL'));
    browser.on('error', (error) => gate.end(`no Chromium: ${error.message}`));
    browser.on('exit', () => process.exit());
  });
});

const inPage = (verb) => [verb, async (argument = null) => {
  page ??= await open();
  page.write(`data: ${JSON.stringify([verb, argument])}\n\n`);
  await new Promise((resolve) => (done = resolve));
}];

await gate.run(Object.fromEntries(['login', 'subscribe', 'unsubscribe', 'sign-out'].map(inPage)));
close();
