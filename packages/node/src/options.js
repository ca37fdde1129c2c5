// The options of a fake, as words of the command line of `mock`.

const VALUES = {
  collections: '--collections',
  domain: '--domain',
  listen: '--listen',
  log: '--log',
  profile: '--profile',
  seed: '--seed',
  speed: '--speed',
  traffic: '--traffic',
  values: '--values',
  world: '--world',
  www: '--www',
};
const SWITCHES = { crossOrigin: '--cross-origin', plain: '--plain', rest: '--rest' };
const LISTS = { faults: '--fault', nodes: '--node' };
/** Options with a value of their own, or `true`. */
const EITHER = { also: '--also', hints: '--hint', pair: '--pair', xmpp: '--xmpp' };
/** Options of the package, which `mock` does not get. */
const OURS = ['args', 'program', 'startWithin', 'users'];

const NAMES = [VALUES, SWITCHES, LISTS, EITHER].flatMap(Object.keys).concat(OURS).sort();

export function words(options) {
  const words = [];
  for (const [name, value] of Object.entries(options)) {
    if (!NAMES.includes(name)) throw new TypeError(`there is no option ${name}; there are ${NAMES.join(', ')}`);
    if (value === undefined || value === null || value === false) continue;
    if (Object.hasOwn(VALUES, name)) words.push(`${VALUES[name]}=${value}`);
    if (Object.hasOwn(SWITCHES, name)) words.push(SWITCHES[name]);
    if (Object.hasOwn(LISTS, name)) words.push(...value.map((one) => `${LISTS[name]}=${one}`));
    if (Object.hasOwn(EITHER, name)) words.push(value === true ? EITHER[name] : `${EITHER[name]}=${value}`);
  }
  for (const [user, password] of Object.entries(options.users ?? {})) {
    words.push(`${user.includes('..') ? '--users' : '--user'}=${user}:${password}`);
  }
  return words.concat(options.args ?? []);
}

/** A duration as the control port reads it: milliseconds, or text such as `5s`. */
export const duration = (time) => (typeof time === 'number' ? `${Math.round(time)}ms` : time);
