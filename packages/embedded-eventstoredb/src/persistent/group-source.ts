import type { Engine, RecordedEvent } from '../engine/engine.ts';
import { StreamDeletedError } from '../engine/engine.ts';
import { linkTarget, resolveLink } from '../engine/links.ts';
import { ALL } from './group-settings.ts';
import type { GroupConfig } from './group-settings.ts';
import type { GroupMessage } from './message.ts';

export type SourceBatch = { readonly records: RecordedEvent[]; readonly caughtUp: boolean };

/** Follows the group's source after a place. A tombstoned stream yields nothing and the iteration ends. */
export async function* followSource(
  engine: Engine,
  config: GroupConfig,
  after: bigint | 'start',
  signal: AbortSignal,
): AsyncGenerator<SourceBatch> {
  const maxBatch = Math.max(1, config.settings.readBatchSize);
  if (config.source === ALL) {
    const filter = config.filter ? { filter: config.filter } : {};
    for await (const batch of engine.subscribe({ after, maxBatch: Math.max(maxBatch, 100), signal, ...filter })) {
      yield { records: batch.events, caughtUp: batch.caughtUp };
    }
    return;
  }
  try {
    for await (const batch of engine.subscribeToStream({ stream: config.source, after, maxBatch, signal })) {
      yield { records: batch.events, caughtUp: batch.caughtUp };
    }
  } catch (error) {
    if (!(error instanceof StreamDeletedError)) throw error;
  }
}

/** Turns a record of the source into a message for consumers. */
export function toMessage(engine: Engine, config: GroupConfig, record: RecordedEvent, sequence: number): GroupMessage {
  const { event, link } = resolveLink(engine, record, config.settings.resolveLinks);
  return {
    event,
    link,
    sequence,
    place: config.source === ALL ? record.position : record.revision,
    sourceStream: linkTarget(record)?.stream ?? record.stream,
    retryCount: 0,
  };
}

/** Turns a parked link into a message to replay: always resolved, and acknowledged by the link's id. */
export function replayedMessage(engine: Engine, parked: RecordedEvent): GroupMessage {
  const { event, link } = resolveLink(engine, parked, true);
  return {
    event,
    link,
    sequence: undefined,
    place: parked.revision,
    sourceStream: event?.stream ?? parked.stream,
    retryCount: 0,
  };
}
