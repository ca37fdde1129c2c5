// What the gate asks of a driver, for any client in Node: the verbs of CONFORMANCE_DO, one after the other. The verbs that are
// the client's business come from outside; a verb that nobody brought is one that the client does not do.

/** What the gate says: `env('URL')` is CONFORMANCE_URL. */
export const env = (name) => process.env[`CONFORMANCE_${name}`] ?? '';

/** Tells what the application sees, e.g. `report('error', { condition: 'conflict' })`. */
export const report = (event, members = {}) => console.log(JSON.stringify({ event, ...members }));

let over = false;

/** Ends the client once its connections have ended in order, since Node ends when nothing is left to do. */
export const end = (why) => {
  over = true;
  console.error(why);
  process.exitCode = 1;
};

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const units = { ms: 1, s: 1000, m: 60_000 };

/** Does what is asked; exits with 89 when something is asked that is not among the verbs. */
export async function run(verbs) {
  verbs = {
    'login-wrong-password': verbs.login,
    stay: (time) => sleep(parseInt(time) * units[time.replace(/\d+/, '')]),
    wait: () => new Promise(() => {}),
    ...verbs,
  };
  const asked = env('DO').split('; ').map((text) => text.split(' '));
  if (!asked.every(([verb]) => Object.hasOwn(verbs, verb))) {
    report('unsupported');
    process.exit(89);
  }
  for (const [verb, argument] of asked) {
    if (!over) await verbs[verb](argument).catch((error) => end(`${verb}: ${error.message ?? error}`));
  }
}
