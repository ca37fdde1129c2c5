// The desktop of an agent. It asks by REST, and believes events alone: an answer of 202 changes nothing on the page.
const { $iq, $pres, Strophe } = window;
const ACTIONS = { ANSWER: 'Answer', HOLD: 'Hold', RETRIEVE: 'Retrieve', TRANSFER_SST: 'Transfer', DROP: 'Hang up' };

const the = (id) => document.getElementById(id);
const text = (element, path) => element?.querySelector(path)?.textContent ?? '';
const parsed = (xml) => new DOMParser().parseFromString(xml, 'application/xml').documentElement;
const made = (name, properties, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
};
/** An XML element with children, or with a text. */
const xml = (name, content) => {
  const element = document.createElementNS(null, name);
  if (typeof content === 'string') element.textContent = content;
  else for (const [child, value] of Object.entries(content)) element.append(xml(child, value));
  return element;
};

let agent; // Its id, password and extension, and its path in the API.
let connection;
let isIn = false; // Signed in, as events say.
const calls = new Map(); // The last <Dialog> of each, by id.

async function ask(method, path, body) {
  const plain = new TextEncoder().encode(`${agent.id}:${agent.password}`);
  const response = await fetch(`/finesse/api/${path}`, {
    method,
    credentials: 'omit', // With them, the browser itself asks for a password after a 401.
    headers: {
      authorization: `Basic ${btoa(String.fromCharCode(...plain))}`,
      ...(body && { 'content-type': 'application/xml' }),
    },
    body: body && new XMLSerializer().serializeToString(body),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text(parsed(answer), 'ErrorType')}`);
  return answer && parsed(answer);
}

/** Does something, and shows why it failed. */
async function attempt(what) {
  the('problem').textContent = '';
  try {
    await what();
  } catch (error) {
    the('problem').textContent = error.message;
  }
}

const changeState = (state, more = {}) => ask('PUT', agent.path, xml('User', { state, ...more }));

function act(id, requestedAction) {
  const more = requestedAction === 'TRANSFER_SST' ? { toAddress: the('to').value } : {};
  const body = xml('Dialog', { targetMediaAddress: agent.extension, requestedAction, ...more });
  return ask('PUT', `Dialog/${id}`, body);
}

function wrapUp(id, wrapUpReason) {
  const requestedAction = 'UPDATE_CALL_DATA';
  return ask('PUT', `Dialog/${id}`, xml('Dialog', { requestedAction, mediaProperties: { wrapUpReason } }));
}

function showUser(user) {
  the('name').textContent = `${text(user, 'firstName')} ${text(user, 'lastName')}`.trim() || agent.id;
  the('state').textContent = text(user, 'state');
  the('reason').textContent = text(user, 'reasonCode > label');
  const isOut = text(user, 'state') === 'LOGOUT';
  if (isIn && isOut) leave();
}

/** The agent is signed out, by itself or by somebody else. */
function leave() {
  isIn = false;
  agent.password = the('password').value = '';
  connection.flush();
  connection.disconnect('signed out');
}

function showCalls() {
  const mine = (dialog) => [...dialog.querySelectorAll('Participant')]
    .find((part) => text(part, 'mediaAddress') === agent.extension);
  the('calls').replaceChildren(...[...calls].map(([id, dialog]) => {
    const allowed = [...mine(dialog)?.querySelectorAll('action') ?? []].map((action) => action.textContent);
    const buttons = Object.entries(ACTIONS).filter(([action]) => allowed.includes(action)).map(([action, label]) => {
      const button = made('button', { textContent: label, onclick: () => attempt(() => act(id, action)) });
      button.dataset.action = action;
      return button;
    });
    const reason = text(dialog, 'wrapUpReason');
    const words = [text(dialog, 'fromAddress'), text(mine(dialog), 'state'), reason].filter(Boolean).join(' · ');
    return made('li', {}, `${words} `, ...buttons);
  }));
}

/** One <Update> of a notification. */
function hear(node, update) {
  const event = text(update, 'event').toUpperCase();
  const [user, dialog] = [update.querySelector('data > user'), update.querySelector('data dialog, data Dialog')];
  const state = text(user ?? dialog, ':scope > state');
  the('events').prepend(made('li', { textContent: `${event} ${node} ${state}` }));
  const problem = update.querySelector('apiError');
  if (problem) the('problem').textContent = `${text(problem, 'errorType')}: ${text(problem, 'errorMessage')}`;
  if (user && node === `/finesse/api/${agent.path}`) {
    showUser(user);
    isIn = state !== 'LOGOUT';
  }
  if (dialog) {
    const id = text(dialog, ':scope > id');
    if (event === 'DELETE' || state === 'DROPPED') calls.delete(id);
    else calls.set(id, dialog);
    showCalls();
  }
}

function onMessage(message) {
  for (const items of message.querySelectorAll('event > items')) {
    for (const notification of items.querySelectorAll('item > notification')) {
      hear(items.getAttribute('node'), parsed(notification.textContent));
    }
  }
  return true; // Strophe keeps the handler.
}

/** Connects to the notification service. The server subscribes an agent to its own nodes by itself. */
function connect(domain) {
  const url = `${location.protocol.replace('http', 'ws')}//${location.host}/ws/`;
  connection = new Strophe.Connection(url);
  return new Promise((connected, failed) => {
    connection.connect(`${agent.id}@${domain}`, agent.password, (status, condition) => {
      if (status === Strophe.Status.CONNECTED) {
        connection.addHandler(onMessage, null, 'message');
        connection.send($pres());
        // Only an available session hears events, and REST goes by another connection. An answer to what follows the
        // presence says that the presence was taken.
        connection.sendIQ($iq({ type: 'get' }).c('ping', { xmlns: 'urn:xmpp:ping' }), connected, connected);
      } else if (status === Strophe.Status.AUTHFAIL || status === Strophe.Status.CONNFAIL) {
        failed(new Error(`the notification service refuses: ${condition ?? 'no connection'}`));
      } else if (status === Strophe.Status.DISCONNECTED && isIn) {
        the('problem').textContent = 'the connection to the notification service is lost';
      }
    });
  });
}

function choices(select, list, name) {
  const options = [...list.querySelectorAll(name)].map((reason) => made('option', {
    value: text(reason, 'uri').split('/').pop(),
    textContent: text(reason, 'label'),
  }));
  select.replaceChildren(made('option', { value: '', textContent: '–' }), ...options);
}

async function signIn() {
  const [id, password, extension] = ['agent', 'password', 'extension'].map((field) => the(field).value);
  agent = { id, password, extension, path: `User/${encodeURIComponent(id)}` };
  showUser(await ask('GET', agent.path)); // A wrong password ends here, before XMPP.
  const system = await ask('GET', 'SystemInfo');
  choices(the('reasons'), await ask('GET', `${agent.path}/ReasonCodes?category=NOT_READY`), 'ReasonCode');
  choices(the('wrap-up'), await ask('GET', `${agent.path}/WrapUpReasons`), 'WrapUpReason');
  await connect(text(system, 'xmppDomain'));
  await changeState('LOGIN', { extension });
  for (const dialog of (await ask('GET', `${agent.path}/Dialogs`)).querySelectorAll(':scope > Dialog')) {
    calls.set(text(dialog, ':scope > id'), dialog);
  }
  showCalls();
  the('sign-in').hidden = true;
  document.querySelector('main').hidden = false;
}

the('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  attempt(signIn);
});
for (const button of document.querySelectorAll('[data-state]')) {
  const { state } = button.dataset;
  button.addEventListener('click', () => attempt(() => {
    const reason = the('reasons').value;
    return changeState(state, state === 'NOT_READY' && reason ? { reasonCodeId: reason } : {});
  }));
}
the('wrap-up').addEventListener('change', ({ target }) => attempt(() => {
  const [id] = calls.keys();
  return wrapUp(id, target.selectedOptions[0].textContent);
}));
// A script at the page's own desk may press its buttons: `#drive=URL`.
if (location.hash.startsWith('#drive=')) import('./drive.mjs');
