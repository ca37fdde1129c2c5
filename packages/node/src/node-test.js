// Hooks for node:test.
import { afterEach, beforeEach } from 'node:test';
import { fakeOfEach } from './hooks.js';

export const useFakeFinesse = (options) => fakeOfEach({ beforeEach, afterEach }, options);
