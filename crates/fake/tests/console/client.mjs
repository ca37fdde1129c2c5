// A client in a tab of its own: it logs in over a WebSocket, and stays.

const FRAMING = "xmlns='urn:ietf:params:xml:ns:xmpp-framing'";

/** The messages of a client until it is online, and the end of the answer to each. */
function login(domain, user, password) {
  const open = `<open ${FRAMING} to='${domain}' version='1.0'/>`;
  const plain = Buffer.from(`\0${user}\0${password}`).toString('base64');
  const iq = (id, child) => `<iq xmlns='jabber:client' type='set' id='${id}'>${child}</iq>`;
  return [
    [open, '</stream:features>'],
    [`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`, '<success'],
    [open, '</stream:features>'],
    [iq('b1', "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>desktop</resource></bind>"), '<iq'],
    [iq('s1', "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>"), '<iq'],
    ["<presence xmlns='jabber:client'/>", '<presence'],
  ];
}

/** Logs in from a tab. `socket` is a global name there. */
export function logIn(tab, { url, domain }, user = '1001', password = 'secret') {
  return tab.value(`(async () => {
    const socket = globalThis.socket = new WebSocket(${JSON.stringify(url)}, 'xmpp');
    await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: reject }));
    for (const [text, end] of ${JSON.stringify(login(domain, user, password))}) {
      const answered = new Promise((resolve, reject) => {
        socket.onmessage = ({ data }) => { if (data.includes(end)) resolve(); };
        socket.onclose = reject;
      });
      socket.send(text);
      await answered;
    }
    socket.onmessage = socket.onclose = null;
  })()`);
}
