// A fake Cisco Finesse notification server for tests of clients.
export { ExpectationNotMet, FakeError } from './ask.js';
export { FakeFinesse } from './fake.js';
export { Agent, Call, Queue } from './handles.js';
export { program } from './program.js';
