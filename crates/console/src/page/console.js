'use strict';
// The console. All texts from the wire are hostile: they become text nodes and values of properties, never markup.
// The page acts by requests that /openapi.json describes, and by nothing else.

const token = new URLSearchParams(location.search).get('token') ?? '';
const find = (id) => document.getElementById(id);

/** An element with properties and attributes; children are elements or texts. */
function make(name, { act, on, data, ...rest } = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(rest)) {
    if (value === undefined || value === null) continue;
    if (key in element) element[key] = value;
    else element.setAttribute(key, value);
  }
  if (act) element.dataset.act = act;
  for (const [event, handler] of Object.entries(on ?? {})) element.addEventListener(event, handler);
  element.append(...children.filter((child) => child !== undefined && child !== null));
  return element;
}

const button = (text, handler, rest = {}) =>
  make('button', { type: 'button', act: text, on: { click: handler }, ...rest }, text);

/** A request to the port. An answer that is an error is thrown with its message. */
async function ask(method, path, body) {
  const isFile = body instanceof Blob;
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: { Authorization: `Bearer ${token}` },
      body: body === undefined || isFile ? body : JSON.stringify(body),
    });
  } catch {
    throw new Error(`Nothing answers. Is ${own()} still running?`);
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? `The answer is ${response.status}.`);
  return answer;
}

function tell(text) {
  find('alert').textContent = '';
  find('status').textContent = text;
}

function complain(error) {
  find('status').textContent = '';
  find('alert').textContent = error.message;
}

/** Does something that a user has asked for, says how it went, and looks at the result. */
async function act(promise, said) {
  try {
    const answer = await promise;
    tell(typeof said === 'function' ? said(answer) : said);
    return answer;
  } catch (error) {
    complain(error);
    return undefined;
  } finally {
    refresh();
  }
}

/** Makes the children of a list agree with the items. Elements of unchanged items stay, and so does the focus. */
function keyed(parent, items, key, render) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let next = parent.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    const is = JSON.stringify(item);
    let node = old.get(name);
    old.delete(name);
    if (!node || node.is !== is) {
      const fresh = render(item);
      fresh.dataset.key = name;
      fresh.is = is;
      if (node) {
        const focused = node.contains(document.activeElement) ? document.activeElement.dataset.act ?? '' : undefined;
        if (node === next) next = fresh;
        node.replaceWith(fresh);
        if (focused !== undefined) {
          const buttons = [...fresh.querySelectorAll('button')];
          (buttons.find((each) => each.dataset.act === focused) ?? buttons[0])?.focus();
        }
      }
      node = fresh;
    }
    if (node === next) next = node.nextElementSibling;
    else parent.insertBefore(node, next);
  }
  for (const node of old.values()) node.remove();
}

let about = { routes: [] }; // the answer of the port to GET /
const has = (route) => about.routes.includes(route);
const own = () => about.noun ?? 'the fake';

const plural = (count, one, many = `${one}s`) => `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

// ---- Theme ----

const theme = find('theme');
function paint() {
  document.documentElement.style.colorScheme = theme.value;
}
try {
  const kept = localStorage.getItem('theme');
  if ([...theme.options].some((option) => option.value === kept)) theme.value = kept;
} catch { /* A browser may keep nothing. */ }
paint();
theme.addEventListener('change', () => {
  paint();
  try { localStorage.setItem('theme', theme.value); } catch { /* as above */ }
});

// ---- Tabs ----

const tabs = [...document.querySelectorAll('[role="tab"]')];
const panel = (tab) => find(tab.getAttribute('aria-controls'));
const narrow = matchMedia('(max-width: 900px)');
let open = tabs[1];

/** The tabs that there are: those whose routes the port has, and on a narrow window the conversation. */
const there = () => tabs.filter((tab) => !tab.hidden && (narrow.matches || tab !== tabs[0]));

/** On a wide window the conversation stands beside the other parts, and has no tab. */
function show(tab) {
  open = there().includes(tab) ? tab : there()[0];
  for (const each of tabs) {
    const isOpen = each === open;
    each.setAttribute('aria-selected', String(isOpen));
    each.tabIndex = isOpen ? 0 : -1;
    panel(each).hidden = !isOpen && (each !== tabs[0] || narrow.matches);
  }
  find('wire').setAttribute('role', narrow.matches ? 'tabpanel' : 'region');
  find('wire').setAttribute('aria-labelledby', narrow.matches ? 'tab-wire' : 'wire-title');
  open.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  paintRows();
  refresh();
}

for (const tab of tabs) tab.addEventListener('click', () => show(tab));
find('tabs').addEventListener('keydown', (event) => {
  const all = there();
  const at = all.indexOf(open);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  show(all[(to + all.length) % all.length]);
  open.focus();
});

// ---- The conversation ----

const MOST = 20_000; // entries that the page keeps,
const MOST_TEXT = 32 << 20; // and characters of their texts
const rows = find('rows');
const windowed = find('window');
let entries = []; // all that came, oldest first
let shown = []; // those that the filter lets through
let coming = []; // those that came since the last frame
let kept = 0; // characters in `entries`
let selected;
let toldOfFault = -Infinity;
let painted = [];
let rowHeight = 28;

/** The name of an element, and what it is about. */
function labelled(entry) {
  const { kind, text, request, answer } = entry;
  if (kind === 'fact') return text.startsWith('fault ') ? ['fault', text.slice(6)] : ['note', text];
  if (kind === 'http') {
    if (request && answer) return [`${answer.status} ${request.method}`, request.target];
    if (request) return [request.method, request.target];
    return ['HTTP', text];
  }
  if (kind !== 'text') return [kind, text];
  const name = /^\s*<\s*(?:[\w-]+:)?([\w-]+)/.exec(text)?.[1];
  if (!name) return ['text', text];
  const node = /\snode=['"]([^'"]*)/.exec(text)?.[1];
  if (name === 'message' && text.includes('pubsub#event')) return ['event', `${node ?? ''}  ${unescaped(text) || text}`];
  const type = /^[^>]*?\stype=['"]([^'"]*)/.exec(text)?.[1];
  return [type ? `${name} ${type}` : name, text];
}

function groupOf(entry, label) {
  if (entry.kind === 'http') return 'rest';
  if (entry.kind === 'fact') return 'fact';
  if (entry.kind === 'text') return label === 'event' ? 'event' : 'stanza';
  return 'control';
}

function prepared(data) {
  const [label, about] = labelled(data);
  // The domain is the same in all of them, and in the head of the page.
  const who = data.who?.replace(/@[^/]*/, '') ?? (data.connection ? `#${data.connection}` : own());
  return {
    ...data, label, who,
    line: about.length > 400 ? `${about.slice(0, 400)}…` : about,
    group: groupOf(data, label),
    isStruck: data.kind === 'fact' && label === 'fault',
  };
}

