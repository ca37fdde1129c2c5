// The platforms that have a package with the program, by `process.platform` and `process.arch`.
export const PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64'];

/** The package of a platform, and the program in it. */
export const packageOf = (platform) => `@finesse-conformance/${platform}`;
export const programOf = (platform) => `finesse-conformance${platform.startsWith('win32') ? '.exe' : ''}`;
