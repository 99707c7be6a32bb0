import { bool, embedded, message, repeated, string, uint32, uint64 } from './schema.ts';
import type { MessageOf } from './schema.ts';
import { empty, position, streamIdentifier } from './shared-messages.ts';

/** How to send ids. Neither option set means structured. */
export const uuidOption = message({ structured: embedded(1, empty), string: embedded(2, empty) });

export const filterOptions = message({
  streamIdentifier: embedded(1, message({ regex: string(1), prefix: repeated(string(2)) })),
  eventType: embedded(2, message({ regex: string(1), prefix: repeated(string(2)) })),
  max: uint32(3),
  count: embedded(4, empty),
  checkpointIntervalMultiplier: uint32(5),
});
export type FilterOptions = MessageOf<typeof filterOptions>;

export const streamStart = message({
  streamIdentifier: embedded(1, streamIdentifier),
  revision: uint64(2),
  start: embedded(3, empty),
  end: embedded(4, empty),
});
export type StreamStart = MessageOf<typeof streamStart>;

export const allStart = message({
  position: embedded(1, position),
  start: embedded(2, empty),
  end: embedded(3, empty),
});
export type AllStart = MessageOf<typeof allStart>;

const readOptions = message({
  stream: embedded(1, streamStart),
  all: embedded(2, allStart),
  readDirection: uint32(3),
  resolveLinks: bool(4),
  count: uint64(5),
  subscription: embedded(6, empty),
  filter: embedded(7, filterOptions),
  noFilter: embedded(8, empty),
  uuidOption: embedded(9, uuidOption),
  controlOption: embedded(10, message({ compatibility: uint32(1) })),
});
export type ReadOptions = MessageOf<typeof readOptions>;

/** Request of Streams.Read. */
export const readRequest = message({ options: embedded(1, readOptions) });

/** Every response of Streams.Read except events, which have their own encoder. */
export const readResponse = message({
  confirmation: embedded(2, message({ subscriptionId: string(1) })),
  checkpoint: embedded(3, position),
  streamNotFound: embedded(4, message({ streamIdentifier: embedded(1, streamIdentifier) })),
  firstStreamPosition: uint64(5),
  lastStreamPosition: uint64(6),
  lastAllStreamPosition: embedded(7, position),
  caughtUp: embedded(8, empty),
});
