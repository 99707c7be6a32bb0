import type { RecordedEvent } from '../engine/engine.ts';

/** An event on its way to a consumer. */
export type GroupMessage = {
  /** The target of a link, or the record itself; undefined if the link's target does not exist. */
  readonly event: RecordedEvent | undefined;
  readonly link: RecordedEvent | undefined;
  /** Number of the event in the source, from 1; undefined for a replayed message. */
  readonly sequence: number | undefined;
  /** Place of the record in the source: its revision, or its position in $all. */
  readonly place: bigint;
  /** The stream whose events the Pinned strategy keeps together. */
  readonly sourceStream: string;
  retryCount: number;
};

/** Approximate memory of a message, in bytes. */
export const messageBytes = ({ event, link }: GroupMessage): number => recordBytes(event) + recordBytes(link) + 512;

const recordBytes = (record: RecordedEvent | undefined): number =>
  record ? record.data.length + record.metadata.length : 0;

/** The id that consumers acknowledge: that of the link, if there is one. */
export const messageId = (message: GroupMessage): string => (message.link ?? message.event)!.id;
