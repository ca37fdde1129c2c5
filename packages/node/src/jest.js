// Hooks for Jest.
import { afterEach, beforeEach } from '@jest/globals';
import { fakeOfEach } from './hooks.js';

export const useFakeFinesse = (options) => fakeOfEach({ beforeEach, afterEach }, options);
