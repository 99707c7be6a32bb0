import jestConfig from '../jest.config.mjs';

/** Only the specs beside the sources: a mutant should be killed near its code, and there are many mutants. */
const [unit] = jestConfig.projects;

export default {
  ...unit,
  displayName: undefined,
  rootDir: '..',
  roots: ['<rootDir>/src'],
  testMatch: ['**/src/{access,automation,event-sourcing}/**/*.spec.ts', '**/src/infrastructure/**/*.spec.ts'],
  testPathIgnorePatterns: ['event-store/'],
  testTimeout: 30_000,
  testRunner: '<rootDir>/mutation/jest-circus-to-first-failure.mjs',
  testSequencer: '<rootDir>/mutation/small-files-first.mjs',
  setupFiles: ['<rootDir>/mutation/shrink-nothing.mjs'],
};
