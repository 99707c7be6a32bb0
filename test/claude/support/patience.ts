import { jest } from '@jest/globals';

/** A run is many processes, one after the other: on a busy machine that takes its time. */
jest.setTimeout(240_000);
