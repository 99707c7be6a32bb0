/** The file that proves the history of a request offline, and how it is checked: no store, no service, no secret. */
import { verifyLink } from '../event-sourcing/hash-chain.ts';
import type { Link } from '../event-sourcing/hash-chain.ts';
import { parseCheckpoint } from './c2sp/checkpoint.ts';
import { leafHash, provesInclusion } from './c2sp/merkle.ts';
import type { VerifierKey } from './c2sp/signed-note.ts';
import { openNote, parseVerifierKey } from './c2sp/signed-note.ts';
import { parseTlogProof } from './c2sp/tlog-proof.ts';
import { entryOf } from './proof-events.ts';

export const BUNDLE_FORMAT = 'automation-audit-bundle/1';

/** An event as it is stored; data and metadata are parsed. */
export interface BundledEvent {
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly data: object;
  readonly metadata: object;
}

export interface AuditBundle {
  readonly format: string;
  readonly request_id: string;
  readonly events: readonly BundledEvent[];
  /** The readable index: a signed note with a line for each event. It binds what the tree does not: the time of the bundle, and its end. */
  readonly chain: string;
  /** A C2SP `tlog-proof` for each event, in their order. */
  readonly proofs: readonly string[];
  /** The signed note that all proofs lead to. */
  readonly checkpoint: string;
  /** C2SP verifier keys of this origin. */
  readonly keys: readonly string[];
  readonly made_at: string;
}

/** The text of the readable index. */
export function chainText({
  request_id,
  events,
  made_at,
}: Pick<AuditBundle, 'request_id' | 'events' | 'made_at'>): string {
  const lines = events.map(({ revision, type, metadata }) => {
    const { occurred_at, principal, hash } = metadata as { occurred_at?: unknown; principal?: unknown; hash?: unknown };
    return [revision, occurred_at, type, JSON.stringify(principal), hash].join(' ');
  });
  return `${[BUNDLE_FORMAT, `request ${request_id}`, `made ${made_at}`, `events ${events.length}`, ...lines].join('\n')}\n`;
}

/** The result of a check. */
export interface BundleCheck {
  /** What is wrong; empty if the bundle holds. */
  readonly faults: readonly string[];
  readonly requestId: string | null;
  readonly origin: string | null;
  readonly events: number;
  /** Number of leaves of the tree. */
  readonly size: number;
  /** The keys whose signatures count: compare them with those that you got elsewhere. */
  readonly keys: readonly string[];
}

const MEMBERS = ['format', 'request_id', 'events', 'chain', 'proofs', 'checkpoint', 'keys', 'made_at'];

/**
 * Checks a bundle: the hash chain of the events, the inclusion of each in the tree, the signatures of checkpoint and index, and that it says
 * nothing else. With `trusted`, only those keys count and not those of the bundle, which its maker chose.
 */
export function checkBundle(bytes: Uint8Array, trusted: readonly string[] | null): BundleCheck {
  const bundle = parse(bytes);
  if (typeof bundle === 'string') return failed(bundle);
  const faults: string[] = [];
  const own = bundle.keys.map(parseVerifierKey);
  bundle.keys.forEach((text, i) => {
    if (own[i] === null) faults.push(`keys[${i}] is no key: ${text.slice(0, 100)}`);
  });
  const given = trusted === null ? own : trusted.map(parseVerifierKey);
  const keys = given.filter((key): key is VerifierKey => key !== null);
  if (keys.length < given.length && trusted !== null) faults.push('one of the given keys is no key');

  const text = openNote(bundle.checkpoint, keys);
  const checkpoint = text === null ? null : parseCheckpoint(text);
  if (checkpoint === null)
    return { ...failed('the checkpoint is not signed by a known key'), faults: [...faults, NOT_SIGNED] };
  for (const [i, key] of own.entries()) {
    if (key !== null && key.name !== checkpoint.origin) faults.push(`keys[${i}] is of another origin`);
  }
  if (bundle.checkpoint.split('\n— ').length !== 2) faults.push('the checkpoint has more than one signature');
  if (openNote(bundle.chain, keys) !== chainText(bundle) || bundle.chain.split('\n— ').length !== 2) {
    faults.push('the index (chain) is not the signed one of these events: something was changed, added or left out');
  }
  faults.push(...chainFaults(bundle), ...proofFaults(bundle, checkpoint));
  const { request_id: requestId, events } = bundle;
  const { origin, size } = checkpoint;
  return { faults, requestId, origin, events: events.length, size, keys: trusted ?? bundle.keys };
}

