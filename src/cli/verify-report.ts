/** What `npm run verify` says, and the exit status that goes with it. */
import type { BreakReason, ChainBreak } from '../event-sourcing/hash-chain.ts';
import type { Verification } from '../event-sourcing/verify-log.ts';
import type { BundleCheck } from '../proof/bundle-format.ts';
import type { NumberedLeaf, TreeVerification } from '../proof/verify-tree.ts';

export interface Report {
  readonly lines: readonly string[];
  /** 0: intact; 1: altered; 3: the operator of the store removed events. */
  readonly exitCode: number;
}

const VERDICTS = {
  intact: [0, 'intact'],
  altered: [1, 'altered'],
  removed: [3, "removed by the store's operator"],
} as const;

function concluded(lines: readonly string[], verdict: keyof typeof VERDICTS): Report {
  const [exitCode, words] = VERDICTS[verdict];
  return { lines: [...lines, `Verdict: ${words}.`], exitCode };
}

const WHY: Readonly<Record<BreakReason, string>> = {
  gap: 'events before it are missing, or out of order',
  'other-stream': 'it belongs to another stream',
  unreadable: 'its data or metadata is not JSON, or has no hash',
  'previous-hash': 'it was written after another event than the one before it now',
  hash: 'its id, type, data or metadata was changed',
};

/** Maximum number of streams or events to list. */
const LISTED = 20;

/** `tree` is null if a hash chain is broken: then the rest of the log was not read. */
export function reportLog(log: Verification, tree: TreeVerification | null): Report {
  const { events, streams, truncated, brokenAt } = log;
  const counted = `${events.toLocaleString('en')} events of ${streams.toLocaleString('en')} streams`;
  const lines = brokenAt
    ? [describe(brokenAt), `Before it, in the order of the log, ${counted} hold.`]
    : [`Every hash holds: ${counted}.`];
  if (truncated.size > 0) {
    const names = [...truncated];
    lines.push(`Deleted or truncated in the event store, so only what is left of them was verified: ${names.length}.`);
    lines.push(...names.slice(0, LISTED).map((name) => `  ${name}`), ...(names.length > LISTED ? ['  …'] : []));
  }
  if (!tree) return concluded(lines, 'altered');
  const { altered, faults, losses, removedCount } = tree;
  const isAltered = altered.length > 0 || faults.length > 0;
  const isRemoved = removedCount > 0 || losses.length > 0;
  return concluded([...lines, ...describeTree(tree)], isAltered ? 'altered' : isRemoved ? 'removed' : 'intact');
}

function describe({ stream, revision, reason }: ChainBreak): string {
  return `Broken at revision ${revision} of ${stream}: ${WHY[reason]}.`;
}

function describeTree(tree: TreeVerification): readonly string[] {
  const { size, checkpoints, latest, altered, removed, removedCount, notYet, faults, losses } = tree;
  const last = latest ? `, the last of ${latest.origin} with ${latest.size.toLocaleString('en')} leaves` : '';
  return [
    size === 0
      ? 'There is no tree over the log yet.'
      : `The tree has ${size.toLocaleString('en')} leaves. Checkpoints that hold: ${checkpoints.toLocaleString('en')}${last}.`,
    ...(notYet > 0 ? [`Events that are not in the tree yet: ${notYet.toLocaleString('en')}.`] : []),
    ...faults,
    ...losses,
    ...listed('Events that are not those that the tree holds', altered, altered.length),
    ...listed('Events that the tree holds and that are gone', removed, removedCount),
  ];
}

function listed(title: string, leaves: readonly NumberedLeaf[], count: number): readonly string[] {
  if (count === 0) return [];
  const lines = leaves
    .slice(0, LISTED)
    .map(({ stream, revision, index }) => `  revision ${revision} of ${stream} (leaf ${index})`);
  return [`${title}: ${count.toLocaleString('en')}.`, ...lines, ...(count > LISTED ? ['  …'] : [])];
}

/** `areKept`: the keys are those that the auditor gave, and not those of the bundle. */
export function reportBundle(check: BundleCheck, areKept: boolean): Report {
  const { faults, requestId, origin, events, size, keys } = check;
  if (faults.length > 0) return concluded(['The bundle does not hold.', ...faults.map((it) => `  ${it}`)], 'altered');
  const lines = [
    `The bundle holds: ${events} events of request ${requestId}, in the tree of ${origin} with ${size} leaves.`,
    areKept
      ? 'It is signed by a key that you gave:'
      : 'It is signed by a key that it brings along; compare it with one that you got elsewhere:',
    ...keys.map((key) => `  ${key}`),
  ];
  return concluded(lines, 'intact');
}
