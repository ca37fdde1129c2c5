import type { TestAPI } from 'vitest';
import type { FakeFinesse, Options } from './index.js';

/**
 * A fake for each test of this file or `describe`: started before it; after it, its expectations are judged and it is stopped.
 * The result stands for the fake of the test that runs.
 */
export declare function useFakeFinesse(options?: Options): FakeFinesse;

/** `test('…', async ({ fake }) => …)` has a fake of its own. */
export declare const test: TestAPI<{ fake: FakeFinesse }>;

/** A `test` whose fakes have these options. */
export declare function testWith(options?: Options): typeof test;
