// Hooks and a fixture for Vitest.
import { afterEach, beforeEach, test as base } from 'vitest';
import { FakeFinesse } from './fake.js';
import { fakeOfEach } from './hooks.js';

export const useFakeFinesse = (options) => fakeOfEach({ beforeEach, afterEach }, options);

export const testWith = (options) =>
  base.extend({
    // Vitest reads the pattern of the parameter, also an empty one.
    fake: async ({}, use) => {
      const fake = await FakeFinesse.start(options);
      try {
        await use(fake);
        await fake.verify();
      } finally {
        await fake.stop();
      }
    },
  });

export const test = testWith();
