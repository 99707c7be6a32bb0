import { beforeEach, expect } from '@jest/globals';

/** A test that asserts nothing cannot fail, so it fails. */
beforeEach(() => expect.hasAssertions());
