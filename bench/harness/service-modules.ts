/** Modules taken from the built service: its PostgreSQL, its log, and how it writes events. */
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../../..');
export const SERVICE_MAIN = join(ROOT, 'dist/main.js');
export const NODE_CLI = join(ROOT, 'packages/embedded-eventstoredb/bin/embedded-eventstoredb.mjs');

interface Home {
  readonly data: string;
  readonly passwordFile: string;
  readonly runAs: object;
  readonly binaries: { readonly postgres: string };
}

interface GuardedProcess {
  readonly pid: number | undefined;
  readonly ended: Promise<string | null>;
  signal(signal: NodeJS.Signals): void;
}

interface Embedded {
  readonly openDataDir: (path: string) => Promise<object>;
  readonly locatePostgres: () => Promise<object>;
  readonly choosePostgresHome: (options: { dataDir: object; binaries: object; log: () => void }) => Promise<Home>;
  readonly ensureCluster: (home: Home, options: { durability: 'full' }) => Promise<string>;
  readonly spawnGuarded: (options: {
    program: string;
    args: readonly string[];
    runAs: object;
    whenOrphaned: 'shut-down';
    onLine: (line: string) => void;
  }) => GuardedProcess;
}

export interface EventToAppend {
  readonly id: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
}

interface Codec {
  readonly requestCodec: object;
  readonly record: (
    codec: object,
    events: readonly { type: string; data: object }[],
    command: { readonly id: string; readonly metadata: object },
    previousHash: string | null,
  ) => { events: readonly EventToAppend[]; hash: string | null };
  readonly streamOf: (category: string, requestId: string) => string;
}

interface Engine {
  append(request: {
    stream: string;
    expectedRevision: 'no_stream' | bigint;
    events: readonly object[];
  }): Promise<unknown>;
  close(): Promise<void>;
}

interface Store {
  tail(): Promise<unknown>;
  subscribe(request: { after: null; streamPrefix: string }): AsyncIterable<{
    readonly events: readonly object[];
    readonly caughtUp: boolean;
  }>;
  close(): Promise<void>;
}

type StoreOptions =
  | { readonly kind: 'embedded'; readonly path: string }
  | { readonly kind: 'eventstoredb'; readonly connectionString: string };

/** The service's access to the log, with its thread. */
export async function startStore(options: StoreOptions): Promise<Store> {
  const module = (await load('dist/infrastructure/event-store/store-thread.js')) as {
    startEventStore(options: StoreOptions): Promise<Store>;
  };
  return module.startEventStore(options);
}

export async function loadEmbedded(): Promise<Embedded> {
  const embedded = ['postgres-binaries', 'postgres-home', 'postgres-cluster'].map((file) => `embedded/${file}`);
  const files = ['process/data-dir', 'process/guarded-process', ...embedded];
  const modules = await Promise.all(files.map((file) => load(`dist/infrastructure/${file}.js`)));
  return Object.assign({}, ...modules) as Embedded;
}

export async function loadCodec(): Promise<Codec> {
  const files = ['automation/events/codec', 'event-sourcing/hash-chain', 'event-sourcing/streams'];
  const modules = files.map((file) => load(`dist/${file}.js`));
  return Object.assign({}, ...(await Promise.all(modules))) as Codec;
}

export async function openEngine(path: string): Promise<Engine> {
  const { Engine } = (await load('packages/embedded-eventstoredb/dist/engine/engine.js')) as {
    Engine: { open(options: { path: string }): Engine };
  };
  return Engine.open({ path });
}

function load(path: string): Promise<unknown> {
  return import(join(ROOT, path)) as Promise<unknown>;
}
