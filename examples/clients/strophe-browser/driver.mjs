// strophe.js in a page of Chromium. The page does what it is asked; this serves it, and opens the browser.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import * as gate from '../../../recipes/node/contract.mjs';
import { browse } from '../browser.mjs';

const contract = Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('CONFORMANCE_')));
const file = (path, type) => ({ type, body: readFileSync(new URL(path, import.meta.url)) });
const pages = {
  '/': file('page.html', 'text/html'),
  '/application.mjs': file('../strophe/application.mjs', 'text/javascript'),
  '/strophe.js': file('node_modules/strophe.js/dist/strophe.umd.min.js', 'text/javascript'),
  '/contract': { type: 'application/json', body: JSON.stringify(contract) },
};

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
    browser = browse('strophe-browser', `http://127.0.0.1:${server.address().port}/`, gate.env('CA'));
    // The browser's home goes with the process, and the process after the browser that writes there.
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
