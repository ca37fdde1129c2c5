// Chromium as it stands on a desk: headless, without DevTools or automation, with one more authority to trust.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const flags = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-sync', '--disable-extensions',
  '--disable-background-networking', '--disable-component-update', '--no-first-run',
];

/** A home whose certificate database has the authority, if there is one. */
function home(name, ca) {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const nssdb = join(folder, '.pki', 'nssdb');
  mkdirSync(nssdb, { recursive: true });
  const certutil = (...words) => execFileSync('certutil', ['-d', `sql:${nssdb}`, ...words]);
  certutil('-N', '--empty-password');
  if (ca) certutil('-A', '-n', name, '-t', 'C,,', '-i', ca);
  return folder;
}

/** Opens a page in a browser of its own; CHROMIUM names another one than Debian's. Its home goes with this process. */
export function browse(name, url, ca) {
  const HOME = home(name, ca);
  const words = [...flags, `--user-data-dir=${join(HOME, 'profile')}`, url];
  return spawn(process.env.CHROMIUM ?? 'chromium', words, { env: { ...process.env, HOME }, stdio: 'ignore' });
}
