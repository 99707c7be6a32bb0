/**
 * Mutation testing of the domain, the kernel, the consumers, the guards and the validators. `npm run mutate` runs all of it, `npm run mutate -- --mutate
 * FILE,FILE` a part (braces in a glob do not work there: Stryker splits at the commas).
 * Results are kept in reports/mutation/, so that a later run only checks what has changed.
 */
export default {
  packageManager: 'npm',
  // Installed in this folder's own package, so that installing the service does not install it.
  plugins: ['@stryker-mutator/jest-runner'],
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--no-warnings'],
  jest: { projectType: 'custom', configFile: 'mutation/jest.config.mjs', enableFindRelatedTests: true },
  coverageAnalysis: 'perTest',
  mutate: [
    'src/automation/domain/*.ts',
    'src/event-sourcing/{codec,hash-chain,idempotency,seek,streams}.ts',
    // What they do with a real PostgreSQL is tested in test/integration/consumers, which takes a server.
    'src/infrastructure/consumers/{checkpoints,inbox,progress,read-barrier,runner}.ts',
    'src/infrastructure/{backoff,turns}.ts',
    'src/automation/projections/**/*-projection.ts',
    'src/automation/projections/requests/open-requests.ts',
    'src/automation/forwarding/*.ts',
    'src/automation/queries/list-sql.ts',
    'src/access/http/{attempt-tokens,caller}.ts',
    'src/automation/http/call.ts',
    'src/access/keys/{key-format,key-ring,keys-file}.ts',
    'src/infrastructure/security/signing.ts',
    'src/infrastructure/http/fields/{field-rules,query-rules,query-string,validation,https-url,instant}.ts',
    'src/infrastructure/http/json/*.ts',
    'src/infrastructure/http/conditional.ts',
    'src/infrastructure/http/pipeline/{request-head,route-table}.ts',
    '!src/**/*.spec.ts',
    '!src/automation/domain/errors.ts',
  ],
  // Texts for people are not tested here.
  mutator: { excludedMutations: ['StringLiteral'] },
  // Patterns at the top of a module are compiled once, so each of their mutants needs a run of all tests, which takes a night:
  // `npm run mutate -- --ignoreStatic false`.
  ignoreStatic: true,
  ignorePatterns: ['dist', 'dist.*', 'coverage', '.data', 'bench', 'mutation/node_modules', '.worker', '.demo'],
  concurrency: 2,
  // jest keeps every module it has loaded, so a process grows with each mutant, to gigabytes, and slows down.
  maxTestRunnerReuse: 60,
  timeoutMS: 20_000,
  incremental: true,
  incrementalFile: 'reports/mutation/incremental.json',
  tempDirName: '.stryker-tmp',
  reporters: ['clear-text', 'json', 'progress-append-only'],
  jsonReporter: { fileName: 'reports/mutation/report.json' },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  thresholds: { high: 95, low: 90, break: 85 },
};
