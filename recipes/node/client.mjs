// A client as small as can be: it logs in, shows itself, and hands on what the service publishes.
import { WebSocket } from 'ws';

const FRAMING = 'urn:ietf:params:xml:ns:xmpp-framing';

export function watch({ url, domain, trust }, user, password, onUpdate) {
  const socket = new WebSocket(url, 'xmpp', trust);
  const open = `<open xmlns="${FRAMING}" to="${domain}" version="1.0"/>`;
  const plain = Buffer.from(`\0${user}\0${password}`).toString('base64');
  socket.on('open', () => socket.send(open));
  socket.on('message', (data) => {
    const text = String(data);
    if (text.includes('<mechanism>PLAIN')) {
      socket.send(`<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">${plain}</auth>`);
    } else if (text.startsWith('<success')) {
      socket.send(open);
    } else if (text.includes('urn:ietf:params:xml:ns:xmpp-bind') && text.includes('features')) {
      const bind = '<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><resource>crm</resource></bind>';
      socket.send(`<iq xmlns="jabber:client" type="set" id="bind">${bind}</iq>`);
    } else if (text.includes('id="bind"')) {
      socket.send('<presence xmlns="jabber:client"/>');
    } else if (text.startsWith('<message')) {
      onUpdate(text);
    }
  });
  return socket;
}