const filter = { text: '', kind: '', connection: '' };

function passes(entry) {
  if (filter.connection && String(entry.connection) !== filter.connection) return false;
  if (filter.kind && entry.group !== filter.kind && !(filter.kind === 'stanza' && entry.group === 'event')) return false;
  if (!filter.text || entry.group === 'gap') return true;
  entry.sought ??= `${entry.who} ${entry.label} ${entry.text} ${entry.request?.body ?? ''} ${entry.answer?.body ?? ''}`.toLowerCase();
  return entry.sought.includes(filter.text);
}

function refilter() {
  filter.text = find('search').value.trim().toLowerCase();
  filter.kind = find('kind').value;
  filter.connection = find('connection').value;
  shown = entries.filter(passes);
  if (selected && !shown.includes(selected)) select(undefined);
  if (find('follow').checked) toEnd();
  paintRows();
}

function take(entry) {
  coming.push(entry);
  if (coming.length === 1) requestAnimationFrame(flush);
  // A page that nobody sees has no frames.
  else if (coming.length === 1000) flush();
}

function flush() {
  if (coming.length === 0) return;
  const fresh = coming;
  coming = [];
  for (const entry of fresh) {
    entries.push(entry);
    kept += entry.text.length;
    if (passes(entry)) shown.push(entry);
    knowConnection(entry);
  }
  if (entries.length > MOST || kept > MOST_TEXT) {
    let drop = Math.max(0, entries.length - MOST) + 1000;
    for (let left = kept; drop < entries.length && left > MOST_TEXT; drop += 1) left -= entries[drop].text.length;
    const gone = new Set(entries.splice(0, Math.min(drop, entries.length - 1)));
    for (const entry of gone) kept -= entry.text.length;
    shown = shown.filter((entry) => !gone.has(entry));
    if (gone.has(selected)) select(undefined);
  }
  layOut();
  if (find('follow').checked) toEnd();
  paintRows();
  const struck = fresh.findLast((entry) => entry.isStruck);
  // A screen reader reads this out, so it does not come with each of a hundred events.
  if (struck && performance.now() - toldOfFault > 5000) {
    toldOfFault = performance.now();
    tell(`A fault struck: ${struck.line}`);
  }
  soon();
}

const connections = new Set();
function knowConnection({ connection }) {
  if (!connection || connections.has(connection) || connections.size > 500) return;
  connections.add(connection);
  find('connection').append(make('option', { value: String(connection) }, `connection ${connection}`));
}

function layOut() {
  find('space').style.height = `${shown.length * rowHeight}px`;
  rows.hidden = entries.length === 0;
  find('wire-none').hidden = entries.length > 0;
  find('wire-count').textContent = shown.length === entries.length
    ? plural(entries.length, 'message')
    : `${shown.length.toLocaleString('en')} of ${plural(entries.length, 'message')}`;
}

function toEnd() {
  rows.scrollTop = shown.length * rowHeight;
}

/** One of the few rows that there are: those in sight are filled with the entries of their places. */
function row() {
  const cells = ['at', 'who', 'way', 'label', 'text'].map((name) => make('span', { className: name }));
  const node = make('div', { role: 'option' }, ...cells);
  Object.assign(node, { cells });
  node.addEventListener('click', () => {
    rows.focus({ preventScroll: true });
    select(node.entry);
  });
  return node;
}

