/**
 * Keeps reports as files, one per report, while the service is unreachable: in AUTOMATION_SPOOL_DIR, which a worker sets, or in the user's
 * cache folder.
 */
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isLate, isUuid, RefusedError, serviceUrl, UsageError } from './automation_api.mjs';

const MAX_REPORTS = 200;
/** More than twice the size of the longest plan. */
const MAX_REPORT_BYTES = 1024 * 1024;
const MAX_AGE_MS = 7 * 24 * 3600_000;

function spoolDir() {
  return (
    process.env.AUTOMATION_SPOOL_DIR ||
    join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'automation-spool')
  );
}

/**
 * @param {object} report
 * @returns {string | null} why it could not be kept; null on success
 */
export function keep(report) {
  const dir = spoolDir();
  const text = JSON.stringify({ ...ours(), at: new Date().toISOString(), report });
  if (Buffer.byteLength(text) > MAX_REPORT_BYTES) return 'it is too large';
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    if (reportsIn(dir).length >= MAX_REPORTS) return `${MAX_REPORTS} reports are waiting already`;
    // Names sort by time. Only the owner may read the file: a plan may be confidential.
    const file = join(dir, `${String(Date.now()).padStart(14, '0')}-${randomUUID()}.json`);
    writeFileSync(`${file}.draft`, text, { mode: 0o600, flag: 'wx' });
    renameSync(`${file}.draft`, file);
    return null;
  } catch (error) {
    return codeOf(error);
  }
}

/**
 * Sends kept reports, oldest first. A refused report is dropped with a message, because a retry would be refused too; a late one is dropped
 * silently. Throws if the service is unreachable, or if this attempt is over.
 *
 * @param {(report: object) => Promise<unknown>} send
 */
export async function flushSpool(send) {
  const dir = spoolDir();
  for (const name of reportsIn(dir)) {
    const file = join(dir, name);
    const kept = readKept(file);
    if (kept !== null) {
      const { attempt, url, request } = ours();
      const isFresh = Date.now() - Date.parse(kept.at) < MAX_AGE_MS;
      // Reports of another service or request stay until their own scripts run.
      if (isFresh && (kept.url !== url || (request !== null && kept.report.id !== request))) continue;
      // A report of an earlier attempt would be refused.
      if (isFresh && kept.attempt === attempt) await sendKept(kept, send);
    }
    rmSync(file, { force: true });
  }
}

/**
 * @param {{ at: string, report: object }} kept
 * @param {(report: object) => Promise<unknown>} send
 */
async function sendKept({ at, report }, send) {
  try {
    await send(report);
  } catch (error) {
    const refused = error instanceof RefusedError || error instanceof UsageError;
    if (!refused || (error instanceof RefusedError && error.code === 'stale-attempt')) throw error;
    if (isLate(error)) return;
    // It had been recorded, but the answer was lost, and the request has changed since.
    if (error instanceof RefusedError && error.code === 'idempotency-key-reused') return;
    process.stderr.write(`A report kept since ${at} was refused and dropped. ${error.message}\n`);
  }
}

/** Identifies the reports of this script: service, attempt and request. */
function ours() {
  const { AUTOMATION_ATTEMPT: attempt = null, AUTOMATION_REQUEST_ID: request } = process.env;
  return { url: serviceUrl(), attempt, request: request?.toLowerCase() ?? null };
}

/** @param {string} dir */
function reportsIn(dir) {
  try {
    return readdirSync(dir)
      .filter((name) => name.endsWith('.json'))
      .sort()
      .slice(0, MAX_REPORTS);
  } catch {
    return [];
  }
}

/**
 * Reads a kept report; null if it is not one of ours. Does not follow links or read pipes, because the agent's user owns the folder.
 *
 * @param {string} file
 * @returns {{ url: string, attempt: string | null, at: string, report: { id: string } } | null}
 */
function readKept(file) {
  try {
    const handle = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const info = fstatSync(handle);
      if (!info.isFile() || info.size > MAX_REPORT_BYTES) return null;
      const bytes = Buffer.alloc(info.size);
      readSync(handle, bytes, 0, info.size, 0);
      const kept = JSON.parse(bytes.toString('utf8'));
      const { id, work, progress, block, moves, keys } = kept.report;
      const whole = isUuid(id) && isUuid(keys?.work) && isUuid(keys?.status) && Array.isArray(moves);
      return whole && [work, progress, block].every((part) => typeof part === 'object' && part !== null) ? kept : null;
    } finally {
      closeSync(handle);
    }
  } catch {
    return null;
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return String(/** @type {{ code?: unknown }} */ (error)?.code ?? error);
}
