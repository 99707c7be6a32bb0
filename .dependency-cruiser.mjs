/** Which way imports go. `test/integration/structure/dependency-rules.test.ts` proves that each of these rules can go red. */
export default {
  forbidden: [
    {
      name: 'the-kernel-knows-no-stream-of-ours',
      comment: 'Requests, keys and refusals are its users. Of the rest it knows the port to the event store.',
      severity: 'error',
      from: { path: '^src/event-sourcing/' },
      to: {
        path: '^(src/|packages/)',
        pathNot: '^src/event-sourcing/|^src/infrastructure/event-store/event-store\\.ts$',
      },
    },
    {
      name: 'domain-stands-alone',
      comment: 'Pure functions over the events of a request.',
      severity: 'error',
      from: { path: '^src/automation/domain/', pathNot: '^src/automation/domain/testing/' },
      to: { path: '^(src/|packages/)|node_modules/', pathNot: '^src/automation/domain/' },
    },
    {
      name: 'events-know-domain-and-kernel',
      comment: 'How the events of the domain are stored and read again.',
      severity: 'error',
      from: { path: '^src/automation/events/' },
      to: {
        path: '^(src/|packages/)|node_modules/',
        pathNot:
          '^src/automation/(domain|events)/|^src/event-sourcing/|^src/infrastructure/event-store/event-store\\.ts$',
      },
    },
    {
      name: 'access-knows-no-automation',
      comment: 'Keys and refusals are event-sourced by the kernel, beside requests.',
      severity: 'error',
      from: { path: '^src/access/' },
      to: { path: '^src/automation/' },
    },
    {
      name: 'proof-knows-no-automation',
      comment: 'The tree holds events of every kind, and decides on none.',
      severity: 'error',
      from: { path: '^src/proof/' },
      to: { path: '^src/automation/' },
    },
    {
      name: 'commands-know-domain-and-event-store',
      severity: 'error',
      from: { path: '^src/automation/commands/' },
      to: {
        path: '^src/',
        pathNot:
          '^src/automation/(commands|domain|events)/|^src/event-sourcing/|^src/automation/workers/workers\\.ts$|^src/infrastructure/(event-store/|time-ordered-id\\.ts$)',
      },
    },
    {
      name: 'projections-and-queries-never-decide',
      comment: 'A read may look at the heads that the write side keeps, and call no command.',
      severity: 'error',
      from: { path: '^src/automation/(projections|queries|forwarding)/' },
      to: {
        path: '^src/automation/(commands|http)/',
        pathNot: '^src/automation/commands/(request-streams|submission-quota)\\.ts$',
      },
    },
    {
      name: 'http-knows-no-adapters',
      comment: 'Of the event store it may know the port, whose stored events it shows.',
      severity: 'error',
      from: { path: '^src/automation/http/' },
      to: {
        path: '^src/automation/(projections|forwarding)/|^src/infrastructure/(event-store/(?!event-store\\.ts)|(postgres|sqs|embedded|process|consumers)/)|^node_modules/(pg|@eventstore|@aws-sdk)',
        pathNot: '^src/automation/forwarding/deliveries\\.ts$',
      },
    },
    {
      name: 'infrastructure-is-generic',
      severity: 'error',
      from: { path: '^src/infrastructure/' },
      to: { path: '^src/(automation|access|configuration|event-sourcing|worker|cli)/|^src/[^/]+\\.ts$' },
    },
    {
      name: 'one-client-library-one-place',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/infrastructure/event-store/thread/eventstoredb' },
      to: { path: 'node_modules/@eventstore/' },
    },
    {
      name: 'configuration-knows-neither-service-nor-worker',
      comment: 'Both read their variables with it, and so does the command line.',
      severity: 'error',
      from: { path: '^src/configuration/' },
      to: { path: '^src/', pathNot: '^src/configuration/|^src/infrastructure/(observability|sqs)/' },
    },
    {
      name: 'worker-is-a-client',
      comment: 'The worker runs on another machine, and knows the service by its HTTP contract and the words of it.',
      severity: 'error',
      from: { path: '^src/worker/' },
      to: {
        path: '^src/',
        pathNot:
          '^src/(worker|agent-kit|client|configuration)/|^src/infrastructure/(observability|sqs|process)/|^src/automation/domain/request\\.ts$|^src/infrastructure/(security/secret-file|backoff|replace-file)\\.ts$|^src/version\\.ts$',
      },
    },
    {
      name: 'the-kit-stands-alone',
      comment: 'It is put into repositories that know nothing of the service.',
      severity: 'error',
      from: { path: '^src/agent-kit/' },
      to: { path: '^src/', pathNot: '^src/agent-kit/|^src/version\\.ts$|^src/infrastructure/replace-file\\.ts$' },
    },
    {
      name: 'client-stands-alone',
      comment: 'What others install to call the service brings nothing of it along.',
      severity: 'error',
      from: { path: '^src/client/' },
      to: { path: '^src/(?!client/)|^packages/' },
    },
    {
      name: 'the-package-knows-nothing-of-us',
      severity: 'error',
      from: { path: '^packages/embedded-eventstoredb/' },
      to: { path: '^src/' },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: { path: '^(src|packages)/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-circles-of-folders',
      comment: 'Types count too: of two folders that need each other, neither can be read first.',
      severity: 'error',
      scope: 'folder',
      from: { path: '^(src|packages)/' },
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Our own builds alone: many a library has its files in a folder of that name.
    exclude: { path: '^dist/|^packages/embedded-eventstoredb/dist/|\\.(test|spec)\\.ts$' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'node', 'default', 'types'],
    },
  },
};
