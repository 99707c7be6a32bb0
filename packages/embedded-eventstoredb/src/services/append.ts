import { BadRequestError, WrongExpectedRevisionError } from '../engine/engine.ts';
import type { AppendResult, Engine, ExpectedRevision, NewEvent } from '../engine/engine.ts';
import { canonicalEventId } from '../engine/event-id.ts';
import type { GrpcCall } from '../grpc/grpc-call.ts';
import { Code, GrpcError } from '../grpc/grpc-error.ts';
import type { Handler } from '../grpc/grpc-server.ts';
import { decodeAppendRequest } from '../wire/append-requests.ts';
import type { ProposedEvent } from '../wire/append-requests.ts';
import { appendResponse } from '../wire/write-messages.ts';
import { maxAppendSizeStatus, toStatus } from './engine-errors.ts';
import { readTarget } from './expectation.ts';
import { eventBytes, toNewEvent } from './proposed-event.ts';
import { withinWriteTimeout } from './write-timeout.ts';

/**
 * Streams.Append: options, then one event per message. Answered when the client half-closes, or at the first error. The
 * request does not say how many events will follow, so a cancelled append must not be mistaken for a shorter one.
 */
export const append =
  (engine: Engine): Handler =>
  async (call) => {
    const request = await readRequest(call, engine.maxAppendSize);
    if (!(await call.isMeant())) return;
    try {
      call.send(encodeSuccess(await withinWriteTimeout(engine.append(request))));
    } catch (error) {
      if (error instanceof WrongExpectedRevisionError) call.send(encodeWrongExpectedVersion(error));
      else throw toStatus(error);
    }
    call.end();
  };

type AppendRequest = { stream: string; expectedRevision: ExpectedRevision; events: NewEvent[] };

function readRequest(call: GrpcCall, maxAppendSize: number): Promise<AppendRequest> {
  return new Promise((resolve, reject) => {
    let target: ReturnType<typeof readTarget> | undefined;
    const events: NewEvent[] = [];
    let bytes = 0;
    const onMessage = (message: Buffer): void => {
      const part = decodeAppendRequest(message);
      if (!target) {
        target = readTarget(part.options);
        return;
      }
      if (!part.event) return;
      const event = readEvent(part.event);
      events.push(event);
      bytes += eventBytes(event);
      if (bytes > maxAppendSize) throw maxAppendSizeStatus(maxAppendSize);
    };
    call.receive(onMessage, () => {
      if (target) resolve({ ...target, events });
      else reject(new GrpcError(Code.UNKNOWN, 'The request has no options'));
    });
  });
}

function readEvent(proposed: ProposedEvent): NewEvent {
  if (proposed.id === undefined || canonicalEventId(proposed.id) === undefined) {
    throw new GrpcError(Code.UNKNOWN, 'An event needs an id that is a GUID');
  }
  if (proposed.type === undefined || proposed.contentType === undefined) {
    throw new GrpcError(Code.INVALID_ARGUMENT, 'An event needs a type and a content type', {
      exception: 'missing-required-metadata-property',
      'required-metadata-properties': 'type,content-type',
    });
  }
  try {
    return toNewEvent(proposed);
  } catch (error) {
    if (error instanceof BadRequestError) throw new GrpcError(Code.UNKNOWN, error.message);
    throw error;
  }
}

function encodeSuccess({ revision, position }: AppendResult): Buffer {
  return appendResponse.encode({
    success: {
      ...(revision === 'no_stream' ? { noStream: {} } : { currentRevision: revision }),
      ...(position === undefined
        ? { noPosition: {} }
        : { position: { commitPosition: position, preparePosition: position } }),
    },
  });
}

function encodeWrongExpectedVersion({ expected, actual }: WrongExpectedRevisionError): Buffer {
  const expectation =
    expected === 'any'
      ? { expectedAny: {} }
      : expected === 'no_stream'
        ? { expectedNoStream: {} }
        : expected === 'stream_exists'
          ? { expectedStreamExists: {} }
          : { expectedRevision: expected };
  const current = actual === 'no_stream' ? { currentNoStream: {} } : { currentRevision: actual };
  return appendResponse.encode({ wrongExpectedVersion: { ...current, ...expectation } });
}
