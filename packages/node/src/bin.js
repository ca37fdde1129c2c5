#!/usr/bin/env node
// The program itself: `npx finesse-conformance mock`.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { program } from './program.js';

let child;
try {
  child = spawn(program(), process.argv.slice(2), { stdio: 'inherit' });
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exit(69); // EX_UNAVAILABLE
}
// A terminal sends Ctrl-C to both. The program says when it ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(`error: ${error.message}`);
  process.exit(69);
});
child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
