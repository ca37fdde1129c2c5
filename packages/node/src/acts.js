// Made by packages/make.py from crates/fake/src/control/openapi.json.
import { Handle } from './handle.js';

export class AgentActs extends Handle {
  async accept() {
    return await this.fake.ask('POST', '/agents/{id}/accept', { id: this.id });
  }

  async answer() {
    return await this.fake.ask('POST', '/agents/{id}/answer', { id: this.id });
  }

  async bargeIn() {
    return await this.fake.ask('POST', '/agents/{id}/barge-in', { id: this.id });
  }

  async call(number) {
    return this.fake.call((await this.fake.ask('POST', '/agents/{id}/call', { id: this.id }, { number })).id);
  }

  async cancelCallback() {
    return await this.fake.ask('POST', '/agents/{id}/cancel-callback', { id: this.id });
  }

  async close() {
    return await this.fake.ask('POST', '/agents/{id}/close', { id: this.id });
  }

  async conference() {
    return await this.fake.ask('POST', '/agents/{id}/conference', { id: this.id });
  }

  async consult(number) {
    return this.fake.call((await this.fake.ask('POST', '/agents/{id}/consult', { id: this.id }, { number })).id);
  }

  async dropParticipant(address) {
    return await this.fake.ask('POST', '/agents/{id}/drop-participant', { id: this.id }, { address });
  }

  async hangUp() {
    return await this.fake.ask('POST', '/agents/{id}/hang-up', { id: this.id });
  }

  async hold() {
    return await this.fake.ask('POST', '/agents/{id}/hold', { id: this.id });
  }

  async listenTo(agent) {
    return this.fake.call((await this.fake.ask('POST', '/agents/{id}/listen-to', { id: this.id }, { agent })).id);
  }

  async preview(campaign, number) {
    return this.fake.call((await this.fake.ask('POST', '/agents/{id}/preview', { id: this.id }, { campaign, number })).id);
  }

  async reclassify(classification) {
    return await this.fake.ask('POST', '/agents/{id}/reclassify', { id: this.id }, { classification });
  }

  async reject() {
    return await this.fake.ask('POST', '/agents/{id}/reject', { id: this.id });
  }

  async retrieve() {
    return await this.fake.ask('POST', '/agents/{id}/retrieve', { id: this.id });
  }

  async ring(from) {
    return this.fake.call((await this.fake.ask('POST', '/agents/{id}/ring', { id: this.id }, { from })).id);
  }

  async scheduleCallback(time) {
    return await this.fake.ask('POST', '/agents/{id}/schedule-callback', { id: this.id }, { time });
  }

  async sendDtmf(digits) {
    return await this.fake.ask('POST', '/agents/{id}/send-dtmf', { id: this.id }, { digits });
  }

  async startRecording() {
    return await this.fake.ask('POST', '/agents/{id}/start-recording', { id: this.id });
  }

  async transfer() {
    return await this.fake.ask('POST', '/agents/{id}/transfer', { id: this.id });
  }

  async transferTo(number) {
    return await this.fake.ask('POST', '/agents/{id}/transfer-to', { id: this.id }, { number });
  }
}

export class CallActs extends Handle {
  async answer() {
    return await this.fake.ask('POST', '/calls/{id}/answer', { id: this.id });
  }

  async fails(cause) {
    return await this.fake.ask('POST', '/calls/{id}/fails', { id: this.id }, { cause });
  }

  async hangUp() {
    return await this.fake.ask('POST', '/calls/{id}/hang-up', { id: this.id });
  }

  async hold() {
    return await this.fake.ask('POST', '/calls/{id}/hold', { id: this.id });
  }

  async otherSideAnswers() {
    return await this.fake.ask('POST', '/calls/{id}/other-side-answers', { id: this.id });
  }

  async otherSideHangsUp() {
    return await this.fake.ask('POST', '/calls/{id}/other-side-hangs-up', { id: this.id });
  }

  async retrieve() {
    return await this.fake.ask('POST', '/calls/{id}/retrieve', { id: this.id });
  }

  async setVariable(name, value) {
    return await this.fake.ask('POST', '/calls/{id}/set-variable', { id: this.id }, { name, value });
  }

  async setWrapUpReason(reason) {
    return await this.fake.ask('POST', '/calls/{id}/set-wrap-up-reason', { id: this.id }, { reason });
  }
}
