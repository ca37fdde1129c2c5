// A fake in a process of its own, driven by its control port.
import { readFile } from 'node:fs/promises';
import { askText } from './ask.js';
import { dispatcher } from './fetch.js';
import { Agent, Call, Queue } from './handles.js';
import { launch } from './launch.js';
import { duration } from './options.js';

/** Only `start` makes fakes. */
const MADE = Symbol('made by start');

export class FakeFinesse {
  #stop;
  #stopped;
  #dispatcher;

  static async start(options = {}) {
    const { fake, stop } = await launch(options);
    try {
      return new FakeFinesse(MADE, fake, fake.ca && (await readFile(fake.ca, 'utf8')), stop);
    } catch (error) {
      await stop();
      throw error;
    }
  }

  constructor(made, said, ca, stop) {
    if (made !== MADE) throw new TypeError('a fake is started by `await FakeFinesse.start(options)`');
    this.url = said.url;
    this.boshUrl = said.bosh;
    this.restUrl = said.rest;
    this.wwwUrl = said.www;
    this.alsoPorts = said.also;
    this.xmppPorts = said.xmpp;
    this.hintPorts = said.hints;
    this.domain = said.domain;
    this.pubsubHost = said.pubsub;
    this.users = said.users;
    this.control = said.control;
    this.token = said.token;
    this.caFile = said.ca ?? null;
    this.ca = ca ?? null;
    this.trust = ca ? { ca } : {};
    this.env = said.ca ? { NODE_EXTRA_CA_CERTS: said.ca, SSL_CERT_FILE: said.ca, REQUESTS_CA_BUNDLE: said.ca } : {};
    this.fetch = (input, init) =>
      globalThis.fetch(typeof input === 'string' && this.restUrl ? new URL(input, this.restUrl) : input, {
        dispatcher: this.dispatcher,
        ...init,
      });
    this.second = said.second ? new FakeFinesse(MADE, { ...said.second, ca: said.ca }, ca, stop) : null;
    this.#stop = stop;
  }

  get dispatcher() {
    this.#dispatcher ??= dispatcher(this.ca);
    return this.#dispatcher;
  }

  async ask(method, route, path, body, query) {
    return JSON.parse(await askText(this.control, method, route, path, body, query));
  }

  // Connected clients and the transcript.

  async about() {
    return this.ask('GET', '/');
  }

  async sessions() {
    return (await this.ask('GET', '/sessions')).sessions;
  }

  async transcript({ connection, after } = {}) {
    return this.ask('GET', '/transcript', {}, undefined, { connection, after });
  }

  async transcriptText({ connection, after } = {}) {
    return askText(this.control, 'GET', '/transcript', {}, undefined, { connection, after, format: 'text' });
  }

  async clearTranscript() {
    await this.ask('DELETE', '/transcript');
  }

  async explain(file) {
    return this.ask('POST', '/explain', {}, Buffer.from(file));
  }

  // Messages.

  async waitFor(pattern, { within } = {}) {
    return this.ask('POST', '/wait', {}, { pattern, within: duration(within) });
  }

  async expect(pattern, { times, atLeast, atMost } = {}) {
    return this.ask('POST', '/expectations', {}, { pattern, times, at_least: atLeast, at_most: atMost });
  }

  async expectations() {
    return (await this.ask('GET', '/expectations')).expectations;
  }

  async verify() {
    await this.ask('POST', '/verify');
  }

  async publish(node, payload) {
    await this.ask('POST', '/publish', {}, { node, payload });
  }

  async inject(to, what) {
    const said = typeof what === 'string' ? { text: what } : { octets: Buffer.from(what).toString('base64') };
    return (await this.ask('POST', '/inject', {}, { to, ...said })).sent;
  }

  async kick(who) {
    return (await this.ask('POST', '/kick', {}, { who })).kicked;
  }

  // Faults.

  async fault(fault) {
    return this.ask('POST', '/faults', {}, { fault });
  }

  async faults() {
    return (await this.ask('GET', '/faults')).faults;
  }

  async removeFault(id) {
    await this.ask('DELETE', '/faults/{id}', { id });
  }

  async removeFaults() {
    await this.ask('DELETE', '/faults');
  }

  async faultTable() {
    return (await this.ask('GET', '/faults/table')).table;
  }

  // The contact centre.

  agent(id) {
    return new Agent(this, String(id));
  }

  call(id) {
    return new Call(this, id);
  }

  queue(id) {
    return new Queue(this, String(id));
  }

  async world() {
    return this.ask('GET', '/world');
  }

  async agents() {
    return (await this.ask('GET', '/agents')).agents;
  }

  async calls() {
    return (await this.ask('GET', '/calls')).calls;
  }

  async queues() {
    return (await this.ask('GET', '/queues')).queues;
  }

  async systemStatus() {
    return (await this.ask('GET', '/systeminfo')).status;
  }

  async systemInfo(status) {
    await this.ask('PUT', '/systeminfo', {}, { status });
  }

  // Its end.

  async reset() {
    await this.ask('POST', '/reset');
  }

  async stop() {
    this.#stopped ??= (async () => {
      await this.#dispatcher?.destroy();
      await this.#stop();
    })();
    return this.#stopped;
  }

  async [Symbol.asyncDispose]() {
    try {
      await this.verify();
    } finally {
      await this.stop();
    }
  }
}
