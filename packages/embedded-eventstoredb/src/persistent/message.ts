import type { RecordedEvent } from '../engine/engine.ts';

/** An event on its way through a group. */
export type GroupMessage = {
  /** The target of a link, or the record itself; undefined when a link leads nowhere. */
  readonly event: RecordedEvent | undefined;
  readonly link: RecordedEvent | undefined;
  /** Counts the events of the source, from 1; undefined for a parked one that is replayed. */
  readonly sequence: number | undefined;
  /** Where the record lies in the source: its revision, or its position in $all. */
  readonly place: bigint;
  /** The stream whose events Pinned keeps together. */
  readonly sourceStream: string;
  retryCount: number;
};

/** What consumers acknowledge: the id of the link when there is one. */
export const messageId = (message: GroupMessage): string => (message.link ?? message.event)!.id;
