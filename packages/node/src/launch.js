// The process of a fake: started with a pipe as standard input, whose end ends it, however this process ends.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { words } from './options.js';
import { program } from './program.js';

/** Milliseconds that a start may take, and an end. */
const START = 10_000;
const END = 5_000;

/** The last characters of standard error that are kept. */
const KEPT = 16_384;

/** Starts the program. Resolves with its line of JSON and a function that stops it. */
export async function launch(options) {
  const asked = words(options);
  const path = program(options.program);
  const folder = await mkdtemp(join(tmpdir(), 'finesse-conformance-'));
  const command = ['mock', '--json', '--control', '--until-eof', `--ca-file=${join(folder, 'ca.pem')}`, ...asked];
  // A fake is what its options say, and not what variables of the program, such as FINESSE_USERS, say beside them.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('FINESSE_')));
  const child = spawn(path, command, { env, stdio: 'pipe', windowsHide: true });
  const ended = once(child, 'exit').catch((error) => [error]);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr = (stderr + text).slice(-KEPT)));
  child.stdin.on('error', () => {}); // The program may have ended already.

  const stop = async () => {
    child.ref();
    child.stdin.end();
    const late = setTimeout(() => child.kill('SIGKILL'), END);
    await ended;
    clearTimeout(late);
    await rm(folder, { recursive: true, force: true });
  };

  try {
    const fake = JSON.parse(await firstLine(child, ended, options.startWithin ?? START));
    // A fake that nobody stops does not keep this process alive.
    for (const part of [child, child.stdin, child.stdout, child.stderr]) part.unref();
    return { fake, stop };
  } catch (error) {
    child.kill('SIGKILL');
    await stop();
    const said = stderr.trim() || '(nothing)';
    throw new Error(`the fake did not start: ${error.message}\n  command: ${[path, ...command].join(' ')}\n  standard error: ${said}`, {
      cause: error,
    });
  }
}

async function firstLine(child, ended, within) {
  const lines = createInterface(child.stdout);
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`it was not ready within ${within} ms`)), within);
  });
  const over = ended.then(async ([code, signal]) => {
    if (code instanceof Error) throw code;
    // Its last messages come first.
    if (!child.stderr.readableEnded) await once(child.stderr, 'end').catch(() => {});
    throw new Error(`it ended with ${signal ?? `status ${code}`}`);
  });
  try {
    const [line] = await Promise.race([once(lines, 'line'), late, over]);
    return line;
  } finally {
    clearTimeout(timer);
    over.catch(() => {});
    lines.close();
    child.stdout.resume();
  }
}
