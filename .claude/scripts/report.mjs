/** What an agent has to tell of its request: sent now, or kept until the service is there again. */
import { randomUUID } from 'node:crypto';
import { callService, isLate, RefusedError, UnreachableError, UsageError } from './automation_api.mjs';
import { flushSpool, keep } from './spool.mjs';

/**
 * Everything of one call of the script. It says what is to change and not what the request looks like afterwards, so that it still
 * holds when it is sent later.
 *
 * @typedef {import('./automation_api.mjs').Schemas} Schemas
 * @typedef {Schemas['ChangeStatusBody']} StatusChange
 * @typedef {{
 *   id: string,
 *   status: StatusChange['status'] | undefined,
 *   work: Pick<Schemas['ReviseRequestBody'], 'plan_document' | 'milestones' | 'test_results' | 'pr_url'>,
 *   progress: Partial<Omit<StatusChange, 'reason' | 'resume_at'>>,
 *   block: Pick<StatusChange, 'reason'>,
 *   moves: readonly Pick<Schemas['MilestoneBody'], 'id' | 'status'>[],
 *   keys: { work: string, status: string },
 * }} Report
 */

/**
 * @param {Omit<Report, 'keys'>} what
 * @returns {Report}
 */
export function newReport(what) {
  return { ...what, keys: { work: randomUUID(), status: randomUUID() } };
}

/**
 * Sends a report after those that wait. While the service is away it is kept as well, with its keys, so that one that was recorded
 * although its answer was lost does not count twice.
 *
 * @param {Report} report
 * @param {number | undefined} totalMs
 * @returns {Promise<Schemas['RequestResource'] | null>} the request as it is afterwards; null when it had ended, and nothing was recorded
 */
export async function sendOrKeep(report, totalMs) {
  try {
    await flushReports(totalMs);
    return await send(report, totalMs);
  } catch (error) {
    if (isLate(error)) return null;
    if (!(error instanceof UnreachableError)) throw error;
    const trouble = keep(report);
    const outlook =
      trouble === null
        ? 'The report is kept, and sent with the next one, or at the end of the run. Go on with your work, and do not repeat it.'
        : `It could not be kept either (${trouble}): tell it again later.`;
    throw new UnreachableError(`${error.message}\n${outlook}`);
  }
}

/** @param {number | undefined} totalMs */
export async function flushReports(totalMs) {
  await flushSpool((report) => send(/** @type {Report} */ (report), totalMs));
}

/**
 * @param {Report} report
 * @param {number | undefined} totalMs
 * @returns {Promise<Schemas['RequestResource']>}
 */
async function send({ id, status, work, progress, block, moves, keys }, totalMs) {
  const hasWork = Object.keys(work).length + moves.length > 0;
  const blocks = status !== undefined && Object.keys(block).length > 0;
  const told = hasWork && (await patchRequest(id, blocks ? work : { ...work, ...progress }, moves, keys.work, totalMs));
  if (told && !blocks) return told;
  // Only the status path knows reasons. What was done is told first: it is true whether the block is taken or not.
  const options = { key: keys.status, totalMs };
  const { body: request } =
    status === undefined
      ? await callService({ method: 'PATCH', path: `/requests/${id}`, body: progress, ...options })
      : await callService({
          method: 'PATCH',
          path: `/requests/${id}/status`,
          body: { ...progress, ...block, status },
          ...options,
        });
  return request;
}

/**
 * @param {string} id
 * @param {Schemas['ReviseRequestBody']} patch
 * @param {Report['moves']} moves
 * @param {string} key
 * @param {number | undefined} totalMs
 */
async function patchRequest(id, patch, moves, key, totalMs) {
  for (let tries = 1; ; tries += 1) {
    /** @type {string | null} */
    let ifMatch = null;
    let body = patch;
    if (moves.length > 0) {
      // The list is replaced whole, so it must be the one that was read.
      const { body: request, etag } = await callService({ method: 'GET', path: `/requests/${id}`, totalMs });
      ifMatch = etag;
      body = { ...patch, milestones: moved(request.milestones, moves) };
    }
    try {
      const call = { ifMatch, key, totalMs };
      return (await callService({ method: 'PATCH', path: `/requests/${id}`, body, ...call })).body;
    } catch (error) {
      if (!(error instanceof RefusedError) || error.code !== 'version-mismatch' || tries === 5) throw error;
    }
  }
}

/**
 * @param {readonly Schemas['MilestoneBody'][]} milestones
 * @param {Report['moves']} moves
 */
function moved(milestones, moves) {
  for (const { id } of moves) {
    if (!milestones.some((milestone) => milestone.id === id)) {
      const known = milestones.map((milestone) => milestone.id).join(' ') || 'none yet';
      throw new UsageError(`There is no milestone ${JSON.stringify(id)}. Known: ${known}.`);
    }
  }
  return milestones.map((milestone) => {
    const move = moves.findLast(({ id }) => id === milestone.id);
    return move ? { ...milestone, status: move.status } : milestone;
  });
}
