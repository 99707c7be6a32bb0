import { embedded, message, uint64 } from './schema.ts';
import type { MessageOf } from './schema.ts';
import { empty, position, streamIdentifier } from './shared-messages.ts';

/** The oneof of expected revisions in Append, Delete and Tombstone. */
const target = message({
  streamIdentifier: embedded(1, streamIdentifier),
  revision: uint64(2),
  noStream: embedded(3, empty),
  any: embedded(4, empty),
  streamExists: embedded(5, empty),
});
export type WriteTarget = MessageOf<typeof target>;
export const writeTarget = target;

/** Request of Streams.Delete and Streams.Tombstone. */
export const removeRequest = message({ options: embedded(1, target) });

/** Response of Streams.Delete and Streams.Tombstone. */
export const removeResponse = message({ position: embedded(1, position), noPosition: embedded(2, empty) });

const wrongExpectedVersion = message({
  currentRevision: uint64(6),
  currentNoStream: embedded(7, empty),
  expectedRevision: uint64(8),
  expectedAny: embedded(9, empty),
  expectedStreamExists: embedded(10, empty),
  expectedNoStream: embedded(11, empty),
});

/** Response of Streams.Append. */
export const appendResponse = message({
  success: embedded(
    1,
    message({
      currentRevision: uint64(1),
      noStream: embedded(2, empty),
      position: embedded(3, position),
      noPosition: embedded(4, empty),
    }),
  ),
  wrongExpectedVersion: embedded(2, wrongExpectedVersion),
});