const NOT_SIGNED = 'the checkpoint is not signed by a known key';

function failed(fault: string): BundleCheck {
  return { faults: [fault], requestId: null, origin: null, events: 0, size: 0, keys: [] };
}

function chainFaults({ request_id, events }: AuditBundle): readonly string[] {
  if (events.length === 0) return ['there are no events'];
  let previous: Link | null = null;
  for (const event of events) {
    if (!event.stream.endsWith(`-${request_id}`))
      return [`event ${event.revision} is of another request: ${event.stream}`];
    const stored = {
      ...event,
      data: JSON.stringify(event.data),
      metadata: JSON.stringify(event.metadata),
      position: 0n,
    };
    const link: ReturnType<typeof verifyLink> = verifyLink(previous, stored);
    if ('reason' in link) return [`event ${event.revision} breaks the hash chain (${link.reason})`];
    previous = link;
  }
  return [];
}

function proofFaults(
  { events, proofs, checkpoint: note }: AuditBundle,
  { size, root }: { readonly size: number; readonly root: Buffer },
): readonly string[] {
  if (proofs.length !== events.length) return [`there are ${proofs.length} proofs for ${events.length} events`];
  return events.flatMap(({ stream, revision, id, metadata }, i) => {
    const proof = parseTlogProof(proofs[i] ?? '');
    if (proof === null) return [`the proof of event ${revision} cannot be read`];
    if (proof.checkpoint !== note) return [`the proof of event ${revision} is of another checkpoint`];
    const { hash } = metadata as { hash?: unknown };
    const leaf = leafHash(entryOf({ stream, revision, id, hash: String(hash) }));
    const isProved = provesInclusion(proof.hashes, { leaf, index: proof.index, size, root });
    return isProved ? [] : [`event ${revision} is not in the tree at ${proof.index}`];
  });
}

/** The bundle, or why it is none. */
function parse(bytes: Uint8Array): AuditBundle | string {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return 'the file is not JSON in UTF-8';
  }
  if (!isObject(value)) return 'the file is not a JSON object';
  const odd = [
    ...Object.keys(value).filter((name) => !MEMBERS.includes(name)),
    ...MEMBERS.filter((name) => !(name in value)),
  ];
  if (odd.length > 0) return `these members are missing, or should not be there: ${odd.join(', ').slice(0, 200)}`;
  if (value.format !== BUNDLE_FORMAT) return `the format is not ${BUNDLE_FORMAT}`;
  const isText = (it: unknown): boolean => typeof it === 'string';
  const { events, proofs, keys } = value;
  const isShaped =
    [value.request_id, value.chain, value.checkpoint, value.made_at].every(isText) &&
    [proofs, keys].every((list) => Array.isArray(list) && list.every(isText)) &&
    Array.isArray(events) &&
    events.every(isEvent);
  return isShaped ? (value as unknown as AuditBundle) : 'a member has another type than it must have';
}

const EVENT_MEMBERS = 'data,id,metadata,revision,stream,type';

function isEvent(value: unknown): boolean {
  if (!isObject(value) || Object.keys(value).sort().join() !== EVENT_MEMBERS) return false;
  const { stream, revision, id, type, data, metadata } = value;
  return (
    [stream, id, type].every((it) => typeof it === 'string') &&
    Number.isSafeInteger(revision) &&
    isObject(data) &&
    isObject(metadata)
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
