import './websocket.mjs';
import { client, xml } from '@xmpp/client';
import * as gate from '../../../recipes/node/contract.mjs';

const { env, report } = gate;
const xmpp = client({
  service: env('URL'),
  domain: env('DOMAIN'),
  resource: env('RESOURCE'),
  username: env('USER'),
  password: env('PASSWORD'),
});
const nodes = new Set();

const request = (verb, node) =>
  xmpp.iqCaller.request(
    xml('iq', { type: 'set', to: env('PUBSUB') },
      xml('pubsub', 'http://jabber.org/protocol/pubsub',
        xml(verb, { node, jid: xmpp.jid.toString() }))),
  ).catch(({ condition, name }) => report('error', { condition: condition ?? name, node }));

xmpp.on('error', (error) => {
  report('error', { condition: error.condition ?? error.code ?? error.message });
  // A connection that is lost the library makes anew; one that was refused what it asked for it leaves as it is.
  if (['SASLError', 'StanzaError'].includes(error.name)) xmpp.stop();
});
xmpp.on('stanza', (stanza) => {
  if (!stanza.is('message') || stanza.attrs.from !== env('PUBSUB')) return;
  for (const items of stanza.getChild('event')?.getChildren('items') ?? []) {
    for (const item of items.getChildren('item')) {
      const [payload] = item.getChildElements();
      const text = payload?.text() ?? '';
      report('notification', { node: items.attrs.node, update: /^<(\w+)/.exec(text)?.[1] ?? payload?.name, text });
    }
  }
});
// This comes after each new connection as well: the library reconnects by itself.
xmpp.on('online', async () => {
  await xmpp.send(xml('presence'));
  for (const node of nodes) await request('subscribe', node);
});

gate.run({
  login: () => new Promise((done) => {
    xmpp.once('online', done);
    xmpp.start().catch((error) => console.error(`${error.name}: ${error.message}`));
  }),
  subscribe: (node) => request('subscribe', node).then(() => nodes.add(node)),
  unsubscribe: (node) => request('unsubscribe', node).then(() => nodes.delete(node)),
  'sign-out': async () => {
    for (const node of nodes) await request('unsubscribe', node);
    await xmpp.send(xml('presence', { type: 'unavailable' }));
    await xmpp.stop();
  },
});
