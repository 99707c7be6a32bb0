/** Reports of an agent about its request: sent now, or kept until the service is reachable. */
import { randomUUID } from 'node:crypto';
import {
  callService,
  fetchRequest,
  isLate,
  RefusedError,
  REQUEST,
  UnreachableError,
  UsageError,
} from './automation_api.mjs';
import { flushSpool, keep } from './spool.mjs';

/**
 * The report of one call of the script. It describes changes, not the resulting request, so that it is still valid if it is sent later.
 *
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
 * Sends a report, after any that were kept. If the service is unreachable, keeps it together with its idempotency keys: if it was recorded
 * but the answer was lost, sending it again changes nothing.
 *
 * @param {Report} report
 * @param {number | undefined} totalMs
 * @returns {Promise<Schemas['RequestResource'] | null>} the request afterwards; null if it had ended and nothing was recorded
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
        ? 'The report is kept and will be sent with the next one, or at the end of the run. Continue your work; do not send it again.'
        : `It could not be kept either (${trouble}). Send it again later.`;
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
  // Only the status endpoint accepts a reason. Send the work first: it counts even if the block is refused.
  const options = { key: keys.status, totalMs };
  const params = { path: { id } };
  const { body: request } = await callService(
    (client, init) =>
      status === undefined
        ? client.PATCH(REQUEST, { ...init, params, body: progress })
        : client.PATCH(`${REQUEST}/status`, { ...init, params, body: { ...progress, ...block, status } }),
    options,
  );
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
      // The list is replaced as a whole, so it must not have changed since it was read.
      const { body: request, etag } = await fetchRequest(id, totalMs);
      ifMatch = etag;
      body = { ...patch, milestones: moved(request.milestones, moves) };
    }
    try {
      const { body: request } = await callService(
        (client, init) => client.PATCH(REQUEST, { ...init, params: { path: { id } }, body }),
        { ifMatch, key, totalMs },
      );
      return request;
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
      throw new UsageError(`There is no milestone ${JSON.stringify(id)}. Existing: ${known}.`);
    }
  }
  return milestones.map((milestone) => {
    const move = moves.findLast(({ id }) => id === milestone.id);
    return move ? { ...milestone, status: move.status } : milestone;
  });
}
