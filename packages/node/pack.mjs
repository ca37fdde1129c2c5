#!/usr/bin/env node
// Packs the package, and one for each platform with the program in it:
//
//     node packages/node/pack.mjs --out FOLDER linux-x64=target/dist/finesse-conformance darwin-arm64=…
//
// The packages of the platforms become optional dependencies of the package here, not in package.json: npm installs in a checkout
// then ask for nothing that is not published.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { PLATFORMS, packageOf, programOf } from './src/platforms.js';

const here = import.meta.dirname;
const { values, positionals } = parseArgs({ options: { out: { type: 'string', default: '.' } }, allowPositionals: true });
const programs = positionals.map((word) => word.split(/=(.*)/s));
for (const [platform, program] of programs) {
  if (!PLATFORMS.includes(platform) || !program) throw new Error(`wanted PLATFORM=PROGRAM, with one of ${PLATFORMS.join(', ')}`);
}
if (!programs.length) throw new Error('wanted one PLATFORM=PROGRAM at least');
const out = resolve(values.out);
mkdirSync(out, { recursive: true });

const about = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
const { version, license, engines } = about;

/** Packs a folder that `fill` fills. */
function pack(manifest, fill) {
  const folder = mkdtempSync(join(tmpdir(), 'finesse-pack-'));
  try {
    for (const name of ['LICENSE-APACHE', 'LICENSE-MIT']) copyFileSync(join(here, '../..', name), join(folder, name));
    writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    fill(folder);
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    const name = execFileSync(npm, ['pack', '--silent', '--pack-destination', out], { cwd: folder, encoding: 'utf8' }).trim();
    console.log(join(out, name));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

for (const [platform, program] of programs) {
  const [os, cpu] = platform.split('-');
  const description = `The program of ${about.name} for ${platform}`;
  const files = [programOf(platform), 'LICENSE-*'];
  const manifest = { name: packageOf(platform), version, description, license, engines, os: [os], cpu: [cpu], files, preferUnplugged: true };
  pack(manifest, (folder) => {
    copyFileSync(program, join(folder, programOf(platform)));
    chmodSync(join(folder, programOf(platform)), 0o755);
    writeFileSync(join(folder, 'README.md'), `${description}. Install \`${about.name}\`.\n`);
  });
}
const optionalDependencies = Object.fromEntries(programs.map(([platform]) => [packageOf(platform), version]));
pack({ ...about, optionalDependencies }, (folder) => {
  cpSync(join(here, 'src'), join(folder, 'src'), { recursive: true });
  copyFileSync(join(here, 'README.md'), join(folder, 'README.md'));
});
