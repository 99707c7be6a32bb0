import type { Engine } from '../engine/engine.ts';
import { Code, GrpcError } from '../grpc/grpc-error.ts';
import { groupFailed } from '../persistent/errors.ts';
import { ALL } from '../persistent/group-settings.ts';
import type { ConsumerStrategyName, GroupConfig, GroupSettings } from '../persistent/group-settings.ts';
import type { GroupOptions, SettingsMessage } from '../wire/persistent-messages.ts';
import { streamName } from '../wire/shared-messages.ts';
import type { Position, StreamIdentifier } from '../wire/shared-messages.ts';
import { readFilter } from './filter.ts';

const STRATEGIES: readonly ConsumerStrategyName[] = ['DispatchToSingle', 'RoundRobin', 'Pinned', 'PinnedByCorrelation'];
const TICKS_PER_MS = 10_000n;
const UINT64_MAX = 2n ** 64n - 1n;

/** Reads a request to create or update a group. Throws the status of a real server if it is invalid. */
export function readGroupConfig(engine: Engine, options: GroupOptions | undefined): GroupConfig {
  const { source, group } = readGroupName(options, options?.stream?.streamIdentifier);
  if (!options?.settings) throw new GrpcError(Code.UNKNOWN, 'The request has no settings');
  const startFrom = options.all ? readAllStart(options.all) : readStreamStart(options);
  if (typeof startFrom === 'bigint' && source === ALL && startFrom > engine.lastPosition()) {
    throw groupFailed(source, group, 'The start position is beyond the end of the log');
  }
  const settings = readSettings(options.settings, startFrom, source, group);
  const filter = options.all?.filter && readFilter(options.all.filter).filter;
  return { source, group, settings, filter, after: resolveStart(engine, source, startFrom) };
}

/** The source (`$all` or a stream) and the name of the group. */
export function readGroupName(
  options:
    { all?: unknown; streamIdentifier?: StreamIdentifier | undefined; groupName?: string | undefined } | undefined,
  otherStream?: StreamIdentifier,
): { source: string; group: string } {
  if (!options) throw new GrpcError(Code.UNKNOWN, 'The request has no options');
  const source = options.all ? ALL : (streamName(options.streamIdentifier) ?? streamName(otherStream));
  if (source === undefined) throw new GrpcError(Code.UNKNOWN, 'The request has neither a stream name nor all');
  return { source, group: options.groupName ?? '' };
}

function readSettings(
  message: SettingsMessage,
  startFrom: GroupSettings['startFrom'],
  source: string,
  group: string,
): GroupSettings {
  const named = message.consumerStrategy ?? '';
  const strategy = named === '' ? STRATEGIES[message.namedConsumerStrategy ?? 0] : named;
  if (!STRATEGIES.includes(strategy as ConsumerStrategyName)) {
    throw groupFailed(source, group, 'The consumer strategy is unknown');
  }
  const { readBatchSize = 0, historyBufferSize = 0 } = message;
  if (readBatchSize >= historyBufferSize) {
    throw groupFailed(source, group, 'The read batch must be smaller than the history buffer');
  }
  const milliseconds = (ms: number | undefined, ticks: bigint | undefined) =>
    ms ?? Number((ticks ?? 0n) / TICKS_PER_MS);
  return {
    resolveLinks: message.resolveLinks ?? false,
    extraStatistics: message.extraStatistics ?? false,
    messageTimeoutMs: milliseconds(message.messageTimeoutMs, message.messageTimeoutTicks),
    maxRetryCount: message.maxRetryCount ?? 0,
    checkpointAfterMs: milliseconds(message.checkpointAfterMs, message.checkpointAfterTicks),
    minCheckpointCount: message.minCheckpointCount ?? 0,
    maxCheckpointCount: message.maxCheckpointCount ?? 0,
    maxSubscriberCount: message.maxSubscriberCount ?? 0,
    liveBufferSize: message.liveBufferSize ?? 0,
    readBatchSize,
    historyBufferSize,
    strategy: strategy as ConsumerStrategyName,
    startFrom,
  };
}

/** Older clients send the start revision in the settings, newer ones with the stream. */
function readStreamStart({ stream, settings }: GroupOptions): bigint | 'start' | 'end' {
  if (stream?.start) return 'start';
  if (stream?.end) return 'end';
  const revision = stream?.revision ?? settings?.revision ?? 0n;
  return revision === UINT64_MAX ? 'end' : revision === 0n ? 'start' : revision;
}

function readAllStart(all: { position?: Position | undefined; start?: object | undefined }): bigint | 'start' | 'end' {
  if (all.start) return 'start';
  if (!all.position) return 'end';
  const { commitPosition = 0n, preparePosition = 0n } = all.position;
  if (preparePosition > commitPosition) {
    throw new GrpcError(Code.UNKNOWN, 'The prepare position must not be above the commit position');
  }
  return commitPosition === UINT64_MAX ? 'end' : commitPosition === 0n ? 'start' : commitPosition;
}

/** The place after which the group reads; `'end'` becomes the current end of the source. */
function resolveStart(engine: Engine, source: string, startFrom: bigint | 'start' | 'end'): bigint | 'start' {
  if (startFrom === 'start') return 'start';
  if (startFrom !== 'end') return startFrom === 0n ? 'start' : startFrom - 1n;
  if (source === ALL) return engine.lastPosition();
  const last = engine.lastRevision(source);
  return last < 0n ? 'start' : last;
}
