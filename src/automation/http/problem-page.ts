import { HTTP_PROBLEMS } from '../../infrastructure/http/problem-details.ts';
import { page } from './html.ts';
import { PROBLEM_TYPES } from './problems.ts';

/** What a caller can do about each problem. */
const REMEDIES: Readonly<Record<string, string>> = {
  'validation-failed':
    'Each fault is in `errors`, with a pointer to the field. Send the request again with all of them mended.',
  'malformed-json': 'Send valid JSON in UTF-8, at most 32 levels deep, with no key twice in one object.',
  'invalid-id': 'Ids in paths are UUIDs, in any case.',
  'invalid-header': 'The detail names the header and its form.',
  'invalid-cursor': 'Take `next_cursor` as it came, with the same filters and sort, or begin again without a cursor.',
  unauthenticated: 'Send a credential that is known, as `Authorization: Bearer …`, or none where none is needed.',
  forbidden: 'The credential is known, and does not allow this. A missing scope is named in the detail.',
  'not-found': 'Look at the path, in exact case and without a trailing slash, and at the id.',
  'method-not-allowed': 'The header `Allow` names the methods of this path.',
  'not-acceptable': 'Let `Accept` include `application/json`, or leave it out.',
  'request-timeout': 'The request did not arrive whole in time. Send it again.',
  'payload-too-large': 'A body has at most 256 KiB.',
  'unsupported-media-type':
    'Send `application/json` (for PATCH also `application/merge-patch+json`) in UTF-8, not compressed.',
  'headers-too-large': 'Send fewer or shorter header fields.',
  'illegal-transition': '`from`, `to` and `allowed` tell where the request is and where it can go.',
  'already-claimed': 'Another worker has it. Take the next one.',
  'not-claimable':
    'Only pending requests can be claimed, and where the work only has to be delivered, only by a worker that delivers. Take the next one.',
  'request-ended': 'It has ended, or its agent has claimed completion. Drop the change.',
  'stale-attempt': 'The attempt is over: end its agent, keep what it made, and claim again if the request is pending.',
  'evidence-missing': '`missing` lists it: record the milestones and test results first.',
  'attempt-budget': 'One attempt may add 16 MiB to the history. Statuses and the end report are still taken.',
  'approval-required':
    'Block the request with reason `approval`; somebody who may manage requests approves by retry, with the version.',
  'key-name-taken': 'Another key of that name is valid: rotate that one, or revoke it first.',
  'key-revoked': 'Create a new key: revoking is final.',
  'too-many-keys': 'Revoke keys that are not needed any more.',
  'history-truncated':
    'Somebody deleted or truncated the stream of this request in the event store. It can still be read as it was known last; submit a new request to go on.',
  conflict: 'Send the command again.',
  'idempotency-key-reused': 'Take a new key for a new command; send the old one only with the same body.',
  'version-mismatch': 'Somebody changed the request since. `ETag` has its version: read it again, and decide again.',
  'event-store-unavailable':
    'Send the same request again after `Retry-After` seconds. It may have been carried out: look first.',
  'foreign-log':
    'The read model was built from another event log than the one that is connected. Tell the operator: health says more, and the guide to operations says what to do.',
  'read-model-unavailable':
    'Ask again after `Retry-After` seconds. Commands and single requests are answered meanwhile.',
  'identity-provider-unavailable': 'Send the same request again after `Retry-After` seconds.',
  'rate-limited':
    'Wait for `Retry-After` seconds. `RateLimit` says how much is left; the detail names a quota that is full.',
  'shutting-down': 'Ask again after `Retry-After` seconds.',
  'internal-error': 'A fault of ours. The `request_id` leads to it in the log.',
};

/** One row for each problem this service answers with. */
export const PROBLEM_GUIDE = Object.entries({ ...HTTP_PROBLEMS, ...PROBLEM_TYPES })
  .map(([code, { status, title }]) => ({ code, status, title, remedy: REMEDIES[code] ?? '' }))
  .sort((a, b) => a.status - b.status);

/** The page to which the `type` of every problem leads, with one heading for each code. */
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