const WAYS = { client: '→', server: '←', nobody: '●' };
const SPEAKERS = { client: 'client', server: 'fake', nobody: '' }; // a recorder has a server

function paintRows() {
  rowHeight = narrow.matches ? 48 : 28;
  layOut();
  if (rows.hidden || rows.clientHeight === 0) return;
  const first = Math.max(0, Math.floor(rows.scrollTop / rowHeight) - 4);
  const count = Math.min(shown.length - first, Math.ceil(rows.clientHeight / rowHeight) + 8);
  while (painted.length < count) {
    const node = row();
    painted.push(node);
    windowed.append(node);
  }
  let active = '';
  painted.forEach((node, place) => {
    node.hidden = place >= count;
    if (node.hidden) {
      node.id = '';
      return;
    }
    const index = first + place;
    const entry = shown[index];
    if (node.entry !== entry) {
      node.entry = entry;
      const [at, who, way, label, text] = node.cells;
      at.textContent = entry.group === 'gap' ? '' : entry.at.toFixed(3);
      who.textContent = entry.who;
      way.textContent = WAYS[entry.speaker];
      label.textContent = entry.label;
      text.textContent = entry.line;
      node.className = `row ${entry.speaker}${entry.isStruck ? ' struck' : ''}`;
      node.setAttribute('aria-label', `${SPEAKERS[entry.speaker]} ${entry.label}, ${entry.who}, ${entry.line.slice(0, 160)}`);
    }
    node.id = `row-${index}`;
    node.setAttribute('aria-posinset', String(index + 1));
    node.setAttribute('aria-setsize', String(shown.length));
    const isSelected = entry === selected;
    node.setAttribute('aria-selected', String(isSelected));
    if (isSelected) active = node.id;
  });
  if (active) rows.setAttribute('aria-activedescendant', active);
  else rows.removeAttribute('aria-activedescendant');
  windowed.style.transform = `translateY(${first * rowHeight}px)`;
}

function select(entry) {
  selected = entry;
  const detail = find('detail');
  detail.hidden = !entry;
  if (entry) {
    find('follow').checked = false;
    const by = SPEAKERS[entry.speaker];
    find('detail-title').textContent = `${entry.number ? `${entry.number} · ` : ''}${by ? `${by}: ` : ''}${entry.label} · ${entry.who}`;
    find('detail-text').textContent = entry.kind === 'text' ? indented(entry.text) : entry.text;
    const inner = entry.kind === 'text' ? indented(unescaped(entry.text)) : '';
    find('detail-payload').textContent = inner;
    find('detail-payload').hidden = find('payload-title').hidden = !inner;
    detail.scrollTop = 0;
    reveal(shown.indexOf(entry));
  }
  paintRows();
}

function reveal(index) {
  const top = index * rowHeight;
  if (top < rows.scrollTop) rows.scrollTop = top;
  else if (top + rowHeight > rows.scrollTop + rows.clientHeight) rows.scrollTop = top + rowHeight - rows.clientHeight;
}

/** XML with a line for each tag. The text itself stays as it is. */
function indented(text) {
  let depth = 0;
  return text.replace(/></g, '>\n<').split('\n').map((line) => {
    const closes = /^<\//.test(line);
    if (closes) depth = Math.max(0, depth - 1);
    const shownLine = '  '.repeat(Math.min(depth, 40)) + line;
    if (/^<[^/?!]/.test(line) && !/\/>$/.test(line) && !/<\/[^>]*>$/.test(line)) depth += 1;
    return shownLine;
  }).join('\n');
}

/** The XML that a notification has as its text. */
function unescaped(text) {
  const found = />([^<]*&lt;[^<]*)</.exec(text)?.[1] ?? '';
  const names = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return found.replace(/&(lt|gt|quot|apos|amp);/g, (_, name) => names[name]).replace(/>\s+</g, '><').trim();
}

rows.addEventListener('scroll', () => requestAnimationFrame(paintRows), { passive: true });
for (const kind of ['wheel', 'touchmove']) {
  rows.addEventListener(kind, () => requestAnimationFrame(() => {
    const isAtEnd = rows.scrollTop + rows.clientHeight > rows.scrollHeight - rowHeight;
    find('follow').checked = isAtEnd && !selected;
  }), { passive: true });
}
rows.addEventListener('keydown', (event) => {
  const page = Math.max(1, Math.floor(rows.clientHeight / rowHeight) - 1);
  const last = shown.length - 1;
  const at = selected ? shown.indexOf(selected) : undefined;
  const to = {
    ArrowDown: at === undefined ? 0 : at + 1, ArrowUp: at === undefined ? last : at - 1,
    PageDown: (at ?? 0) + page, PageUp: (at ?? last) - page, Home: 0, End: last,
  }[event.key];
  if (event.key === 'Enter' && selected) find('detail').focus();
  if (event.key === 'Escape') select(undefined);
  if (to === undefined || last < 0) return;
  event.preventDefault();
  select(shown[Math.min(last, Math.max(0, to))]);
});
find('detail').addEventListener('keydown', (event) => {
  if (event.key === 'Escape') closeDetail();
});
function closeDetail() {
  select(undefined);
  rows.focus();
}
find('detail-close').addEventListener('click', closeDetail);
find('detail-copy').addEventListener('click', () =>
  navigator.clipboard.writeText(selected?.text ?? '').then(() => tell('Copied.'), complain));
