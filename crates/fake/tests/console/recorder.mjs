// The console of `record` and that of `mock --replay` in Chromium: the same page, with the parts that
// there are. Wants finesse-conformance in PATH.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { after, before, test } from 'node:test';
import { Browser } from './chromium.mjs';
import { logIn } from './client.mjs';

let browser;
before(() => { browser = new Browser(); });
after(() => browser.close());

/** A command that prints a line of JSON when it is ready, and ends with the test. */
async function start(t, ...words) {
  const child = spawn('finesse-conformance', words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  t.after(() => { child.kill('SIGINT'); return ended; });
  const line = await createInterface(child.stdout)[Symbol.asyncIterator]().next();
  return { ...JSON.parse(line.value), stop() { child.kill('SIGINT'); return ended; } };
}

async function open(url) {
  const page = await browser.open(url);
  await page.size(1280, 800);
  await page.until("document.getElementById('link-text').textContent === 'live'");
  return page;
}

/** Holds as long as the server is there: its end breaks off the live stream, which the browser reports. */
const nothingIsWrong = (page) => assert.deepEqual(page.errors, [], 'the console of the browser is empty');

const rowWith = (text) => `[...document.querySelectorAll('.row:not([hidden])')].some((row) => row.textContent.includes(${JSON.stringify(text)}))`;
const SEEN = "[...document.querySelectorAll('[role=tab]')].filter((tab) => tab.offsetParent).map((tab) => tab.id).join()";

test('the recorder is watched by keyboard alone, and what it wrote is had again', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'recorder-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'desk.jsonl');
  const fake = await start(t, 'mock', '--plain', '--json');
  const recorder = await start(t, 'record', '--to', fake.url.replace('/ws/', ''), '--plain', '--json', '--console', '--output', file);
  const page = await open(recorder.console);
  const denied = await fetch(`${recorder.control}/sessions`, { headers: { Origin: 'https://elsewhere.example' } });
  assert.equal(denied.status, 403);
  const tab = await browser.behind(`${recorder.rest}SystemInfo`);
  await logIn(tab, { url: recorder.url, domain: fake.domain });
  await page.until(rowWith('presence'));
  await page.until("document.getElementById('clients-count').textContent !== ''");
  assert.equal(await page.value(SEEN), 'tab-clients,tab-explain');
  await page.size(380, 700, true);
  await page.until(`${SEEN} === 'tab-wire,tab-clients,tab-explain'`);
  await page.size(1280, 800);
  await page.until(`${SEEN} === 'tab-clients,tab-explain'`);
  await page.value("document.getElementById('tab-clients').focus()");
  await page.press('ArrowRight');
  assert.equal(await page.value('document.activeElement.id'), 'tab-explain');
  await page.press('ArrowRight');
  assert.equal(await page.value('document.activeElement.id'), 'tab-clients');
  await page.until("/1001@[^]*available[^]*a fake/.test(document.getElementById('clients').innerText)");
  assert.ok(!await page.value("document.getElementById('clients').innerText.includes('Throw out')"), 'the recorder disturbs nobody');
  await page.files('#file', [file]);
  await page.until("document.getElementById('explanation').textContent.includes('Nothing is broken')");
  const text = await page.value('document.documentElement.outerHTML');
  for (const secret of ['ADEwMDEAc2VjcmV0', 'MTAwMTpzZWNyZXQ']) {
    assert.ok(!text.includes(secret));
    assert.ok(!readFileSync(file, 'utf8').includes(secret));
  }
  nothingIsWrong(page);
  await recorder.stop();

  const replay = await start(t, 'mock', '--plain', '--json', '--console', '--replay', file);
  const again = await open(replay.console);
  assert.equal(await again.value(SEEN), 'tab-clients,tab-expected,tab-explain');
  const second = await browser.behind(`${replay.rest}SystemInfo`);
  await logIn(second, { url: replay.url, domain: fake.domain }, '1001', 'any-will-do');
  await again.until(rowWith('presence'));
  assert.ok(!await again.value(rowWith('has no answer')));
  nothingIsWrong(again);
});
