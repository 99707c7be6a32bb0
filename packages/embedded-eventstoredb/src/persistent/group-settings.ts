import type { EventFilter } from '../engine/engine.ts';

export type ConsumerStrategyName = 'DispatchToSingle' | 'RoundRobin' | 'Pinned' | 'PinnedByCorrelation';

/** What a group was created or updated with. Times are in milliseconds. */
export type GroupSettings = {
  readonly resolveLinks: boolean;
  readonly extraStatistics: boolean;
  readonly messageTimeoutMs: number;
  readonly maxRetryCount: number;
  readonly checkpointAfterMs: number;
  readonly minCheckpointCount: number;
  readonly maxCheckpointCount: number;
  /** 0 for any number. */
  readonly maxSubscriberCount: number;
  readonly liveBufferSize: number;
  readonly readBatchSize: number;
  readonly historyBufferSize: number;
  readonly strategy: ConsumerStrategyName;
  /** Inclusive. For $all a position, for a stream a revision. */
  readonly startFrom: bigint | 'start' | 'end';
};

/** The name under which groups to all streams are kept. */
export const ALL = '$all';

/** A group as it is kept: `source` is a stream or `$all`. */
export type GroupConfig = {
  readonly source: string;
  readonly group: string;
  readonly settings: GroupSettings;
  readonly filter: EventFilter | undefined;
  /**
   * Where the group begins while it has no checkpoint, exclusive. `'end'` was resolved when the group was made, so
   * that a restart before the first checkpoint skips nothing.
   */
  readonly after: bigint | 'start';
};

export const groupId = (source: string, group: string): string => `${source}::${group}`;
export const checkpointStream = (id: string): string => `$persistentsubscription-${id}-checkpoint`;
export const parkedStream = (id: string): string => `$persistentsubscription-${id}-parked`;

/** A place as it is printed in checkpoints and statistics: a revision, or both parts of a position. */
export const placeText = (source: string, place: bigint): string =>
  source === ALL ? `C:${place}/P:${place}` : String(place);

/** The place that a checkpoint's text names; undefined when it is none. */
export function parsePlace(text: string): bigint | undefined {
  const match = /^(?:C:(\d+)\/P:\d+|(\d+))$/.exec(text);
  return match ? BigInt(match[1] ?? match[2]!) : undefined;
}

export function startText(source: string, startFrom: GroupSettings['startFrom']): string {
  const place = startFrom === 'start' ? 0n : startFrom === 'end' ? -1n : startFrom;
  return placeText(source, place);
}
