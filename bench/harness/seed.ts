import { randomUUID } from 'node:crypto';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { v7 } from 'uuid';
import type { Name } from './contestants.ts';
import { schemaOf } from './contestants.ts';
import type { Postgres } from './postgres.ts';
import { loadCodec, openEngine } from './service-modules.ts';

const TYPES = ['feature', 'bug', 'research', 'refactor'] as const;
const PRIORITIES = ['low', 'medium', 'high', 'critical'] as const;
const DESCRIPTION =
  'As described in the ticket: what is wrong, what it should be, and how one can tell that it is done. '.repeat(2);
const CATEGORY = 'automation_request';
const LONG_STREAM_EVENTS = 10_000;
/** Concurrent appends, so that the log commits them in groups. */
const AT_ONCE = 2_000;

/** Fills the tables that the baselines have created. The requests are a second apart, the last one now. */
export async function seedTables(postgres: Postgres, names: readonly Name[], rows: number): Promise<void> {
  const [first, ...others] = names.filter((name) => name !== 'p0');
  if (first === undefined) return;
  const pick = (values: readonly string[]): string => `(ARRAY['${values.join("','")}'])[1 + n % ${values.length}]`;
  const source = `${schemaOf(first)}.requests`;
  await postgres.query(`
    INSERT INTO ${source}
      (id, type, priority, title, description, status, attempt, milestones, retry_count, created_at, last_update, created_by, version)
    SELECT uuidv7(age), ${pick(TYPES)}, ${pick(PRIORITIES)}, 'Request number ' || n, '${DESCRIPTION}', 'pending', 0, '[]', 0,
      now() + age, now() + age, 'anonymous', 0
    FROM (SELECT n, (n - ${rows}) * interval '1 second' AS age FROM generate_series(1, ${rows}) n) AS series`);
  for (const name of others) await postgres.query(`INSERT INTO ${schemaOf(name)}.requests SELECT * FROM ${source}`);
  for (const name of [first, ...others]) {
    if (name === 'p2') await seedStreams(postgres);
    else await seedHistory(postgres, schemaOf(name));
    await postgres.query(`VACUUM ANALYZE ${schemaOf(name)}.requests`);
  }
}

async function seedHistory(postgres: Postgres, schema: string): Promise<void> {
  await postgres.query(`
    INSERT INTO ${schema}.request_history (request_id, version, changes, changed_at, changed_by)
    SELECT id, 0, jsonb_build_object('type', type, 'title', title, 'description', description), created_at, created_by
    FROM ${schema}.requests ON CONFLICT DO NOTHING`);
  await postgres.query(`VACUUM ANALYZE ${schema}.request_history`);
}

/** Writes the streams that Emmett would have written. */
async function seedStreams(postgres: Postgres): Promise<void> {
  await postgres.query(`
    INSERT INTO p2.emt_streams (stream_id, stream_position, stream_type, stream_metadata)
    SELECT 'request-' || id, 1, 'request', '{}' FROM p2.requests ON CONFLICT DO NOTHING`);
  await postgres.query(`
    INSERT INTO p2.emt_messages (stream_position, transaction_id, stream_id, message_schema_version, message_id,
      message_type, message_data, message_metadata)
    SELECT 1, pg_current_xact_id(), 'request-' || id, '1', gen_random_uuid(), 'RequestSubmitted', to_jsonb(r), '{}'
    FROM p2.requests r ORDER BY created_at ON CONFLICT DO NOTHING`);
  await postgres.query('VACUUM ANALYZE p2.emt_messages');
}

/** What the log was filled with. */
export interface SeededLog {
  /** The request whose stream has 10,000 events. */
  readonly longStream: string;
}

/** Writes a log as the service would have written it, for both ways to it. */
export async function seedLogs(folder: string, rows: number): Promise<SeededLog> {
  const dataDir = join(folder, 'in-process');
  const log = await seedLog(dataDir, rows);
  await cp(join(dataDir, 'eventstore'), join(folder, 'node'), { recursive: true });
  return log;
}

/** What happens to a request after its submission, as far as it gets. */
const LATER = [
  { type: 'PlanningStarted', data: {} },
  { type: 'PhaseNoted', data: { current_phase: 'milestone 1 of 1: middleware' } },
  { type: 'SessionAttached', data: { session_id: 'b6a4e1d2-session' } },
  { type: 'ImplementationStarted', data: {} },
  { type: 'ReviewStarted', data: {} },
  { type: 'RequestCompleted', data: {} },
];

/** Writes the log of a data folder. Each request has up to seven events; one more has 10,000. */
export async function seedLog(dataDir: string, rows: number, eventsPerRequest = 1): Promise<SeededLog> {
  const { requestCodec, record, streamOf } = await loadCodec();
  const path = join(dataDir, 'eventstore');
  await mkdir(path, { recursive: true });
  const engine = await openEngine(path);
  const metadata = (at: number) => ({
    $correlationId: randomUUID(),
    $causationId: randomUUID(),
    principal: 'anonymous',
    call_id: randomUUID(),
    occurred_at: new Date(at).toISOString(),
    schema_version: 1,
  });
  const bytes = (event: { data: string; metadata: string }) => ({
    ...event,
    isJson: true,
    data: Buffer.from(event.data),
    metadata: Buffer.from(event.metadata),
  });
  const begin = Date.now() - rows * 1_000;
  const submission = (n: number) => ({
    type: 'RequestSubmitted',
    data: {
      type: TYPES[n % TYPES.length],
      priority: PRIORITIES[n % PRIORITIES.length],
      title: `Request number ${n}`,
      description: DESCRIPTION,
    },
  });

  for (let n = 0; n < rows; n += AT_ONCE) {
    const appends = Array.from({ length: Math.min(AT_ONCE, rows - n) }, (_, i) => {
      const at = begin + (n + i) * 1_000;
      const command = { id: randomUUID(), metadata: metadata(at) };
      const happened = [submission(n + i), ...LATER.slice(0, eventsPerRequest - 1)];
      const { events } = record(requestCodec, happened, command, null);
      const stream = streamOf(CATEGORY, v7({ msecs: at }));
      return engine.append({ stream, expectedRevision: 'no_stream', events: events.map(bytes) });
    });
    await Promise.all(appends);
  }

  const longStream = v7();
  let hash: string | null = null;
  for (let n = 0; n < LONG_STREAM_EVENTS; n += 100) {
    const events = Array.from({ length: 100 }, (_, i) =>
      n + i === 0 ? submission(0) : { type: 'PhaseNoted', data: { current_phase: `step ${n + i}` } },
    );
    const recorded = record(requestCodec, events, { id: randomUUID(), metadata: metadata(Date.now()) }, hash);
    hash = recorded.hash;
    const expectedRevision = n === 0 ? 'no_stream' : BigInt(n - 1);
    await engine.append({
      stream: streamOf(CATEGORY, longStream),
      expectedRevision,
      events: recorded.events.map(bytes),
    });
  }
  await engine.close();
  return { longStream };
}
