// The console in Chromium, against `mock --console`. Wants finesse-conformance in PATH.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline/promises';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Browser } from './chromium.mjs';
import { logIn } from './client.mjs';

const LOG = fileURLToPath(new URL('../../../explain/tests/captures/bad-no-presence-fake.console.log', import.meta.url));
const MESSAGES = 10_000;
const HOSTILE = '<img src=x onerror="globalThis.hurt = 1"><script>globalThis.hurt = 1</script>';

let browser;
before(() => { browser = new Browser(); });
after(() => browser.close());

async function start(t, ...words) {
  const mock = spawn('finesse-conformance', ['mock', '--plain', '--json', '--console', '--until-eof', ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => mock.stdin.end());
  const fake = JSON.parse((await createInterface(mock.stdout)[Symbol.asyncIterator]().next()).value);
  const ask = async (method, path, body) => {
    const response = await fetch(fake.control + path, { method, body: body && JSON.stringify(body) });
    const answer = await response.json();
    assert.ok(response.ok, `${method} ${path}: ${answer.error}`);
    return answer;
  };
  return { ...fake, ask };
}

/** The console of a fake, and a client that is online. */
async function set(t, size = [1280, 800]) {
  const fake = await start(t);
  const page = await browser.open(fake.console);
  await page.size(...size);
  await page.until("document.getElementById('link-text').textContent === 'live'");
  // On the origin of the fake: a browser lets no other page reach an address of this machine.
  const tab = await browser.behind(`${fake.rest}SystemInfo`);
  t.after(() => assert.deepEqual(page.errors, [], 'the console of the browser is empty'));
  return { fake, page, tab };
}

const rowWith = (text) => `[...document.querySelectorAll('.row:not([hidden])')].some((row) => row.textContent.includes(${JSON.stringify(text)}))`;
const textOf = (id) => `document.getElementById('${id}').textContent`;

test('a client logs in live, and its password is nowhere', async (t) => {
  const { fake, page, tab } = await set(t);
  await logIn(tab, fake);
  await page.until(rowWith('available'));
  await page.until(`${textOf('clients-count')} === '1'`);
  assert.ok(await page.value(rowWith('auth')));
  const text = await page.value('document.body.innerText');
  assert.ok(!text.includes('ADEwMDEAc2VjcmV0'));
});

test('an agent becomes ready by keyboard alone', async (t) => {
  const { fake, page } = await set(t);
  await page.until("document.querySelectorAll('#agents-list li').length === 10");
  await page.reach("[aria-label='Sign in: Ada Byron']");
  await page.press('Enter');
  // The button is gone, and the focus stays with the agent.
  await page.until("document.activeElement.getAttribute('aria-label') === 'Ready: Ada Byron'");
  await page.press('Enter');
  await page.until(`${textOf('status')} === 'Ada Byron is ready.'`);
  assert.equal((await fake.ask('GET', '/agents/1001')).state, 'READY');
  await page.reach("[aria-label='Ring Ada Byron…']");
  await page.press('Enter');
  await page.until("document.activeElement.name === 'from'");
  await page.press('Enter');
  await page.until("!document.getElementById('dialog').open");
  assert.equal((await fake.ask('GET', '/calls')).calls.length, 1);
  await page.until("document.activeElement.getAttribute('aria-label') === 'Ring Ada Byron…'");
  // The tabs are one stop, and arrows lead from one to the next.
  await page.value("document.getElementById('tab-agents').focus()");
  await page.press('ArrowRight');
  assert.equal(await page.value('document.activeElement.id'), 'tab-calls');
  await page.until("document.querySelectorAll('#calls-list li').length === 1");
  await page.reach("[aria-label^='Answer: agent 1001']");
  await page.press('Enter');
  await page.until("document.querySelector('#calls-list .pill.good') !== null");
});

test('a fault from the form strikes, and a message is found by filter and search', async (t) => {
  const { fake, page, tab } = await set(t);
  await page.value("document.getElementById('tab-faults').click()");
  await page.until("document.querySelectorAll('#fault-name option').length > 20");
  await page.value(`(() => {
    const choose = (control, text) => {
      control.value = [...control.options].find((option) => option.textContent === text).value;
      for (const kind of ['input', 'change']) control.dispatchEvent(new Event(kind, { bubbles: true }));
    };
    choose(document.getElementById('fault-name'), 'stream-error');
    choose(document.querySelector('#fault [name=before]'), 'session');
    document.getElementById('fault').requestSubmit();
  })()`);
  await page.until("document.querySelector('#faults-list code')?.textContent.startsWith('stream-error before=session')");
  await logIn(tab, fake).catch(() => {});
  await page.until("document.querySelector('#faults-list .pill')?.textContent === 'struck 1 time'");
  await page.until("document.querySelector('.row.struck:not([hidden])') !== null");
  const all = Number.parseInt(await page.value(textOf('wire-count')), 10);
  await page.reach('#search');
  await page.type('internal-server-error');
  await page.until(`/^[1-3] of ${all} messages$/.test(${textOf('wire-count')})`);
  await page.value(`(() => { const kind = document.getElementById('kind'); kind.value = 'fact'; kind.dispatchEvent(new Event('change')); })()`);
  await page.until(`[...document.querySelectorAll('.row:not([hidden])')].every((row) => row.classList.contains('nobody'))`);
});

test('texts of the wire are texts', async (t) => {
  const { fake, page, tab } = await set(t);
  await logIn(tab, fake);
  await tab.value(`socket.send("<message xmlns='jabber:client' to='1001@" + ${JSON.stringify(fake.domain)} + "'><body>" + ${JSON.stringify(HOSTILE.replaceAll('<', '&lt;'))} + '</body></message>')`);
  await fake.ask('POST', '/inject', { to: '1001', text: HOSTILE });
  await page.until(rowWith('onerror'));
  await page.value("[...document.querySelectorAll('.row:not([hidden])')].findLast((row) => row.textContent.includes('onerror')).click()");
  await page.until("document.getElementById('detail-text').textContent.includes('onerror')");
  assert.equal(await page.value("document.querySelectorAll('img').length + document.querySelectorAll('script').length"), 1);
  assert.equal(await page.value('globalThis.hurt'), undefined);
});

test('a file is explained', async (t) => {
  const { page } = await set(t);
  await page.value("document.getElementById('tab-explain').click()");
  await page.files('#file', [LOG]);
  await page.until("document.querySelector('.verdict.bad strong')?.textContent === 'Broken at presence. To mend: client'");
  // The same by drag and drop, anywhere on the page.
  await page.value(`(() => {
    document.getElementById('explanation').replaceChildren();
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(['SENT <open'], 'half.log'));
    document.body.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer }));
  })()`);
  await page.until("/half.log: broken at|not a log/.test(document.querySelector('footer').textContent)");
  // A refused file is an answer of 422, which the browser notes as an error of the network.
  page.errors = page.errors.filter((error) => !error.includes('422'));
});

test('an expectation is added and verified', async (t) => {
  const { page } = await set(t);
  await page.value("document.getElementById('tab-expected').click()");
  await page.reach('#expect [name=pattern]');
  await page.type('<presence/>');
  await page.press('Enter');
  await page.until("document.querySelector('#expected-list .pill')?.textContent === 'not met'");
  await page.value("document.getElementById('verify').click()");
  await page.until("document.getElementById('verified').textContent.includes('wanted at least once, did not come')");
  page.errors = page.errors.filter((error) => !error.includes('409'));
});

test('a page of another origin gets nothing', async (t) => {
  const { fake } = await set(t);
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<title>elsewhere</title>'));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const other = await browser.open(`http://127.0.0.1:${server.address().port}/`);
  for (const path of ['/console', '/world', '/transcript', `/transcript?token=${fake.token}`]) {
    const got = await other.value(`fetch(${JSON.stringify(fake.control + path)}).then((answer) => answer.text(), () => 'nothing')`);
    assert.equal(got, 'nothing', path);
  }
  const heard = await other.value(`new Promise((resolve) => {
    const source = new EventSource(${JSON.stringify(`${fake.control}/transcript/live?after=0`)});
    source.onmessage = () => resolve('a message');
    source.onerror = () => { source.close(); resolve('nothing'); };
  })`);
  assert.equal(heard, 'nothing');
  const framed = await other.value(`new Promise((resolve) => {
    const frame = document.createElement('iframe');
    frame.src = ${JSON.stringify(fake.console)};
    frame.onload = () => resolve(frame.contentDocument === null ? 'nothing' : 'a page');
    document.body.append(frame);
  })`);
  assert.equal(framed, 'nothing');
});

test('ten thousand messages scroll within the time of a few frames', async (t) => {
  const { page } = await set(t);
  const took = await page.value(`(async () => {
    const start = performance.now();
    for (let number = 1; number <= ${MESSAGES}; number += 1) {
      take(prepared({ number, at: number / 100, connection: 1, who: '1001@finesse.example.com/desktop', speaker: 'server', kind: 'text', text: "<message type='headline'><body>" + 'x'.repeat(300) + number + '</body></message>' }));
    }
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const filled = performance.now() - start;
    const works = [];
    for (let step = 0; step < 200; step += 1) {
      rows.scrollTop = (step * 7919 * 28) % (${MESSAGES} * 28);
      const before = performance.now();
      paintRows();
      rows.getBoundingClientRect();
      document.body.offsetHeight;
      works.push(performance.now() - before);
      if (step % 20 === 0) await new Promise(requestAnimationFrame);
    }
    works.sort((one, other) => one - other);
    const before = performance.now();
    document.getElementById('search').value = '9999';
    refilter();
    return { filled, median: works[100], worst: works[199], filter: performance.now() - before, rows: document.querySelectorAll('.row').length };
  })()`);
  t.diagnostic(JSON.stringify(took));
  assert.ok(took.rows < 120, 'only the rows in sight are there');
  assert.ok(took.median < 16.7, `a frame takes ${took.median} ms`);
  assert.ok(took.filter < 500, `a search takes ${took.filter} ms`);
  await page.until(rowWith('9999'));
});

/** Contrasts of all visible texts with their grounds (WCAG 2.2 §1.4.3), below 4.5. */
const PALE = `(() => {
  const read = (text) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d');
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const light = ([...rgb]) => {
    const [r, g, b] = rgb.slice(0, 3).map((part) => part / 255).map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const cache = new Map();
  const colour = (text) => cache.get(text) ?? cache.set(text, read(text)).get(text);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const found = colour(getComputedStyle(at).backgroundColor);
      if (found[3] === 255) return found;
    }
    return colour('white');
  };
  const pale = [];
  let seen = 0;
  for (const element of document.querySelectorAll('body *')) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!hasText || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    seen += 1;
    const [one, other] = [light(colour(getComputedStyle(element).color)), light(ground(element))].sort((a, b) => b - a);
    const contrast = (one + 0.05) / (other + 0.05);
    if (contrast < 4.5) pale.push(element.tagName + '.' + element.className + ' ' + element.textContent.slice(0, 30) + ' ' + contrast.toFixed(2));
  }
  return { seen, pale };
})()`;

for (const [theme, size] of [['light', [1280, 800]], ['dark', [1280, 800]], ['light', [360, 740, true]], ['dark', [360, 740, true]]]) {
  test(`the ${theme} theme can be read at ${size[0]} px, and nothing scrolls sideways`, async (t) => {
    const { fake, page, tab } = await set(t, size);
    await page.theme(theme);
    await fake.ask('POST', '/faults', { fault: 'duplicate what=event' });
    await fake.ask('POST', '/expectations', { pattern: '<presence/>' });
    await logIn(tab, fake);
    for (const [id, state] of [['1001', 'LOGIN'], ['1002', 'LOGIN'], ['1002', 'READY']]) await fake.ask('POST', `/agents/${id}/state`, { state });
    await fake.ask('POST', '/agents/1002/ring', { from: '5550100' });
    await page.until(`${textOf('calls-count')} === '1'`);
    for (const tab of ['wire', 'agents', 'calls', 'clients', 'faults', 'expected', 'explain']) {
      await page.value(`show(document.getElementById('tab-${tab}'))`);
      if (tab === 'explain') {
        await page.files('#file', [LOG]);
        await page.until("document.querySelector('.verdict') !== null");
      }
      const { seen, pale } = await page.value(PALE);
      assert.deepEqual(pale, [], tab);
      assert.ok(seen > 15, tab);
      const [wide, inside] = await page.value('[document.documentElement.scrollWidth, innerWidth]');
      assert.ok(wide <= inside, `${tab} is ${wide} px wide in a window of ${inside}`);
      const [high, window] = await page.value('[document.documentElement.scrollHeight, innerHeight]');
      assert.ok(high <= window, `${tab} is ${high} px high in a window of ${window}`);
    }
    await page.value("document.getElementById('reset').click()");
    assert.deepEqual((await page.value(PALE)).pale, []);
  });
}