find('follow').addEventListener('change', () => {
  if (!find('follow').checked) return;
  select(undefined);
  toEnd();
});
for (const [id, kind] of [['search', 'input'], ['kind', 'change'], ['connection', 'change']]) {
  find(id).addEventListener(kind, refilter);
}
find('wire-filter').addEventListener('submit', (event) => event.preventDefault());
find('clear').addEventListener('click', () => act(ask('DELETE', '/transcript').then(forget), 'The transcript is empty.'));
new ResizeObserver(paintRows).observe(rows);
narrow.addEventListener('change', () => show(open));

function forget() {
  select(undefined);
  [entries, shown, coming, kept] = [[], [], [], 0];
  paintRows();
}

/** A place in the conversation where entries are missing. */
const gap = (missed) => ({
  number: 0, at: 0, connection: 0, who: '', speaker: 'nobody', kind: 'fact', label: 'gap', group: 'gap',
  text: '', isStruck: false,
  line: missed === null ? `${own()} was started anew` : `${plural(missed, 'message')} came and went unseen`,
});

function listen() {
  const link = (state, text) => {
    find('link').className = `link ${state}`;
    find('link-text').textContent = text;
  };
  const source = new EventSource(`/transcript/live?after=0&token=${encodeURIComponent(token)}`);
  source.addEventListener('open', () => link('live', 'live'));
  source.addEventListener('error', () => {
    if (source.readyState === EventSource.CLOSED) link('lost', `ended: start ${own()} again and open its new URL`);
    else link('lost', 'no answer, trying again');
  });
  source.addEventListener('said', ({ data }) => {
    take(prepared(JSON.parse(data)));
  });
  // Entries that are gone before the page was opened make no gap in it.
  source.addEventListener('missed', ({ data }) => {
    const { missed } = JSON.parse(data);
    if (entries.length + coming.length > 0 || missed === null) take(gap(missed));
  });
}

// ---- Acts with parameters, by the document of the port ----

let paths = {};

/** The acts below a path, each with the fields of its body. */
function acts(prefix) {
  const found = [];
  for (const [path, methods] of Object.entries(paths)) {
    const rest = path.startsWith(prefix) ? path.slice(prefix.length) : '';
    if (!methods.post || !rest || rest === 'state') continue;
    const content = methods.post.requestBody?.content['application/json'];
    const help = methods.post.summary;
    if (rest !== '{action}') {
      found.push({ name: rest, help, properties: content?.schema.properties ?? {}, required: content?.schema.required ?? [], example: content?.example ?? {} });
      continue;
    }
    const names = methods.post.parameters.find((one) => one.name === 'action').schema.enum;
    for (const name of names) found.push({ name, help: '', properties: {}, required: [], example: {} });
  }
  return found.sort((one, other) => one.name.localeCompare(other.name));
}

