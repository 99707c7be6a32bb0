import type { Engine } from '../engine/engine.ts';
import type { GrpcCall } from '../grpc/grpc-call.ts';
import { Code, GrpcError } from '../grpc/grpc-error.ts';
import type { Handler } from '../grpc/grpc-server.ts';
import { oneMessage } from '../grpc/unary.ts';
import type { IdForm } from '../wire/event-responses.ts';
import { readRequest } from '../wire/read-messages.ts';
import type { AllStart, ReadOptions, StreamStart } from '../wire/read-messages.ts';
import { streamName } from '../wire/shared-messages.ts';
import { toStatus } from './engine-errors.ts';
import { readFilter } from './filter.ts';
import type { ReadFilter } from './filter.ts';
import { readAll } from './read-all.ts';
import { readOneStream } from './read-stream.ts';
import { subscribeToAll } from './subscribe-to-all.ts';
import { subscribeToStream } from './subscribe-to-stream.ts';

/** How to deliver the events of a read. */
export type Delivery = {
  readonly engine: Engine;
  readonly call: GrpcCall;
  readonly idForm: IdForm;
  readonly resolveLinks: boolean;
};

export type StreamSource = { readonly stream: string; readonly from: bigint | 'start' | 'end' };

/** A position in $all. `prepare` below `commit` means just before the event at `commit`. */
export type AllSource = { readonly from: { commit: bigint; prepare: bigint } | 'start' | 'end' };

const FORWARDS = 0;
const BACKWARDS = 1;

/** Streams.Read in its four variants: a stream or $all, read once or followed. */
export const read =
  (engine: Engine): Handler =>
  async (call) => {
    const { options } = readRequest.decode(await oneMessage(call));
    if (!options) throw new GrpcError(Code.UNKNOWN, 'The request has no options');
    try {
      await serve(engine, call, options);
    } catch (error) {
      throw toStatus(error);
    }
  };

async function serve(engine: Engine, call: GrpcCall, options: ReadOptions): Promise<void> {
  const direction = readDirection(options);
  const { subscription, count } = options;
  if (!subscription && count === undefined) throw invalid('The request has neither a count nor a subscription');
  if (!options.filter && !options.noFilter) throw invalid('The request has neither a filter nor no_filter');
  if (!options.stream && !options.all) throw invalid('The request has neither a stream nor all');
  if (subscription && direction === 'backwards') throw invalid('A subscription cannot read backwards');
  if (options.stream && options.filter) throw invalid('A read of one stream cannot be filtered');
  if (!options.uuidOption) throw new GrpcError(Code.UNKNOWN, 'The request does not say how to send ids');
  const idForm: IdForm = options.uuidOption.string ? 'string' : 'structured';
  const delivery: Delivery = { engine, call, idForm, resolveLinks: options.resolveLinks ?? false };
  if (options.stream) {
    const source = readStreamSource(options.stream);
    if (subscription) return subscribeToStream(delivery, source);
    const withEnd = (options.controlOption?.compatibility ?? 0) > 0 && direction === 'forwards';
    return readOneStream(delivery, source, { direction, count: readCount(count), withEnd });
  }
  const source = readAllSource(options.all!);
  const filter: ReadFilter | undefined = options.filter && readFilter(options.filter);
  if (subscription) return subscribeToAll(delivery, source, filter);
  return readAll(delivery, source, { direction, count: readCount(count), filter });
}

const invalid = (message: string): GrpcError => new GrpcError(Code.INVALID_ARGUMENT, message);

function readDirection({ readDirection: direction = FORWARDS }: ReadOptions): 'forwards' | 'backwards' {
  if (direction === FORWARDS) return 'forwards';
  if (direction === BACKWARDS) return 'backwards';
  throw invalid(`Direction ${direction} is unknown`);
}

/** Counts above 2^53 mean no limit. A count of 0 is refused; a real server sends nothing, which is worse. */
function readCount(count: bigint | undefined): number {
  if (count === undefined || count === 0n) throw new GrpcError(Code.UNKNOWN, 'The count must be at least 1');
  return count > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(count);
}

function readStreamSource(source: StreamStart): StreamSource {
  const stream = streamName(source.streamIdentifier);
  if (stream === undefined) throw new GrpcError(Code.UNKNOWN, 'The request has no stream name');
  if (source.start) return { stream, from: 'start' };
  if (source.end || source.revision === 2n ** 64n - 1n) return { stream, from: 'end' };
  if (source.revision === undefined) throw new GrpcError(Code.UNKNOWN, 'The request does not say where to start');
  return { stream, from: source.revision };
}

function readAllSource(source: AllStart): AllSource {
  if (source.start) return { from: 'start' };
  if (source.end) return { from: 'end' };
  if (!source.position) throw new GrpcError(Code.UNKNOWN, 'The request does not say where to start');
  const { commitPosition: commit = 0n, preparePosition: prepare = 0n } = source.position;
  if (prepare > commit) throw new GrpcError(Code.UNKNOWN, 'The prepare position must not be above the commit position');
  return { from: commit === 2n ** 64n - 1n ? 'end' : { commit, prepare } };
}
