// The driver of a client in Node, in one file: joins your client to `finesse-conformance gate`. Only Node itself is needed.
// Put your client's calls in at the end, and run: finesse-conformance gate -- node driver.mjs
// The page "Write a driver" of the book has every variable, verb and event.
import { fileURLToPath } from 'node:url';

/** A variable that the gate sets: `env('URL')` is CONFORMANCE_URL. */
export const env = (name) => process.env[`CONFORMANCE_${name}`] ?? '';

/** Tells what the application sees, as one line of JSON on standard output. Keep everything else off standard output. */
export const report = (event, members = {}) => console.log(JSON.stringify({ event, ...members }));

/** An error that your client shows the application, e.g. a refused subscription: `refused('item-not-found', node)`. */
export const refused = (condition, node) => report('error', { condition, node });

/**
 * A published item: its node, the name of the element in `<item>`, and the text in that element, unescaped once. Finesse puts
 * XML into that text; then `update` is the name of its root, and otherwise that of the element.
 */
export const published = (node, name, text = '') =>
  report('notification', { node, update: /^\s*<([\w.-]+)/.exec(text)?.[1] ?? name, text });

/** The agent's state, as your client shows it: `state('READY')`. */
export const state = (state) => report('state', { state });

/**
 * A call, each time that your client shows something new of it: the state of the agent's own side, the number of the other
 * side (empty for a caller without one), and the call variables: `called('ALERTING', '5550100', { callVariable1: '0042' })`.
 */
export const called = (state, number, variables = {}) => report('call', { ...variables, state, number });

let over = false;

/** Ends the driver with status 1, once its connections have ended. For a login that failed, or a connection lost for good. */
export const end = (why) => {
  over = true;
  console.error(why);
  process.exitCode = 1;
};

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const units = { ms: 1, s: 1000, m: 60_000 };

/** Does what is asked, verb by verb; exits with 89 when something is asked that is not among the verbs. */
export async function run(verbs) {
  verbs = {
    'login-wrong-password': verbs.login,
    stay: (time) => sleep(parseInt(time) * units[time.replace(/\d+/, '')]),
    wait: () => new Promise(() => {}), // Until SIGTERM, or until nothing is left to do since the connection is lost for good.
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

const todo = async () => {
  throw new Error('not written yet: put the call of your client into the driver');
};

// Your client begins here. This part runs when the file itself is started, not when another file imports it.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // Also call published(…) where your client hands on an item, and refused(…) where it hands on an error.
  run({
    // Connect to env('URL') with the subprotocol xmpp; log in as env('USER') at env('DOMAIN') with env('PASSWORD'); bind
    // env('RESOURCE'); send presence. Node trusts the gate's authority already (NODE_EXTRA_CA_CERTS). Resolve when done.
    login: todo,
    // Subscribe to the node at env('PUBSUB') with the full JID. Resolve when answered; a refusal is refused(…), not a throw.
    subscribe: todo,
    // End the subscription. Resolve when answered.
    unsubscribe: todo,
    // Leave in order: the stream, the WebSocket, TCP. A client that has signed in by REST signs out so first.
    'sign-out': todo,
    // A client that uses the REST API, at env('REST'), also has some of 'sign-in' (at env('EXTENSION')), 'ready', 'not-ready',
    // 'answer', 'hold', 'retrieve', 'hang-up', 'call', 'transfer', and calls state(…) and called(…). For others it exits with 89.
  });
}
