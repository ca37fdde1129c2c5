// A fake for each test, for the hooks of node:test, Vitest and Jest.
import { FakeFinesse } from './fake.js';

/**
 * Starts a fake before each test, and judges its expectations and stops it after each. The result stands for the fake of the
 * test that runs.
 */
export function fakeOfEach({ beforeEach, afterEach }, options) {
  let fake;
  beforeEach(async () => {
    fake = await FakeFinesse.start(options);
  });
  afterEach(async () => {
    const ended = fake;
    fake = undefined;
    await ended?.[Symbol.asyncDispose]();
  });
  return new Proxy(Object.create(FakeFinesse.prototype), {
    get(_, name) {
      if (!fake) throw new Error(`there is a fake only while a test runs: read \`${String(name)}\` inside a test or a hook of one`);
      const value = Reflect.get(fake, name, fake);
      return typeof value === 'function' ? value.bind(fake) : value;
    },
  });
}
