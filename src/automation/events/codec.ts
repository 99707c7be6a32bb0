import type { EventToAppend, StoredEvent } from '../../infrastructure/event-store/event-store.ts';
import type { RecordedRequestEvent, RequestEvent, RequestEventType } from './events.ts';
import type { EventMetadata, UnhashedMetadata } from './metadata.ts';
import { canonicalJson, hashEvent } from './metadata.ts';

/** The schema version that events are written with today. */
export const SCHEMA_VERSION = 1;

/**
 * The stored names of the events, apart from their TypeScript names: a stored name never changes. A change of shape beyond an added
 * field gets a new name here (`….v2`) and an upcaster in {@link decodeEvent}.
 */
const STORED_TYPES: Readonly<Record<RequestEventType, string>> = {
  RequestSubmitted: 'RequestSubmitted',
  RequestDetailsRevised: 'RequestDetailsRevised',
  RequestClaimed: 'RequestClaimed',
  PlanningStarted: 'PlanningStarted',
  ImplementationStarted: 'ImplementationStarted',
  TestingStarted: 'TestingStarted',
  ReviewStarted: 'ReviewStarted',
  DeploymentStarted: 'DeploymentStarted',
  RequestBlocked: 'RequestBlocked',
  BlockRevised: 'BlockRevised',
  RequestUnblocked: 'RequestUnblocked',
  CompletionClaimed: 'CompletionClaimed',
  CompletionClaimVoided: 'CompletionClaimVoided',
  RequestCompleted: 'RequestCompleted',
  RequestFailed: 'RequestFailed',
  RequestCancelled: 'RequestCancelled',
  RequestRequeued: 'RequestRequeued',
  PhaseNoted: 'PhaseNoted',
  SessionAttached: 'SessionAttached',
  PlanAttached: 'PlanAttached',
  MilestonesPlanned: 'MilestonesPlanned',
  MilestoneStatusChanged: 'MilestoneStatusChanged',
  PullRequestOpened: 'PullRequestOpened',
  TestResultsRecorded: 'TestResultsRecorded',
  ErrorNoted: 'ErrorNoted',
  FieldsCleared: 'FieldsCleared',
  AttemptProgressed: 'AttemptProgressed',
  AttemptEnded: 'AttemptEnded',
  AttemptReportedLate: 'AttemptReportedLate',
  AttemptLost: 'AttemptLost',
};

const TYPE_OF_STORED = new Map(
  Object.entries(STORED_TYPES).map(([type, stored]) => [stored, type as RequestEventType] as const),
);

/** The stored names, for those who ask for events by type. */
export const STORED_EVENT_TYPES: readonly string[] = [...TYPE_OF_STORED.keys()];

/** An event of a type this version does not know: from a newer version of the service, or not ours. */
export class UnknownEventType extends Error {
  readonly code = 'unknown-event-type';
  constructor(type: string) {
    super(`Events of type ${type.slice(0, 64)} are not known to this version.`);
    this.name = 'UnknownEventType';
  }
}

/** An event that cannot be read: no JSON, or without what every event has. */
export class UnreadableEvent extends Error {
  readonly code = 'unreadable-event';
  constructor(event: StoredEvent, why: string) {
    super(`Event ${event.revision} of ${event.stream} cannot be read: ${why}.`);
    this.name = 'UnreadableEvent';
  }
}

/** A stored event made readable: the domain event with its place, and the metadata. */
export interface DecodedEvent {
  readonly event: RecordedRequestEvent;
  readonly metadata: EventMetadata;
}

/** Writes down events that were decided together. They are chained to `previousHash`; `ids` has one id for each. */
export function encodeEvents(
  events: readonly RequestEvent[],
  ids: readonly string[],
  unhashed: UnhashedMetadata,
  previousHash: string | null,
): { readonly toAppend: readonly EventToAppend[]; readonly hash: string | null } {
  const metadata = canonicalJson(unhashed);
  let previous = previousHash;
  const toAppend = events.map((event, i) => {
    const id = ids[i];
    if (id === undefined) throw new RangeError(`${events.length} events and ${ids.length} ids.`);
    const stored = { id, type: STORED_TYPES[event.type], data: canonicalJson(event.data), metadata };
    const hash = hashEvent(previous, stored);
    // Put in by hand, so that the long part is not serialized a second time.
    const hashes = `"hash":"${hash}","previous_hash":${previous === null ? 'null' : `"${previous}"`}`;
    previous = hash;
    return { ...stored, metadata: `${metadata.slice(0, -1)},${hashes}}` };
  });
  return { toAppend, hash: previous };
}

/**
 * Reads a stored event. Fields that were added later get their defaults here, and older shapes become today's, before anyone sees
 * them. Throws {@link UnknownEventType} or {@link UnreadableEvent}.
 */
export function decodeEvent(stored: StoredEvent): DecodedEvent {
  const type = TYPE_OF_STORED.get(stored.type);
  if (type === undefined) throw new UnknownEventType(stored.type);
  const data = parseObject(stored, stored.data);
  const metadata = parseObject(stored, stored.metadata);
  const { occurred_at, principal, hash, attempt } = metadata;
  if (typeof occurred_at !== 'string' || typeof principal !== 'string' || typeof hash !== 'string') {
    throw new UnreadableEvent(stored, 'its metadata is not ours');
  }
  const event = {
    type,
    data,
    request_id: requestIdOf(stored.stream),
    revision: stored.revision,
    occurred_at,
    principal,
    ...(typeof attempt === 'number' ? { attempt } : {}),
  } as unknown as RecordedRequestEvent;
  return { event, metadata: metadata as unknown as EventMetadata };
}

/** The request whose stream this is: what follows the first dash of the stream's name. */
export function requestIdOf(stream: string): string {
  return stream.slice(stream.indexOf('-') + 1);
}

/** The stream of a request. The store takes what stands before the first dash as the category. */
export function streamOf(category: string, requestId: string): string {
  return `${category}-${requestId}`;
}

function parseObject(stored: StoredEvent, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UnreadableEvent(stored, 'it is no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UnreadableEvent(stored, 'it is no JSON object');
  }
  return value as Record<string, unknown>;
}
