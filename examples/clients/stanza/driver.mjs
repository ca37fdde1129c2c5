import { createClient } from 'stanza';
import * as gate from '../../../recipes/node/contract.mjs';

const { end, env, report } = gate;
const client = createClient({
  jid: `${env('USER')}@${env('DOMAIN')}`,
  resource: env('RESOURCE'),
  password: env('PASSWORD'),
  transports:
    env('TRANSPORT') === 'bosh' ? { websocket: false, bosh: env('BOSH') } : { websocket: env('URL'), bosh: false },
});
const tell = (condition) => report('error', { condition });
let onDisconnected = () => end('disconnected');
const nodes = new Set();

client.on('auth:failed', () => tell('not-authorized'));
client.on('stream:error', (error) => tell(error.condition));
client.on('disconnected', () => onDisconnected());
client.on('pubsub:published', ({ pubsub: { items } }) => {
  for (const { content } of items.published) {
    const update = /^<(\w+)/.exec(content?.text)?.[1] ?? content?.itemType;
    report('notification', { node: items.node, update, text: content?.text });
  }
});

const ask = (request, node) =>
  request(env('PUBSUB'), { node }).catch(({ error }) => report('error', { condition: error?.condition, node }));

// stanza drops the content of Finesse's events, so the result of a request is looked up, as a poll of the application would.
const user = `/User/${encodeURIComponent(env('USER'))}`;
const authorization = `Basic ${Buffer.from(`${env('USER')}:${env('PASSWORD')}`).toString('base64')}`;
let signedIn = false;

/** Makes a request of the REST API. Reports a refusal and goes on, except after a wrong password. */
async function rest(method, path, body) {
  const headers = { authorization, ...(body && { 'content-type': 'application/xml' }) };
  const signal = AbortSignal.timeout(10_000);
  const answer = await fetch(env('REST') + path, { method, headers, body, signal }).catch((error) => {
    tell(error.name);
    throw Object.assign(error, { status: 0 });
  });
  const text = await answer.text();
  if (answer.ok) return text;
  const condition = /<ErrorType>([^<]*)/.exec(text)?.[1] ?? String(answer.status);
  tell(condition);
  throw Object.assign(new Error(condition), { status: answer.status });
}

const stateOf = async () => /<state>([^<]*)/.exec(await rest('GET', user))?.[1];

/** Asks for a state, and waits up to six seconds until the agent is in it, or in no other than `unlike`. */
async function become(state, more = '', unlike) {
  await rest('PUT', user, `<User><state>${state}</state>${more}</User>`);
  for (let tries = 0; tries < 12; tries += 1) {
    const now = await stateOf();
    if (unlike ? now !== unlike : now === state) return gate.state(now);
    await new Promise((done) => setTimeout(done, 500));
  }
  tell('the state did not change');
}

const goOn = (asked) => asked.catch((error) => {
  if (error.status === undefined || error.status === 401) throw error;
});

gate.run({
  'sign-in': async () => {
    await become('LOGIN', `<extension>${env('EXTENSION')}</extension>`, 'LOGOUT');
    signedIn = true;
  },
  ready: () => goOn(become('READY')),
  'not-ready': () => goOn(become('NOT_READY')),
  call: (number) => goOn(rest('POST', `${user}/Dialogs`, `<Dialog><requestedAction>MAKE_CALL</requestedAction>\
<fromAddress>${env('EXTENSION')}</fromAddress><toAddress>${number}</toAddress></Dialog>`)),
  login: () => new Promise((done) => {
    client.on('session:started', () => {
      client.sendPresence();
      done();
    });
    client.connect();
  }),
  subscribe: (node) => ask(client.subscribeToNode, node).then(() => nodes.add(node)),
  unsubscribe: (node) => ask(client.unsubscribeFromNode, node).then(() => nodes.delete(node)),
  'sign-out': async () => {
    if (signedIn) await goOn(become('LOGOUT'));
    for (const node of nodes) await ask(client.unsubscribeFromNode, node);
    await new Promise((done) => {
      onDisconnected = done;
      client.disconnect();
    });
  },
});
