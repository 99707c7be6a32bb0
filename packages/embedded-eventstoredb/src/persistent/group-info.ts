import type { SubscriptionInfo } from '../wire/persistent-messages.ts';
import type { Group } from './group.ts';
import { placeText, startText } from './group-settings.ts';

/** The statistics of a group, as shown to operators. */
export function groupInfo(group: Group): SubscriptionInfo {
  const { source, group: groupName, settings } = group.config;
  const state = group.state();
  const connections = [...group.consumers()].map((consumer) => consumer.info(settings.extraStatistics));
  const sum = (of: (connection: (typeof connections)[number]) => number) =>
    connections.reduce((total, connection) => total + of(connection), 0);
  return {
    eventSource: source,
    groupName,
    status: state.isLive ? 'Live' : 'Behind',
    connections,
    averagePerSecond: sum(({ averageItemsPerSecond = 0 }) => averageItemsPerSecond),
    totalItems: BigInt(sum(({ totalItems = 0n }) => Number(totalItems))),
    countSinceLastMeasurement: BigInt(sum(({ countSinceLastMeasurement: count = 0n }) => Number(count))),
    lastCheckpointedEventPosition: state.lastCheckpoint === undefined ? '' : placeText(source, state.lastCheckpoint),
    lastKnownEventPosition: state.lastKnown === undefined ? '' : placeText(source, state.lastKnown),
    resolveLinkTos: settings.resolveLinks,
    startFrom: startText(source, settings.startFrom),
    messageTimeoutMilliseconds: settings.messageTimeoutMs,
    extraStatistics: settings.extraStatistics,
    maxRetryCount: settings.maxRetryCount,
    liveBufferSize: settings.liveBufferSize,
    bufferSize: settings.historyBufferSize,
    readBatchSize: settings.readBatchSize,
    checkPointAfterMilliseconds: settings.checkpointAfterMs,
    minCheckPointCount: settings.minCheckpointCount,
    maxCheckPointCount: settings.maxCheckpointCount,
    readBufferCount: state.isLive ? 0 : state.waiting,
    liveBufferCount: BigInt(state.isLive ? state.waiting : 0),
    retryBufferCount: state.retrying,
    totalInFlightMessages: state.inFlight,
    outstandingMessagesCount: state.outstanding,
    namedConsumerStrategy: settings.strategy,
    maxSubscriberCount: settings.maxSubscriberCount,
    parkedMessageCount: BigInt(state.parked),
  };
}
