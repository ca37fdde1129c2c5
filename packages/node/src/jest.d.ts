import type { FakeFinesse, Options } from './index.js';

/**
 * A fake for each test of this file or `describe`: started before it; after it, its expectations are judged and it is stopped.
 * The result stands for the fake of the test that runs.
 */
export declare function useFakeFinesse(options?: Options): FakeFinesse;
