// Chromium without a window, by the DevTools protocol over a pipe: no port that others could reach.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PATIENCE = 60_000; // A browser on a busy machine needs ten seconds to start.

const flags = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-sync', '--disable-extensions',
  '--disable-background-networking', '--disable-component-update', '--no-first-run', '--remote-debugging-pipe',
];

/** Keys by name: code, virtual key code, and the text that they type. */
const KEYS = {
  Tab: ['Tab', 9], Enter: ['Enter', 13, '\r'], Escape: ['Escape', 27], ' ': ['Space', 32, ' '],
  Home: ['Home', 36], End: ['End', 35], ArrowLeft: ['ArrowLeft', 37], ArrowUp: ['ArrowUp', 38],
  ArrowRight: ['ArrowRight', 39], ArrowDown: ['ArrowDown', 40], PageDown: ['PageDown', 34],
};

export class Browser {
  #last = 0;
  #pending = new Map();
  #listeners = new Map();

  constructor() {
    const home = mkdtempSync(join(tmpdir(), 'console-'));
    process.on('exit', () => {
      this.#endAll();
      rmSync(home, { recursive: true, force: true });
    });
    this.process = spawn(process.env.CHROMIUM ?? 'chromium', [...flags, `--user-data-dir=${join(home, 'profile')}`, 'about:blank'], {
      env: { ...process.env, HOME: home },
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.process.stdio[3].on('error', () => {});
    let text = '';
    this.process.stdio[4].setEncoding('utf8').on('data', (piece) => {
      const messages = (text + piece).split('\0');
      text = messages.pop();
      for (const message of messages) this.#hear(JSON.parse(message));
    });
  }

  #hear({ id, result, error, method, params, sessionId }) {
    if (id === undefined) {
      this.#listeners.get(sessionId)?.(method, params);
      return;
    }
    const { resolve, reject } = this.#pending.get(id);
    this.#pending.delete(id);
    if (error) reject(new Error(error.message));
    else resolve(result);
  }

  send(method, params = {}, sessionId) {
    const id = this.#last += 1;
    this.process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }));
  }

  /** A tab with a page. */
  async open(url, background = false) {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank', background });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const page = new Page((method, params) => this.send(method, params, sessionId));
    this.#listeners.set(sessionId, (method, params) => page.hear(method, params));
    for (const domain of ['Page', 'Runtime', 'Log', 'DOM']) await page.send(`${domain}.enable`);
    await page.theme('light');
    await page.go(url);
    return page;
  }

  /** A tab behind the one that is seen. */
  behind(url) {
    return this.open(url, true);
  }

  async close() {
    const ended = once(this.process, 'exit');
    this.process.kill();
    await ended;
    this.#endAll();
  }

  /** Its helpers outlive it for a moment, and write into its profile. */
  #endAll() {
    try {
      process.kill(-this.process.pid, 'SIGKILL');
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
}

export class Page {
  /** The errors on the console of the browser. */
  errors = [];
  #loaded = () => {};

  constructor(send) {
    this.send = send;
  }

  hear(method, params) {
    if (method === 'Page.loadEventFired') this.#loaded();
    if (method === 'Runtime.exceptionThrown') this.errors.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
    if (method === 'Runtime.consoleAPICalled' && params.type === 'error') this.errors.push(JSON.stringify(params.args));
    if (method === 'Log.entryAdded' && params.entry.level === 'error') this.errors.push(`${params.entry.text} ${params.entry.url ?? ''}`);
  }

  async go(url) {
    const loaded = new Promise((resolve) => { this.#loaded = resolve; });
    await this.send('Page.navigate', { url });
    await loaded;
  }

  /** The value of an expression, or of the promise that it is. */
  async value(expression) {
    const params = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', params);
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
    return result.value;
  }

  /** Waits until an expression is true, and looks whenever the page has changed or a frame was drawn. */
  async until(expression, what = expression) {
    const isTrue = await this.value(`new Promise((resolve) => {
      const late = setTimeout(() => resolve(false), ${PATIENCE});
      const look = () => {
        if (!(${expression})) return requestAnimationFrame(look);
        clearTimeout(late);
        resolve(true);
      };
      look();
    })`);
    if (!isTrue) throw new Error(`${what} took longer than a minute\n${await this.value('document.body.innerText')}`);
  }

  async press(key, modifiers = 0) {
    const [code, windowsVirtualKeyCode, text] = KEYS[key];
    const params = { key, code, windowsVirtualKeyCode, modifiers };
    await this.send('Input.dispatchKeyEvent', { ...params, type: text ? 'keyDown' : 'rawKeyDown', text });
    await this.send('Input.dispatchKeyEvent', { ...params, type: 'keyUp' });
  }

  type(text) {
    return this.send('Input.insertText', { text });
  }

  /** Presses a key until an element has the focus, as somebody without a mouse does. */
  async reach(selector, key = 'Tab') {
    for (let presses = 0; presses < 120; presses += 1) {
      if (await this.value(`document.activeElement?.matches(${JSON.stringify(selector)}) ?? false`)) return presses;
      await this.press(key);
    }
    throw new Error(`${key} does not lead to ${selector}`);
  }

  async screenshot(options = {}) {
    const { data } = await this.send('Page.captureScreenshot', { format: 'png', ...options });
    return Buffer.from(data, 'base64');
  }

  size(width, height, mobile = false) {
    return this.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile });
  }

  /** Nothing moves: a colour read in the middle of a transition belongs to no theme. */
  theme(value) {
    const features = [{ name: 'prefers-color-scheme', value }, { name: 'prefers-reduced-motion', value: 'reduce' }];
    return this.send('Emulation.setEmulatedMedia', { features });
  }

  /** Gives files to a field for files. */
  async files(selector, files) {
    const { root } = await this.send('DOM.getDocument');
    const { nodeId } = await this.send('DOM.querySelector', { nodeId: root.nodeId, selector });
    await this.send('DOM.setFileInputFiles', { nodeId, files });
  }
}
