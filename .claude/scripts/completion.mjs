/** Decides whether a request is finished, so that its agent may stop. */

/**
 * @typedef {object} RequestState the request's fields that matter here, as the service returns them
 * @property {string} type
 * @property {string} status
 * @property {number} attempt
 * @property {readonly { id: string, status: string }[]} milestones
 * @property {{ passed: number, failed: number, skipped: number } | null} test_results
 * @property {{ state: string } | null} [delivery]
 * @typedef {{ done: boolean, open: readonly string[] }} Judgement `open` lists what is missing, in sentences
 */

/** Maximum number of milestone ids in one sentence. */
const MAX_NAMED = 10;

/**
 * A request is finished if it is completed with evidence, if its completion is claimed and only delivery by the worker is left, if it
 * failed, was cancelled or is blocked, or if it no longer belongs to this attempt.
 *
 * @param {RequestState} request
 * @param {number} [attempt] the attempt that asks; omitted if a person runs the kit by hand
 * @returns {Judgement}
 */
export function judgeCompletion(request, attempt) {
  if (attempt !== undefined && (request.attempt !== attempt || request.status === 'pending'))
    return { done: true, open: [] };
  if (['failed', 'cancelled', 'blocked'].includes(request.status)) return { done: true, open: [] };
  if (isClaimed(request)) return { done: true, open: [] };
  const open = [...milestoneGaps(request), ...testGaps(request)];
  if (request.status !== 'completed')
    open.push(`The status is ${request.status}, which is not completed, failed or blocked.`);
  return { done: open.length === 0, open };
}

/**
 * Whether an agent has claimed completion, with evidence, and the work is not delivered yet.
 *
 * @param {any} request as the service returns it
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
