import { filterOptions, streamStart, uuidOption } from './read-messages.ts';
import { bool, embedded, int32, int64, message, repeated, string, uint32, uint64 } from './schema.ts';
import type { MessageOf } from './schema.ts';
import { empty, position, streamIdentifier, uuid } from './shared-messages.ts';

const settings = message({
  resolveLinks: bool(1),
  revision: uint64(2),
  extraStatistics: bool(3),
  messageTimeoutTicks: int64(4),
  maxRetryCount: int32(5),
  checkpointAfterTicks: int64(6),
  minCheckpointCount: int32(7),
  maxCheckpointCount: int32(8),
  maxSubscriberCount: int32(9),
  liveBufferSize: int32(10),
  readBatchSize: int32(11),
  historyBufferSize: int32(12),
  namedConsumerStrategy: uint32(13),
  messageTimeoutMs: int32(14),
  checkpointAfterMs: int32(15),
  consumerStrategy: string(16),
});
export type SettingsMessage = MessageOf<typeof settings>;

const groupOptions = message({
  streamIdentifier: embedded(1, streamIdentifier),
  groupName: string(2),
  settings: embedded(3, settings),
  stream: embedded(4, streamStart),
  all: embedded(
    5,
    message({
      position: embedded(1, position),
      start: embedded(2, empty),
      end: embedded(3, empty),
      filter: embedded(4, filterOptions),
      noFilter: embedded(5, empty),
    }),
  ),
});
export type GroupOptions = MessageOf<typeof groupOptions>;

/** Requests of Create and Update. An update has no filter. */
export const groupRequest = message({ options: embedded(1, groupOptions) });

export const deleteGroupRequest = message({
  options: embedded(
    1,
    message({ streamIdentifier: embedded(1, streamIdentifier), groupName: string(2), all: embedded(3, empty) }),
  ),
});

export const infoRequest = message({
  options: embedded(
    1,
    message({ streamIdentifier: embedded(1, streamIdentifier), all: embedded(2, empty), groupName: string(3) }),
  ),
});

export const listRequest = message({
  options: embedded(
    1,
    message({
      listAllSubscriptions: embedded(1, empty),
      listForStream: embedded(2, message({ stream: embedded(1, streamIdentifier), all: embedded(2, empty) })),
    }),
  ),
});

export const replayRequest = message({
  options: embedded(
    1,
    message({
      groupName: string(1),
      streamIdentifier: embedded(2, streamIdentifier),
      all: embedded(3, empty),
      stopAt: int64(4),
      noLimit: embedded(5, empty),
    }),
  ),
});

/** Messages of a consumer: options once, then acknowledgements. */
export const consumerRequest = message({
  options: embedded(
    1,
    message({
      streamIdentifier: embedded(1, streamIdentifier),
      groupName: string(2),
      bufferSize: int32(3),
      uuidOption: embedded(4, uuidOption),
      all: embedded(5, empty),
    }),
  ),
  ack: embedded(2, message({ ids: repeated(embedded(2, uuid)) })),
  nack: embedded(3, message({ ids: repeated(embedded(2, uuid)), action: uint32(3), reason: string(4) })),
});

export const NackAction = { UNKNOWN: 0, PARK: 1, RETRY: 2, SKIP: 3, STOP: 4 } as const;

/** First response to a consumer. Events have their own encoder. */
export const consumerResponse = message({
  subscriptionConfirmation: embedded(2, message({ subscriptionId: string(1) })),
});

const connectionInfo = message({
  from: string(1),
  username: string(2),
  averageItemsPerSecond: int32(3),
  totalItems: int64(4),
  countSinceLastMeasurement: int64(5),
  observedMeasurements: repeated(embedded(6, message({ key: string(1), value: int64(2) }))),
  availableSlots: int32(7),
  inFlightMessages: int32(8),
  connectionName: string(9),
});
export type ConnectionInfo = MessageOf<typeof connectionInfo>;

const subscriptionInfo = message({
  eventSource: string(1),
  groupName: string(2),
  status: string(3),
  connections: repeated(embedded(4, connectionInfo)),
  averagePerSecond: int32(5),
  totalItems: int64(6),
  countSinceLastMeasurement: int64(7),
  lastCheckpointedEventPosition: string(8),
  lastKnownEventPosition: string(9),
  resolveLinkTos: bool(10),
  startFrom: string(11),
  messageTimeoutMilliseconds: int32(12),
  extraStatistics: bool(13),
  maxRetryCount: int32(14),
  liveBufferSize: int32(15),
  bufferSize: int32(16),
  readBatchSize: int32(17),
  checkPointAfterMilliseconds: int32(18),
  minCheckPointCount: int32(19),
  maxCheckPointCount: int32(20),
  readBufferCount: int32(21),
  liveBufferCount: int64(22),
  retryBufferCount: int32(23),
  totalInFlightMessages: int32(24),
  outstandingMessagesCount: int32(25),
  namedConsumerStrategy: string(26),
  maxSubscriberCount: int32(27),
  parkedMessageCount: int64(28),
});
export type SubscriptionInfo = MessageOf<typeof subscriptionInfo>;

export const infoResponse = message({ subscriptionInfo: embedded(1, subscriptionInfo) });
export const listResponse = message({ subscriptions: repeated(embedded(1, subscriptionInfo)) });
