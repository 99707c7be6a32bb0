import { HTTP_PROBLEMS } from '../../../infrastructure/http/problems/problem-details.ts';
import { page } from './html.ts';
import { PROBLEM_TYPES } from '../problems.ts';

/** What the caller can do about each problem. */
const REMEDIES: Readonly<Record<string, string>> = {
  'validation-failed':
    '`errors` lists every invalid value, each with a pointer to its field. Fix them all and send the request again.',
  'malformed-json': 'Send valid JSON in UTF-8, nested at most 32 levels deep, without duplicate keys.',
  'invalid-id': 'Ids in paths are UUIDs. Case does not matter.',
  'invalid-header': 'The detail names the header and the format it must have.',
  'invalid-cursor': 'Send `next_cursor` unchanged, with the same filters and sort, or start over without a cursor.',
  unauthenticated: 'Send a valid credential as `Authorization: Bearer …`.',
  forbidden: 'The credential is valid but does not allow this. `missing_scope` names the scope it lacks.',
  'not-found': 'Check the path (it is case-sensitive and has no trailing slash) and the id.',
  'method-not-allowed': 'The `Allow` header lists the methods of this path.',
  'not-acceptable': 'Include `application/json` in `Accept`, or leave the header out.',
  'request-timeout': 'The request did not arrive completely in time. Send it again.',
  'payload-too-large': 'The limit is 256 KiB.',
  'unsupported-media-type':
    'Send `application/json` (for PATCH also `application/merge-patch+json`) in UTF-8, uncompressed.',
  'headers-too-large': 'Send fewer or shorter headers.',
  'illegal-transition':
    '`from` is the current status, `to` the one you asked for; `allowed` lists where the request can go.',
  'already-claimed': 'Another worker holds a live attempt on this request. Take the next one.',
  'not-claimable':
    'Only pending requests can be claimed. If the work is done and only has to be delivered, only a worker that delivers can claim it. Take the next request.',
  'request-ended': 'The request has ended, or its agent has already claimed completion. Drop the change.',
  'stale-attempt': 'Stop the agent, keep its work, and claim the request again if it is pending.',
  'evidence-missing': '`missing` lists what to record first: milestones, test results or both.',
  'attempt-budget': 'One attempt may add 16 MiB to the history. Status changes and the end report are still accepted.',
  'approval-required':
    'Block the request with reason `approval`. Someone with `requests:manage` then approves it by a retry that names the version.',
  'key-name-taken': 'An active key has this name. Rotate that key, or revoke it first.',
  'key-revoked': 'Revoking is final. Create a new key.',
  'too-many-keys': 'Revoke keys that are no longer needed.',
  'history-truncated':
    'Someone deleted or truncated the stream of this request in the event store. You can still read its last known state; to continue the work, submit a new request.',
  'history-too-large':
    'The history does not fit into one file. Read the events of the request and the tiles of the tree instead.',
  conflict:
    'Other writers changed the request at the same time, or what you asked for is already under way: send the command again, later. Of a projection: it has nothing to rebuild or compare; the detail says so.',
  'idempotency-key-reused': 'This key belongs to a different command. Use a new key for each command.',
  'version-mismatch':
    'The request changed after you read it. `ETag` holds its current version: read it again, then decide again.',
  'event-store-unavailable':
    'Retry after `Retry-After` seconds. The command may have been carried out: check first, or send it with the same `Idempotency-Key`.',
  'foreign-log':
    'The read model was built from a different event log than the one connected. Tell the operator; the health endpoint and the operations guide say more. A stream with status 409 was asked to go on beyond the end of the log: the position is of another log, so begin without it.',
  'read-model-unavailable': 'Retry after `Retry-After` seconds. Commands and reads of single requests still work.',
  'identity-provider-unavailable': 'Retry after `Retry-After` seconds.',
  'rate-limited':
    'Wait `Retry-After` seconds. `RateLimit` shows how many calls are left; if a quota is exhausted, the detail names it.',
  'shutting-down': 'Retry after `Retry-After` seconds.',
  'internal-error': 'This is a bug or an outage on our side. Quote `request_id` to find it in the log.',
};

/** One row per problem, by status. */
const PROBLEM_GUIDE = Object.entries({ ...HTTP_PROBLEMS, ...PROBLEM_TYPES })
  .map(([code, { status, title }]) => ({ code, status, title, remedy: REMEDIES[code] ?? '' }))
  .sort((a, b) => a.status - b.status);

/** The page that the `type` of every problem links to, with one section per code. */
export function problemPage(): string {
  const entries = PROBLEM_GUIDE.map(
    ({ code, status, title, remedy }) =>
      `<section id="${code}"><h2><code>${code}</code></h2><p>${status}. ${title}.</p><p>${withCode(remedy)}</p></section>`,
  );
  return page(
    'Problems',
    `<h1>Problems</h1><p>Every error is <code>application/problem+json</code> (RFC 9457). Decide by its <code>code</code>.</p>
${entries.join('\n')}`,
  );
}

function withCode(text: string): string {
  return text.replace(/`([^`]+)`/g, '<code>$1</code>');
}
