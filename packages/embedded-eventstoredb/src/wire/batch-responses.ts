import type { AppendResult } from '../engine/engine.ts';
import { ProtoWriter, varintBytes } from './proto-writer.ts';
import { embedded, message } from './schema.ts';
import { rpcStatus, streamIdentifier, toStreamIdentifier, uuid } from './shared-messages.ts';
import type { MessageOf } from './schema.ts';

const TAG = { correlationId: 0x0a, success: 0x1a, streamIdentifier: 0x22, uuidString: 0x12, streamName: 0x1a };
const SUCCESS_TAG = { currentRevision: 0x08, noStream: 0x12, position: 0x1a, noPosition: 0x22 };
const POSITION_TAG = { commit: 0x08, prepare: 0x10 };

/** The answer to a batch append that was written, now or earlier. */
export function encodeBatchSuccess(correlationId: string, stream: string, result: AppendResult): Buffer {
  const idBytes = Buffer.byteLength(correlationId);
  const nameBytes = Buffer.byteLength(stream);
  const revision = result.revision === 'no_stream' ? undefined : Number(result.revision);
  const position = result.position === undefined ? undefined : Number(result.position);
  const positionBytes = position === undefined ? 0 : 2 + 2 * varintBytes(position);
  const successBytes = (revision === undefined ? 2 : 1 + varintBytes(revision)) + 2 + positionBytes;
  const writer = new ProtoWriter(idBytes + nameBytes + successBytes + 32);
  writer.openMessage(TAG.correlationId, 1 + varintBytes(idBytes) + idBytes);
  writer.stringField(TAG.uuidString, correlationId, idBytes);
  writer.openMessage(TAG.success, successBytes);
  if (revision === undefined) {
    writer.openMessage(SUCCESS_TAG.noStream, 0);
  } else {
    writer.varint(SUCCESS_TAG.currentRevision);
    writer.varint(revision);
  }
  if (position === undefined) {
    writer.openMessage(SUCCESS_TAG.noPosition, 0);
  } else {
    writer.openMessage(SUCCESS_TAG.position, positionBytes);
    writer.varint(POSITION_TAG.commit);
    writer.varint(position);
    writer.varint(POSITION_TAG.prepare);
    writer.varint(position);
  }
  writer.openMessage(TAG.streamIdentifier, 1 + varintBytes(nameBytes) + nameBytes);
  writer.stringField(TAG.streamName, stream, nameBytes);
  return writer.finish();
}

const batchFailure = message({
  correlationId: embedded(1, uuid),
  error: embedded(2, rpcStatus),
  streamIdentifier: embedded(4, streamIdentifier),
});

/** The answer to a refused batch append. `detail` names a message of `event_store.client`. */
export function encodeBatchFailure(
  correlationId: string,
  stream: string | undefined,
  failure: { code: number; message: string; detail: string; value: Buffer },
): Buffer {
  const response: MessageOf<typeof batchFailure> = {
    correlationId: { string: correlationId },
    error: {
      code: failure.code,
      message: failure.message,
      details: { typeUrl: `type.googleapis.com/event_store.client.${failure.detail}`, value: failure.value },
    },
  };
  if (stream !== undefined) response.streamIdentifier = toStreamIdentifier(stream);
  return batchFailure.encode(response);
}
