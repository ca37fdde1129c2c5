// Finds the program: as it is given, by the environment, or in the package of this platform.
import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { PLATFORMS, packageOf, programOf } from './platforms.js';

const require = createRequire(import.meta.url);

/** The path of the program. Throws an error that says where it was looked for. */
export function program(given) {
  const [path, by] = given ? [given, 'the option `program`'] : [process.env.FINESSE_CONFORMANCE, 'FINESSE_CONFORMANCE'];
  if (!path) return packaged();
  try {
    accessSync(path, constants.X_OK);
  } catch (cause) {
    throw new Error(`${by} names ${path}, which is no program that can be started`, { cause });
  }
  return path;
}

function packaged() {
  const platform = `${process.platform}-${process.arch}`;
  const name = packageOf(platform);
  try {
    return require.resolve(`${name}/${programOf(platform)}`);
  } catch (cause) {
    const repair = PLATFORMS.includes(platform)
      ? `the optional dependency ${name} is not installed: install without --omit=optional, or`
      : `there is no package with it for ${platform}, only for ${PLATFORMS.join(', ')}:`;
    const message = `the program finesse-conformance is not there; ${repair} name a program by FINESSE_CONFORMANCE or the option \`program\``;
    throw new Error(message, { cause });
  }
}
