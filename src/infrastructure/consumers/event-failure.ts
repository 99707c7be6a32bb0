import type { StoredEvent } from '../event-store/event-store.ts';

/** A consumer cannot handle this event, however often it tries. The cause says why. */
export class EventFailedError extends Error {
  readonly code = 'event-failed';
  readonly event: StoredEvent;
  constructor(event: StoredEvent, cause: unknown) {
    super(`The event at position ${event.position} cannot be handled.`, { cause });
    this.name = 'EventFailedError';
    this.event = event;
  }
}

/** The stored type under which a consumer gets an event that it has to pass over: every consumer copes with types it does not know. */
const PASSED_OVER = 'automation-passed-over';

/** The event, for a consumer that has to pass over it. */
export function passedOver(event: StoredEvent): StoredEvent {
  return { ...event, type: PASSED_OVER };
}

/**
 * What a consumer's `skip` does: counts events of types that this version does not know, by `onUnknown`. Any other error is a failure of
 * the event.
 */
export function skipUnknown(onUnknown: (event: StoredEvent, error: unknown) => void) {
  return (event: StoredEvent, error: unknown): void => {
    if (event.type === PASSED_OVER) return;
    if (codeOf(error) !== 'unknown-event-type') throw new EventFailedError(event, error);
    onUnknown(event, error);
  };
}

/**
 * SQLSTATE classes that say something about the rows: cardinality violation, data exception, integrity constraint violation, limits of the
 * program (an index row that is too large), and errors raised by triggers.
 */
const OF_ROWS = /^(?:21|22|23|54|P0)\w{3}$/;
const PROGRAM_ERRORS = [TypeError, RangeError, SyntaxError, ReferenceError];

/**
 * Whether an error is due to an event, so that it comes again with it. All others, also unknown ones, are due to the surroundings, such as
 * a database that is away or slow, or a lead that was lost: they pass.
 */
export function isOfEvent(error: unknown): boolean {
  if (error instanceof EventFailedError) return true;
  const code = codeOf(error);
  if (code !== null) return OF_ROWS.test(code);
  // A failed connection may be reported as a TypeError with a cause.
  return PROGRAM_ERRORS.some((type) => error instanceof type) && (error as Error).cause === undefined;
}

const MAX_CAUSE = 300;

/**
 * Why an event failed, in one line of at most {@link MAX_CAUSE} characters: kind of error, code, and where. Messages are left out, since they may
 * hold text of requests.
 */
export function causeOf(failure: unknown): string {
  const error = failure instanceof EventFailedError ? failure.cause : failure;
  if (!(error instanceof Error)) return 'unknown error';
  const { table, column, constraint } = error as { table?: unknown; column?: unknown; constraint?: unknown };
  const code = codeOf(error);
  const isSql = code !== null && /^[0-9A-Z]{5}$/.test(code);
  const where = [
    ...(typeof table === 'string' ? [`table ${table}`] : []),
    ...(typeof column === 'string' ? [`column ${column}`] : []),
    ...(typeof constraint === 'string' ? [`constraint ${constraint}`] : []),
  ];
  // Where a program failed: the innermost named function.
  const [, place] = isSql ? [] : (/^\s+at (?:async )?([\w$.#]+) \(/m.exec(error.stack ?? '') ?? []);
  if (place !== undefined) where.push(`in ${place}`);
  const kind = isSql ? `SQLSTATE ${code}` : code === null ? error.name : `${error.name} (${code})`;
  return [kind, ...where].join(', ').slice(0, MAX_CAUSE);
}

function codeOf(error: unknown): string | null {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : null;
}

/** How {@link inParts} handles events. `upTo` is the position that is reached with them. */
export interface Parts {
  /** Handles and commits; writes nothing if it fails. */
  apply(events: readonly StoredEvent[], upTo: bigint): Promise<void>;
  /** Called after each failure of `apply` that is due to an event. */
  recover(): Promise<void>;
  /** Gets each event that failed alone. */
  failed(event: StoredEvent, upTo: bigint, error: unknown): Promise<void>;
}

/**
 * Handles a batch: as a whole, and if an event fails it, in ever smaller parts, in order, until that event is alone. Throws errors of the
 * surroundings.
 */
export async function inParts(events: readonly StoredEvent[], upTo: bigint, parts: Parts): Promise<void> {
  const waiting = [events];
  for (let part = waiting.pop(); part; part = waiting.pop()) {
    const [first] = part;
    const end = waiting.length === 0 ? upTo : (part.at(-1)?.position ?? upTo);
    try {
      await parts.apply(part, end);
    } catch (error) {
      if (!isOfEvent(error) || !first) throw error;
      await parts.recover();
      const cut = cutAt(part, error);
      if (cut === 0) await parts.failed(first, end, error);
      else waiting.push(part.slice(cut), part.slice(0, cut));
    }
  }
}

/** Where to cut a batch that failed: before the event that did it, if that is known. 0 if it is alone. */
export function cutAt(events: readonly StoredEvent[], error: unknown): number {
  if (events.length === 1) return 0;
  const at = error instanceof EventFailedError ? events.findIndex(({ id }) => id === error.event.id) : -1;
  return at > 0 ? at : at === 0 ? 1 : events.length >> 1;
}
