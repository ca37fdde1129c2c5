// Agents, calls and queues. Their acts are made from the OpenAPI document, in acts.js.
import { AgentActs, CallActs } from './acts.js';
import { Handle } from './handle.js';

export class Agent extends AgentActs {
  async view() {
    return this.fake.ask('GET', '/agents/{id}', { id: this.id });
  }

  async state() {
    return (await this.view()).state;
  }

  async login({ extension } = {}) {
    return this.#change({ state: 'LOGIN', extension });
  }

  async ready({ by } = {}) {
    return this.#change({ state: 'READY', by });
  }

  async notReady({ reason, by } = {}) {
    return this.#change({ state: 'NOT_READY', reason, by });
  }

  async work() {
    return this.#change({ state: 'WORK' });
  }

  async logout({ reason, by } = {}) {
    return this.#change({ state: 'LOGOUT', reason, by });
  }

  #change(wanted) {
    return this.fake.ask('POST', '/agents/{id}/state', { id: this.id }, wanted);
  }
}

export class Call extends CallActs {
  async view() {
    return this.fake.ask('GET', '/calls/{id}', { id: this.id });
  }

  async state() {
    return (await this.view()).state;
  }
}

export class Queue extends Handle {
  async view() {
    const queues = await this.fake.queues();
    const found = queues.find(({ id }) => id === this.id);
    if (!found) throw new RangeError(`no queue has the id ${this.id}; there are ${queues.map(({ id }) => id).join(', ')}`);
    return found;
  }

  async callFrom(number) {
    const { call } = await this.fake.ask('POST', '/queues/{id}/call', { id: this.id }, { from: number });
    return call && this.fake.call(call.id);
  }
}