const spoken = (name) => {
  const words = name.toLowerCase().replaceAll(/[-_]/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** A field for a member of a body. */
function field(name, schema, { value = '', required = false } = {}) {
  const label = make('span', {}, `${spoken(name)}${schema.description ? `: ${schema.description}` : ''}`);
  const control = schema.enum
    ? make('select', { name, required }, ...schema.enum.map((one) => make('option', { value: one, selected: one === value }, one)))
    : make(schema.multiline ? 'textarea' : 'input', { name, required, value: String(value), autocomplete: 'off', spellcheck: false, rows: 6 });
  return make('label', { className: 'field' }, label, control);
}

/** Asks for the act and its fields, and sends them. `choices` are as `acts` gives them. */
function dialogue(title, choices, chosen, send) {
  const select = find('dialog-act');
  const fields = find('dialog-fields');
  const settle = () => {
    const choice = choices[Number(select.value)];
    find('dialog-help').textContent = choice.help;
    fields.replaceChildren(...Object.entries(choice.properties).map(([name, schema]) =>
      field(name, schema, { value: choice.example[name], required: choice.required.includes(name) })));
    find('dialog-error').textContent = '';
  };
  find('dialog-title').textContent = title;
  select.replaceChildren(...choices.map((choice, index) =>
    make('option', { value: String(index), selected: choice.name === chosen }, spoken(choice.name))));
  find('dialog-act-field').hidden = choices.length === 1;
  settle();
  select.onchange = settle;
  const opener = document.activeElement;
  const card = opener?.closest?.('[data-key]');
  const dialog = find('dialog');
  // The card may have been made anew meanwhile.
  dialog.onclose = () => {
    const list = card && [...document.querySelectorAll('[data-key]')].find((one) => one.dataset.key === card.dataset.key);
    const again = list && [...list.querySelectorAll('button')].find((one) => one.dataset.act === opener.dataset.act);
    (opener?.isConnected ? opener : again)?.focus();
  };
  find('dialog-form').onsubmit = async (event) => {
    event.preventDefault();
    const choice = choices[Number(select.value)];
    const body = {};
    for (const control of fields.querySelectorAll('[name]')) {
      if (control.value !== '' || choice.required.includes(control.name)) {
        body[control.name] = choice.properties[control.name].type === 'integer' ? Number(control.value) : control.value;
      }
    }
    try {
      tell(await send(choice, Object.keys(body).length ? body : undefined));
      dialog.close();
    } catch (error) {
      find('dialog-error').textContent = error.message;
    }
    refresh();
  };
  dialog.showModal();
  (fields.querySelector('input, textarea, select') ?? select).focus();
}
find('dialog-cancel').addEventListener('click', () => find('dialog').close());

/** An act below a path, chosen in the dialogue. */
function more(title, path, prefix, chosen) {
  const all = acts(prefix);
  const one = chosen && all.filter((choice) => choice.name === chosen);
  dialogue(title, one?.length ? one : all, chosen, async (choice, body) => {
    await ask('POST', `${path}/${choice.name}`, body);
    return `${title}: ${spoken(choice.name).toLowerCase()} is done.`;
  });
}

// ---- Agents and calls ----

const WANTED = { LOGIN: 'Sign in', READY: 'Ready', NOT_READY: 'Not ready', WORK: 'Wrap up', LOGOUT: 'Sign out' };
const TONES = { READY: 'good', NOT_READY: '', LOGOUT: '' };
const MOST_CARDS = 100;
let world = { agents: [], calls: [], queues: [] };

function agentCard(agent) {
  const path = `/agents/${encodeURIComponent(agent.id)}`;
  const name = `${agent.first_name} ${agent.last_name}`;
  const states = agent.allowed.map((state) => button(WANTED[state], () =>
    act(ask('POST', `${path}/state`, { state }), (now) => `${name} is ${spoken(now.state).toLowerCase()}.`), {
    'aria-pressed': state === 'LOGIN' || state === 'LOGOUT' ? undefined : String(agent.state === state),
    'aria-label': `${WANTED[state]}: ${name}`,
  }));
  const reason = agent.reason ? `, ${agent.reason.label}` : '';
  const pending = agent.pending_state ? `, then ${spoken(agent.pending_state).toLowerCase()}` : '';
  return make('li', { className: 'card' },
    make('span', { className: 'name' }, name, ' ', make('small', {}, `${agent.id} · ${agent.team.name}`)),
    make('span', { className: `pill ${TONES[agent.state] ?? 'busy'}` }, spoken(agent.state)),
    make('span', { className: 'more' }, `Extension ${agent.extension}${agent.present ? ', client available' : ', no client'}${reason}${pending}`),
    make('span', { className: 'acts' }, ...states,
      agent.state === 'LOGOUT' ? null : button('Ring…', () => more(`Ring ${name}`, path, '/agents/{id}/', 'ring'), { 'aria-label': `Ring ${name}…` }),
      button('More…', () => more(name, path, '/agents/{id}/'), { 'aria-label': `More for ${name}…` })));
}

/** The acts of the port for the actions that Finesse lists on a call. */
const ACTIONS = {
  ANSWER: 'answer', HOLD: 'hold', RETRIEVE: 'retrieve', DROP: 'hang-up', TRANSFER: 'transfer', CONFERENCE: 'conference',
  ACCEPT: 'accept', REJECT: 'reject', CLOSE: 'close', START_RECORDING: 'start-recording', CANCEL_SCHEDULED_CALLBACK: 'cancel-callback',
  CONSULT_CALL: 'consult', TRANSFER_SST: 'transfer-to', SEND_DTMF: 'send-dtmf', PARTICIPANT_DROP: 'drop-participant',
  RECLASSIFY: 'reclassify', UPDATE_SCHEDULED_CALLBACK: 'schedule-callback',
};

function callCard(call) {
  const path = `/calls/${call.id}`;
  const name = `Call ${call.id}`;
  const known = acts('/agents/{id}/');
  const parties = call.parties.map((party) => {
    const who = party.agent ?? party.address;
    const buttons = party.actions.filter((action) => ACTIONS[action]).map((action) => {
      const verb = ACTIONS[action];
      const needs = Object.keys(known.find((one) => one.name === verb)?.properties ?? {}).length > 0;
      const of = `/agents/${encodeURIComponent(party.agent)}`;
      const press = needs
        ? () => more(`Agent ${party.agent}`, of, '/agents/{id}/', verb)
        : () => act(ask('POST', `${of}/${verb}`), `${name}: ${spoken(verb).toLowerCase()} by ${party.agent} is done.`);
      return button(spoken(verb) + (needs ? '…' : ''), press, { act: `${who} ${verb}`, 'aria-label': `${spoken(verb)}: agent ${party.agent}, ${name}` });
    });
    return make('span', { className: 'acts' }, make('span', { className: 'pill' }, `${who}: ${spoken(party.state).toLowerCase()}`), ...buttons);
  });
  const others = ['other-side-answers', 'other-side-hangs-up'].map((verb) =>
    button(spoken(verb), () => act(ask('POST', `${path}/${verb}`), `${name}: ${spoken(verb).toLowerCase()}.`), { 'aria-label': `${spoken(verb)}: ${name}` }));
  const variables = call.variables.map(([key, value]) => `${key} = ${value}`).join(', ');
  return make('li', { className: 'card' },
    make('span', { className: 'name' }, `${call.from} → ${call.to} `, make('small', {}, String(call.id))),
    make('span', { className: `pill ${call.state === 'ACTIVE' ? 'good' : 'busy'}` }, spoken(call.state)),
    make('span', { className: 'more' }, [call.queue?.name, call.call_type, variables].filter(Boolean).join(' · ')),
    ...parties,
    make('span', { className: 'acts' }, ...others, button('More…', () => more(name, path, '/calls/{id}/'), { 'aria-label': `More for ${name}…` })));
}

function queueCard(queue) {
  const { calls_in_queue: waiting, ready, logged_on: there } = queue.statistics;
  return make('li', { className: 'card' },
    make('span', { className: 'name' }, queue.name, ' ', make('small', {}, queue.number)),
    make('span', { className: 'pill' }, `${waiting} waiting`),
    make('span', { className: 'more' }, `${ready} ready of ${there} signed in`),
    make('span', { className: 'acts' }, button('Call…', () =>
      more(`Call ${queue.name}`, `/queues/${encodeURIComponent(queue.id)}`, '/queues/{id}/', 'call'), { 'aria-label': `Call ${queue.name}…` })));
}

function showWorld() {
  const sought = find('agents-search').value.trim().toLowerCase();
  const fitting = world.agents.filter((agent) =>
    `${agent.id} ${agent.first_name} ${agent.last_name} ${agent.team.name} ${agent.state}`.toLowerCase().includes(sought));
  keyed(find('agents-list'), fitting.slice(0, MOST_CARDS), (agent) => agent.id, agentCard);
  const hidden = fitting.length - MOST_CARDS;
  find('agents-more').textContent = hidden > 0 ? `${plural(hidden, 'agent')} more: search for them.` : fitting.length ? '' : 'No agent is like that.';
  keyed(find('calls-list'), world.calls.slice(0, MOST_CARDS), (call) => call.id, callCard);
  keyed(find('queues-list'), world.queues.slice(0, MOST_CARDS), (queue) => queue.id, queueCard);
  find('calls-none').hidden = world.calls.length > 0;
  find('agents-count').textContent = world.agents.filter((agent) => agent.state !== 'LOGOUT').length || '';
  find('calls-count').textContent = world.calls.length || '';
}
find('agents-search').addEventListener('input', showWorld);

// ---- Clients ----

function clientCard(session) {
  const to = `#${session.connection}`;
  const name = session.jid ?? session.account ?? `connection ${session.connection}`;
  const inject = { name: 'text', help: 'The client gets this text as it is, well-formed or not.', required: ['text'], example: {}, properties: { text: { type: 'string', multiline: true } } };
  return make('li', { className: 'card' },
    make('span', { className: 'name' }, name, ' ', make('small', {}, to)),
    make('span', { className: `pill ${session.phase === 'available' ? 'good' : 'busy'}` }, session.phase),
    make('span', { className: 'acts' },
      has('POST /inject') ? button('Inject…', () => dialogue(`Inject: ${name}`, [inject], 'text', async (_, body) => {
        const { sent } = await ask('POST', '/inject', { to, ...body });
        return `Sent to ${plural(sent, 'connection')}.`;
      }), { 'aria-label': `Inject a text: ${name}…` }) : null,
      has('POST /kick') ? button('Throw out', () => act(ask('POST', '/kick', { who: to }), `${name} was thrown out.`), { 'aria-label': `Throw out ${name}` }) : null));
}

find('publish').addEventListener('submit', (event) => {
  event.preventDefault();
  const { node, payload: element } = event.target.elements;
  act(ask('POST', '/publish', { node: node.value, payload: element.value }), `Published to ${node.value}.`);
});

// ---- Faults ----

let table = [];

function faultCard(fault) {
  return make('li', { className: 'card' },
    make('code', {}, fault.fault),
    make('span', { className: `pill ${fault.struck ? 'bad' : ''}` }, fault.struck ? `struck ${plural(fault.struck, 'time')}` : 'waiting'),
    make('span', { className: 'more' }, spoken(fault.does.charAt(0)) + fault.does.slice(1)),
    make('span', { className: 'acts' }, button('Remove', () =>
      act(ask('DELETE', `/faults/${fault.id}`), `The fault ${fault.fault} is removed.`), { 'aria-label': `Remove the fault ${fault.fault}` })));
}

/** The parameters that say when a fault strikes, and for whom; most faults have them all. */
const CHOOSING = new Set(['account', 'node', 'method', 'path', 'nth', 'every', 'times']);

function faultFields() {
  const fault = table[Number(find('fault-name').value)];
  if (!fault) return;
  find('fault-does').textContent = spoken(fault.does.charAt(0)) + fault.does.slice(1);
  const made = (wanted) => fault.parameters.filter(({ name }) => CHOOSING.has(name) === wanted).map((parameter) => {
    const { name, does, kind, usual, values } = parameter;
    const none = make('option', { value: '' }, usual ? `usual: ${usual}` : '—');
    const control = values.length
      ? make('select', { name }, none, ...values.map((one) => make('option', { value: one.value, title: one.does }, one.value)))
      : make('input', { name, placeholder: usual ?? kind, autocomplete: 'off', spellcheck: false });
    return make('label', { className: 'field' }, make('span', {}, name), control, make('small', {}, does));
  });
  const [own, choosing] = [made(false), made(true)];
  find('fault-fields').replaceChildren(...own);
  find('fault-more').replaceChildren(...choosing);
  find('fault-more').parentElement.hidden = choosing.length === 0;
  faultLine();
}

function faultLine() {
  const fault = table[Number(find('fault-name').value)];
  const values = [...find('fault').querySelectorAll('[name]')].filter((control) => control.value.trim() !== '');
  // Quoted as the text form of faults has it.
  const quoted = (text) => (/[\s"\\]/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : text);
  const line = [fault?.name, ...values.map((control) => `${control.name}=${quoted(control.value.trim())}`)].join(' ');
  find('fault-line').textContent = line;
  return line;
}

find('fault-name').addEventListener('change', faultFields);
find('fault').addEventListener('input', faultLine);
find('fault').addEventListener('submit', (event) => {
  event.preventDefault();
  act(ask('POST', '/faults', { fault: faultLine() }), (added) => `Added: ${added.fault}.`);
});

// ---- Expectations ----

function expectedCard(expected) {
  const { at_least: least, at_most: most } = expected;
  const wanted = most === null ? `at least ${least}` : least === most ? `exactly ${least}` : `${least} to ${most}`;
  return make('li', { className: 'card' },
    make('code', {}, expected.pattern),
    make('span', { className: `pill ${expected.met ? 'good' : 'bad'}` }, expected.met ? 'met' : 'not met'),
    make('span', { className: 'more' }, `Came ${plural(expected.came, 'time')}, wanted ${wanted}.`));
}

find('expect').addEventListener('submit', (event) => {
  event.preventDefault();
  const { pattern, at_least: least, at_most: most } = event.target.elements;
  const body = { pattern: pattern.value };
  if (least.value !== '') body.at_least = Number(least.value);
  if (most.value !== '') body.at_most = Number(most.value);
  act(ask('POST', '/expectations', body), (added) => `Expected: ${added.pattern}.`);
});

find('verify').addEventListener('click', async () => {
  const report = find('verified');
  try {
    await ask('POST', '/verify');
    report.textContent = 'All expectations are met.';
    tell('All expectations are met.');
  } catch (error) {
    report.textContent = error.message;
    tell('Not all expectations are met; the report is below the list.');
  }
  report.hidden = false;
});

// ---- Files ----

const MARKS = { done: ['✓', 'done'], broken: ['✗', 'broken'], missing: ['✗', 'missing'], absent: ['·', 'absent'] };

async function explain(file) {
  show(find('tab-explain'));
  tell(`Reading ${file.name}.`);
  const answer = await act(ask('POST', `/explain?name=${encodeURIComponent(file.name)}`, file), (explained) =>
    explained.good ? `${file.name}: nothing is broken.` : `${file.name}: broken at ${explained.first_broken_step}.`);
  const place = find('explanation');
  place.hidden = !answer;
  if (!answer) return;
  const fault = [answer.fault, answer.or].filter(Boolean).join(' or ');
  const verdict = make('div', { className: answer.good ? 'verdict' : 'verdict bad' },
    make('strong', {}, answer.good ? 'Nothing is broken' : `Broken at ${answer.first_broken_step}. To mend: ${fault}`), answer.finding);
  const files = answer.files.map((one) =>
    make('p', { className: 'quiet' }, [`${one.name}: ${one.format}`, ...one.remarks].join('. ')));
  const findings = answer.findings.map((one) => make('li', { className: 'card' },
    make('span', { className: 'name' }, one.finding),
    make('span', { className: `pill ${one.weight === 'broken' ? 'bad' : 'busy'}` }, `${one.step}: ${[one.fault, one.or].filter(Boolean).join(' or ')}`),
    make('span', { className: 'more' }, one.look_at),
    make('span', { className: 'more' }, [one.case, one.clause].filter(Boolean).join(' · '))));
  const steps = answer.steps.map((one) => {
    const [mark, word] = MARKS[one.state] ?? ['·', one.state];
    const took = one.took_ms === null ? '' : ` (${one.took_ms.toFixed(0)} ms)`;
    return make('li', { className: one.state === 'missing' ? 'broken' : one.state },
      make('i', { 'aria-hidden': 'true' }, mark), make('b', {}, one.title, make('span', { className: 'unseen' }, ` ${word}`)),
      make('span', {}, `${one.what ?? ''}${took}${one.wanted && one.state !== 'done' ? `. Wanted: ${one.wanted}` : ''}`));
  });
  place.replaceChildren(verdict, ...files,
    ...(findings.length ? [make('h3', {}, 'Findings'), make('ol', { className: 'cards' }, ...findings)] : []),
    make('h3', {}, 'Steps'), make('ol', { className: 'steps' }, ...steps));
  place.focus();
}

find('file').addEventListener('change', ({ target }) => {
  if (target.files[0]) explain(target.files[0]);
});
addEventListener('dragover', (event) => {
  event.preventDefault();
  find('drop').classList.add('over');
});
addEventListener('dragleave', (event) => {
  if (!event.relatedTarget) find('drop').classList.remove('over');
});
addEventListener('drop', (event) => {
  event.preventDefault();
  find('drop').classList.remove('over');
  const file = event.dataTransfer?.files[0];
  if (file) explain(file);
});

// ---- The state of the fake, asked for now and then ----

const PERIOD = 2000; // ms between two looks when nothing happens
let timer;
// The empty state of each route.
const NOTHING = {
  '/world': { agents: [], calls: [], queues: [] }, '/sessions': { sessions: [] }, '/faults': { faults: [] },
  '/expectations': { expectations: [] }, '/systeminfo': { status: '' },
};
let isLooking = false;
let isWanted = false;
let cost = 0; // ms that the last look took

function soon() {
  if (!isLooking) later(Math.max(250, 4 * cost));
  else isWanted = true;
}

/** Looks after so many ms, unless a look is due before. */
function later(ms) {
  const due = performance.now() + ms;
  if (timer && timer.due <= due) return;
  clearTimeout(timer?.id);
  timer = { due, id: setTimeout(look, ms) };
}

function refresh() {
  if (isLooking) isWanted = true;
  else later(0);
}

async function look() {
  clearTimeout(timer?.id);
  timer = undefined;
  if (isLooking || document.hidden) return;
  isLooking = true;
  isWanted = false;
  const start = performance.now();
  try {
    const [seen, { sessions }, { faults }, { expectations }, { status }] = await Promise.all(
      Object.entries(NOTHING).map(([path, nothing]) => has(`GET ${path}`) ? ask('GET', path) : nothing));
    world = seen;
    showWorld();
    keyed(find('clients-list'), sessions.slice(0, MOST_CARDS), (one) => one.connection, clientCard);
    keyed(find('faults-list'), faults, (one) => one.id, faultCard);
    keyed(find('expected-list'), expectations, (one) => one.id, expectedCard);
    find('clients-none').hidden = sessions.length > 0;
    find('faults-none').hidden = faults.length > 0;
    find('expected-none').hidden = expectations.length > 0;
    find('clients-count').textContent = sessions.length || '';
    find('faults-count').textContent = faults.length || '';
    find('expected-count').textContent = expectations.length || '';
    if (document.activeElement !== find('system')) find('system').value = status;
  } catch { /* The line about the stream says that the fake does not answer. */ }
  cost = performance.now() - start;
  isLooking = false;
  later(isWanted ? Math.max(100, 2 * cost) : Math.max(PERIOD, 10 * cost));
}
document.addEventListener('visibilitychange', refresh);

find('system').addEventListener('change', ({ target }) =>
  act(ask('PUT', '/systeminfo', { status: target.value }), `The system is ${spoken(target.value).toLowerCase()}.`));
find('reset').addEventListener('click', () => {
  const choice = { name: 'reset', help: 'All connections end. Agents, calls, faults, expectations and the conversation begin anew.', properties: {}, required: [], example: {} };
  dialogue('Reset the fake', [choice], 'reset', async () => {
    await ask('POST', '/reset');
    forget();
    return 'The fake is as it was at its start.';
  });
  find('dialog-send').focus();
});

/** Parts that are there only if the port has their route. */
const PARTS = {
  'tab-agents': 'GET /world', 'tab-calls': 'GET /world', 'tab-faults': 'GET /faults', 'tab-expected': 'GET /expectations',
  'system-part': 'GET /systeminfo', reset: 'POST /reset', clear: 'DELETE /transcript', 'publish-title': 'POST /publish', publish: 'POST /publish',
};

async function begin() {
  show(narrow.matches ? tabs[0] : tabs[1]);
  try {
    about = await ask('GET', '/');
    for (const [id, route] of Object.entries(PARTS)) find(id).hidden = !has(route);
    show(open);
    const nothing = { paths: {}, table: [] };
    const [document_, faults] = await Promise.all(
      ['/openapi.json', '/faults/table'].map((path) => has(`GET ${path}`) ? ask('GET', path) : nothing));
    if (about.title) find('title').textContent = about.title;
    if (about.noun) SPEAKERS.server = about.noun === 'the recorder' ? 'server' : about.noun.replace('the ', '');
    find('about').textContent = about.about ?? `${about.domain} · profile ${about.profile}`;
    find('url').textContent = about.url;
    find('lacks').textContent = about.lacks ?? '';
    find('lacks').hidden = !about.lacks;
    document.title = `Console of ${about.domain ?? about.title}`;
    paths = document_.paths;
    table = faults.table;
    find('fault-name').replaceChildren(...table.map((fault, index) => make('option', { value: String(index) }, fault.name)));
    if (table.length > 0) faultFields();
    listen();
    refresh();
  } catch (error) {
    complain(error);
  }
}
begin();
