// An application of strophe.js, whichever version it is and wherever it runs.

export function application({ $iq, $pres, Strophe }, { end, env, report }) {
  const client = new Strophe.Connection(env(env('TRANSPORT') === 'bosh' ? 'BOSH' : 'URL'));
  // Strophe leaves it to the application to come back, and this one does not.
  let onDisconnected = () => end('disconnected');
  const nodes = new Set();

  const ask = (verb, node) => new Promise((done) => {
    const iq = $iq({ type: 'set', to: env('PUBSUB') })
      .c('pubsub', { xmlns: 'http://jabber.org/protocol/pubsub' })
      .c(verb, { node, jid: client.jid });
    client.sendIQ(iq, done, (answer) => {
      const error = answer?.getElementsByTagName('error')[0];
      report('error', { condition: error?.firstChild?.nodeName ?? 'timeout', node });
      done();
    }, 20_000);
  });

  const onMessage = (message) => {
    for (const item of Array.from(message.getElementsByTagName('item'))) {
      const payload = item.firstChild;
      const text = payload?.textContent ?? '';
      const update = text ? /^<(\w+)/.exec(text)?.[1] : payload?.nodeName;
      report('notification', { node: item.parentNode.getAttribute('node'), update, text });
    }
    return true; // Strophe's word for: call me again.
  };

  return {
    login: () => new Promise((done) => {
      client.addHandler(onMessage, null, 'message', null, null, env('PUBSUB'));
      client.connect(`${env('USER')}@${env('DOMAIN')}/${env('RESOURCE')}`, env('PASSWORD'), (status, condition) => {
        if (condition) report('error', { condition });
        if (status === Strophe.Status.AUTHFAIL) client.disconnect();
        if (status === Strophe.Status.CONNECTED) {
          client.send($pres());
          done();
        }
        if (status === Strophe.Status.DISCONNECTED) onDisconnected();
      });
    }),
    subscribe: (node) => ask('subscribe', node).then(() => nodes.add(node)),
    unsubscribe: (node) => ask('unsubscribe', node).then(() => nodes.delete(node)),
    'sign-out': async () => {
      for (const node of nodes) await ask('unsubscribe', node);
      await new Promise((done) => {
        onDisconnected = done;
        client.disconnect();
      });
    },
  };
}
