// A client as small as can be behind the driver of contract.mjs: finesse-conformance gate -- node driver.mjs
import { WebSocket } from 'ws';
import { end, env, published, refused, run } from './contract.mjs';

const FRAMING = 'urn:ietf:params:xml:ns:xmpp-framing';
const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';
const entities = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
const unescaped = (text) => text.replace(/&(\w+);/g, (_, name) => entities[name]);
const attribute = (text, name) => new RegExp(`\\s${name}=["']([^"']*)`).exec(text)?.[1];

let socket, jid, number = 0;
const waiting = []; // The next expectations: [pattern, resolve].

/** Waits for a message that fits. */
const receive = (pattern) => new Promise((done) => waiting.push([pattern, done]));

/** Hands on the items of an event; a client of yours parses XML. */
function hear(text) {
  const node = attribute(/<items[^>]*/.exec(text)?.[0] ?? '', 'node');
  for (const [, name, content] of text.matchAll(/<item\s[^>]*><([\w.-]+)[^>]*?(?:\/>|>([^<]*)<)/g)) {
    published(node, name, unescaped(content ?? ''));
  }
  const at = waiting.findIndex(([pattern]) => pattern.test(text));
  if (at >= 0) waiting.splice(at, 1)[0][1](text);
}

const open = async () => {
  socket.send(`<open xmlns="${FRAMING}" to="${env('DOMAIN')}" version="1.0"/>`);
  return receive(/^<(stream:)?features/);
};

const ask = async (payload, to = '') => {
  const id = `ask-${(number += 1)}`;
  socket.send(`<iq xmlns="jabber:client" type="set" id="${id}"${to}>${payload}</iq>`);
  return receive(new RegExp(`^<iq[^>]*id=["']${id}["']`));
};

const request = (verb) => async (node) => {
  const pubsub = `<pubsub xmlns="http://jabber.org/protocol/pubsub"><${verb} node="${node}" jid="${jid}"/></pubsub>`;
  const answer = await ask(pubsub, ` to="${env('PUBSUB')}"`);
  if (attribute(answer, 'type') === 'error') refused(/<error[^>]*><([\w-]+)/.exec(answer)[1], node);
};

run({
  login: async () => {
    socket = new WebSocket(env('URL'), 'xmpp', { perMessageDeflate: false });
    await new Promise((done, failed) => socket.on('open', done).on('error', failed));
    socket.on('message', (data) => hear(String(data))).on('close', () => end('the connection is lost'));
    const features = await open();
    if (!env('URL').startsWith('wss:') || !features.includes('>PLAIN<')) {
      socket.close();
      throw new Error('no PLAIN inside TLS is offered');
    }
    const plain = Buffer.from(`\0${env('USER')}\0${env('PASSWORD')}`).toString('base64');
    socket.send(`<auth xmlns="${SASL}" mechanism="PLAIN">${plain}</auth>`);
    if ((await receive(/^<(success|failure)/)).startsWith('<failure')) {
      socket.close();
      throw new Error('the password is wrong');
    }
    await open();
    const bound = await ask(`<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><resource>${env('RESOURCE')}</resource></bind>`);
    jid = /<jid>([^<]*)/.exec(bound)[1];
    socket.send('<presence xmlns="jabber:client"/>');
  },
  subscribe: request('subscribe'),
  unsubscribe: request('unsubscribe'),
  'sign-out': async () => {
    socket.removeAllListeners('close');
    socket.send(`<close xmlns="${FRAMING}"/>`);
    await receive(/^<close/);
    socket.close(1000);
  },
});
