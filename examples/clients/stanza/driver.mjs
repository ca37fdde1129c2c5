import { createClient } from 'stanza';
import * as gate from '../../../recipes/node/contract.mjs';

const { end, env, report } = gate;
const client = createClient({
  jid: `${env('USER')}@${env('DOMAIN')}`,
  resource: env('RESOURCE'),
  password: env('PASSWORD'),
  transports: { websocket: env('URL'), bosh: false },
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

gate.run({
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
    for (const node of nodes) await ask(client.unsubscribeFromNode, node);
    await new Promise((done) => {
      onDisconnected = done;
      client.disconnect();
    });
  },
});
