import type { EventFilter } from '../engine/engine.ts';

export type ConsumerStrategyName = 'DispatchToSingle' | 'RoundRobin' | 'Pinned' | 'PinnedByCorrelation';

/** Settings of a group. Times are in milliseconds. */
export type GroupSettings = {
  readonly resolveLinks: boolean;
  readonly extraStatistics: boolean;
  readonly messageTimeoutMs: number;
  readonly maxRetryCount: number;
  readonly checkpointAfterMs: number;
  readonly minCheckpointCount: number;
  readonly maxCheckpointCount: number;
  /** 0 for no limit. */
  readonly maxSubscriberCount: number;
  readonly liveBufferSize: number;
  readonly readBatchSize: number;
  readonly historyBufferSize: number;
  readonly strategy: ConsumerStrategyName;
  /** Inclusive: a position for $all, a revision for a stream. */
  readonly startFrom: bigint | 'start' | 'end';
};

/** The source name of groups that read $all. */
export const ALL = '$all';

/** A stored group. `source` is a stream or `$all`. */
export type GroupConfig = {
  readonly source: string;
  readonly group: string;
  readonly settings: GroupSettings;
  readonly filter: EventFilter | undefined;
  /**
   * Start of a group without a checkpoint, exclusive. `'end'` is resolved when the group is created, so that a restart
   * before the first checkpoint skips nothing.
   */
  readonly after: bigint | 'start';
};

export const groupId = (source: string, group: string): string => `${source}::${group}`;
export const checkpointStream = (id: string): string => `$persistentsubscription-${id}-checkpoint`;
export const parkedStream = (id: string): string => `$persistentsubscription-${id}-parked`;

/** A place as printed in checkpoints and statistics: a revision, or both parts of a position. */
export const placeText = (source: string, place: bigint): string =>
  source === ALL ? `C:${place}/P:${place}` : String(place);

/** Parses the text of a checkpoint; undefined if it is invalid. */
export function parsePlace(text: string): bigint | undefined {
  const match = /^(?:C:(\d+)\/P:\d+|(\d+))$/.exec(text);
  return match ? BigInt(match[1] ?? match[2]!) : undefined;
}

export function startText(source: string, startFrom: GroupSettings['startFrom']): string {
  const place = startFrom === 'start' ? 0n : startFrom === 'end' ? -1n : startFrom;
  return placeText(source, place);
}
