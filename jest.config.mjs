import { fileURLToPath } from 'node:url';

// Compiled code of the programs that tests start is kept: compiling costs half of a start.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url));

/**
 * Three projects, so that each kind of test can be run alone with `npm test -- --selectProjects NAME`:
 * `unit` (specs beside their source), `package` (the embedded node), `system` (test/: integration, end to end, faults).
 * A fourth, `claude`, needs the real Claude Code, and is run by `npm run test:claude`.
 */
const shared = {
  testEnvironment: 'node',
  setupFilesAfterEnv: ['<rootDir>/test/support/has-assertions.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2024',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
        module: { type: 'es6' },
      },
    ],
  },
};

const sharedPostgres = {
  globalSetup: '<rootDir>/test/support/shared-postgres.mjs',
  globalTeardown: '<rootDir>/test/support/end-shared-postgres.mjs',
};

const claude = {
  ...shared,
  ...sharedPostgres,
  displayName: 'claude',
  roots: ['<rootDir>/test/claude'],
  testMatch: ['**/*.test.ts'],
  setupFilesAfterEnv: [...shared.setupFilesAfterEnv, '<rootDir>/test/claude/support/patience.ts'],
};

export default {
  testTimeout: 60_000,
  // As many as a small machine has cores: three took as long there, and tests of deadlines had less of the machine than they allow for.
  maxWorkers: 2,
  // On a busy machine a worker with nothing left to do takes longer than the usual 500 ms to end.
  workerGracefulExitTimeout: 10_000,
  projects: [
    { ...shared, displayName: 'unit', roots: ['<rootDir>/src'], testMatch: ['**/*.spec.ts'] },
    { ...shared, displayName: 'package', roots: ['<rootDir>/packages'], testMatch: ['**/*.spec.ts', '**/*.test.ts'] },
    {
      ...shared,
      displayName: 'system',
      roots: ['<rootDir>/test'],
      testMatch: ['**/*.test.ts'],
      testPathIgnorePatterns: ['/test/claude/'],
      ...sharedPostgres,
    },
    ...(process.env.TEST_CLAUDE_PROGRAM ? [claude] : []),
  ],
};
