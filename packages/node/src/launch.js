// The process of a fake: started with a pipe as standard input, whose end ends it, however this process ends.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { words } from './options.js';
import { program } from './program.js';

/** Milliseconds that a start may take, and an end. */
const START = 10_000;
const END = 5_000;

/** The last characters of standard error that are kept. */
const KEPT = 16_384;

/** The most characters of the first line, which names all users. */
const LONGEST = 8_388_608;

/** Milliseconds that output may take to end when the program has ended: a process that it left behind may hold it open. */
const LEFT = 500;

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
    for (const part of [child.stdout, child.stderr]) part.destroy();
    await rm(folder, { recursive: true, force: true });
  };

  try {
    const fake = described(await firstLine(child, ended, options.startWithin ?? START));
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

/** The fake that a line of JSON describes. */
function described(line) {
  let fake;
  try {
    fake = JSON.parse(line);
  } catch {
    // The error below says it.
  }
  if (typeof fake?.url === 'string' && typeof fake.control === 'string') return fake;
  throw new Error(`its first line describes no fake: ${JSON.stringify(line.slice(0, 200))}`);
}

async function firstLine(child, ended, within) {
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`it was not ready within ${within} ms`)), within);
  });
  const over = ended.then(async ([code, signal]) => {
    if (code instanceof Error) throw code;
    // Its last messages come first.
    if (!child.stderr.readableEnded) await once(child.stderr, 'end', { signal: AbortSignal.timeout(LEFT) }).catch(() => {});
    throw new Error(`it ended with ${signal ?? `status ${code}`}`);
  });
  let said = '';
  const line = new Promise((done, fail) => {
    child.stdout.setEncoding('utf8').on('data', function read(text) {
      said += text;
      const end = said.indexOf('\n', said.length - text.length);
      if (end < 0 && said.length <= LONGEST) return;
      child.stdout.off('data', read);
      if (end < 0) fail(new Error(`its first line has more than ${LONGEST} characters`));
      else done(said.slice(0, end));
    });
  });
  try {
    return await Promise.race([line, late, over]);
  } finally {
    clearTimeout(timer);
    over.catch(() => {});
    child.stdout.resume();
  }
}
