// Agents, calls and queues have a fake and an id in common.
export class Handle {
  constructor(fake, id) {
    this.fake = fake;
    this.id = id;
  }
}
