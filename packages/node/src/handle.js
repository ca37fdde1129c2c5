// What agents, calls and queues have in common: a fake, and an id.
export class Handle {
  constructor(fake, id) {
    this.fake = fake;
    this.id = id;
  }
}
