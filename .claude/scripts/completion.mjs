/** When a request counts as done with, so that its agent may stop. */

/**
 * @typedef {object} RequestState the fields of a request that matter here, as the service answers them
 * @property {string} type
 * @property {string} status
 * @property {number} attempt
 * @property {readonly { id: string, status: string }[]} milestones
 * @property {{ passed: number, failed: number, skipped: number } | null} test_results
 * @property {{ state: string } | null} [delivery]
 * @typedef {{ done: boolean, open: readonly string[] }} Judgement `open` says in sentences what is missing
 */

/** Milestone ids named in one sentence. */
const MAX_NAMED = 10;

/**
 * A request is done with when it is completed with its evidence, when its completion is claimed and the worker has yet to deliver it, when
 * it failed, was cancelled or is blocked, or when it is no longer the business of this attempt.
 *
 * @param {RequestState} request
 * @param {number} [attempt] the attempt that asks; left out, there is none, as when a person runs the kit by hand
 * @returns {Judgement}
 */
export function judgeCompletion(request, attempt) {
  if (attempt !== undefined && (request.attempt !== attempt || request.status === 'pending'))
    return { done: true, open: [] };
  if (['failed', 'cancelled', 'blocked'].includes(request.status)) return { done: true, open: [] };
  if (isClaimed(request)) return { done: true, open: [] };
  const open = [...milestoneGaps(request), ...testGaps(request)];
  if (request.status !== 'completed')
    open.push(`The status is ${request.status}: neither completed nor failed nor blocked.`);
  return { done: open.length === 0, open };
}

/**
 * Whether an agent has said that the work is completed, with its evidence, and the work is not delivered yet.
 *
 * @param {any} request as the service answers it
 */
export function isClaimed({ delivery }) {
  return delivery?.state === 'claimed' || delivery?.state === 'undelivered';
}

/** @param {RequestState} request */
function milestoneGaps({ milestones }) {
  const ids = milestones.filter(({ status }) => status !== 'completed' && status !== 'skipped').map(({ id }) => id);
  if (ids.length === 0) return [];
  const more = ids.length > MAX_NAMED ? ` and ${ids.length - MAX_NAMED} more` : '';
  return [`Milestones are open: ${ids.slice(0, MAX_NAMED).join(', ')}${more}.`];
}

/** @param {RequestState} request */
function testGaps({ type, test_results: results }) {
  if (type === 'research') return [];
  if (results === null) return ['No test results are recorded.'];
  return results.failed > 0 ? [`The recorded test results have ${results.failed} failed.`] : [];
}
