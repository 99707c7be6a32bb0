#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isUuid, readTimeout, requestId, runScript, UsageError } from './automation_api.mjs';
import { isClaimed } from './completion.mjs';
import { flushReports, newReport, sendOrKeep } from './report.mjs';

const STATUSES = /** @type {const} */ ([
  'planning',
  'implementing',
  'testing',
  'reviewing',
  'deploying',
  'completed',
  'failed',
  'blocked',
  'pending',
  'cancelled',
]);
const MILESTONE_STATUSES = /** @type {const} */ (['pending', 'in_progress', 'completed', 'failed', 'skipped']);

const USAGE = `Usage: node update_request_status.mjs [<request id>] [<status>] [options]

Reports progress on a request to the automation service. Everything in one call is recorded together, or not at all.

  <request id>            a UUID; defaults to AUTOMATION_REQUEST_ID
  <status>                planning implementing testing reviewing deploying completed failed blocked
  --phase TEXT            what you are doing now: "milestone 2 of 5: endpoints"
  --plan FILE             the plan, as markdown
  --milestones FILE       all milestones: a JSON array of {"id", "title", "description"?, "status"}
  --milestone ID=STATUS   new status of one milestone (${MILESTONE_STATUSES.join(' ')}); may be repeated
  --test-results FILE     a JSON object {"passed", "failed", "skipped", "duration_ms"?, "summary"?, "report_url"?}
  --pr-url URL            the pull request
  --error-message TEXT    why it failed or is blocked; the question, if you have one
  --error-code CODE       the same as one word, for programs
  --reason REASON         with blocked: approval question usage_limit budget dependency policy other
  --session ID            the session that works on it
  --json                  print the resulting request
  --flush                 only send reports kept while the service was unreachable
  --timeout SEC           give up after this many seconds (60)

A FILE of - is read from standard input. If the service is unreachable, the report is kept and sent before the next one.
Exit status: 0 success, 2 invalid usage, 3 refused by the service, 4 service unreachable.
`;

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      phase: { type: 'string' },
      plan: { type: 'string' },
      milestones: { type: 'string' },
      milestone: { type: 'string', multiple: true },
      'test-results': { type: 'string' },
      'pr-url': { type: 'string' },
      'error-message': { type: 'string' },
      'error-code': { type: 'string' },
      reason: { type: 'string' },
      session: { type: 'string' },
      json: { type: 'boolean' },
      flush: { type: 'boolean' },
      timeout: { type: 'string' },
    },
  });
  const totalMs = readTimeout(values.timeout);
  if (values.flush) {
    await flushReports(totalMs);
    return;
  }
  const named = isUuid(positionals[0]) ? positionals.shift() : undefined;
  const status = positionals.shift();
  if (positionals.length > 0)
    throw new UsageError(`Unexpected: ${JSON.stringify(positionals[0])}. Quote a text of several words.`);
  if (status !== undefined && !isOneOf(STATUSES, status)) {
    throw new UsageError(`${JSON.stringify(status)} is not a status. Use one of: ${STATUSES.join(' ')}.`);
  }
  const id = requestId(named);

  const work = {
    ...given('plan_document', values.plan, readText),
    ...given('milestones', values.milestones, readJson),
    ...given('test_results', values['test-results'], readJson),
    ...given('pr_url', values['pr-url']),
  };
  const progress = {
    ...given('status', status),
    ...given('current_phase', values.phase),
    ...given('session_id', values.session ?? ownSession(status)),
    ...given('error_message', values['error-message']),
    ...given('error_code', values['error-code']),
  };
  const block = given('reason', values.reason);
  if (values.reason !== undefined && status !== 'blocked')
    throw new UsageError('--reason is only allowed with the status blocked.');
  const moves = (values.milestone ?? []).map(readMove);
  if (moves.length > 0 && work.milestones !== undefined)
    throw new UsageError('Use --milestones or --milestone, not both.');
  if (Object.keys({ ...work, ...progress }).length + moves.length === 0)
    throw new UsageError('There is nothing to report.');

  const request = await sendOrKeep(newReport({ id, status, work, progress, block, moves }), totalMs);
  if (request === null) {
    process.stdout.write('The request has ended, so this was not recorded.\n');
    return;
  }
  process.stdout.write(values.json ? `${JSON.stringify(request, null, 2)}\n` : `${summary(request)}\n`);
}

/** @param {string} text */
function readMove(text) {
  const at = text.lastIndexOf('=');
  const status = text.slice(at + 1);
  if (at < 1 || !isOneOf(MILESTONE_STATUSES, status)) {
    throw new UsageError(`--milestone takes ID=STATUS, with a status of: ${MILESTONE_STATUSES.join(' ')}.`);
  }
  return { id: text.slice(0, at), status };
}

/**
 * @template {string} T
 * @param {readonly T[]} known
 * @param {string} text
 * @returns {text is T}
 */
function isOneOf(known, text) {
  return known.some((it) => it === text);
}

/**
 * The session id, if Claude Code was started by hand. A worker has already reported it.
 *
 * @param {string | undefined} status
 */
function ownSession(status) {
  if (status === undefined || process.env.AUTOMATION_ATTEMPT) return undefined;
  return process.env.CLAUDE_CODE_SESSION_ID || undefined;
}

/**
 * @param {string} field
 * @param {string | undefined} text
 * @param {(text: string, field: string) => unknown} [read]
 * @returns {Record<string, any>}
 */
function given(field, text, read) {
  return text === undefined ? {} : { [field]: read ? read(text, field) : text };
}

/**
 * @param {string} file
 * @param {string} field
 */
function readText(file, field) {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    const code = /** @type {{ code?: string }} */ (error).code ?? 'unknown';
    throw new UsageError(`The file for ${field} cannot be read (${code}): ${file}`);
  }
}

/**
 * @param {string} file
 * @param {string} field
 */
function readJson(file, field) {
  const text = readText(file, field);
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`The file for ${field} is not valid JSON: ${file}`);
  }
}

/** @param {import('./automation_api.mjs').Schemas['RequestResource']} request */
function summary(request) {
  const done = request.milestones.filter(({ status }) => status === 'completed' || status === 'skipped').length;
  const milestones = request.milestones.length === 0 ? '' : `, ${done} of ${request.milestones.length} milestones done`;
  if (isClaimed(request))
    return `Recorded: completed, waiting for delivery${milestones}, version ${request.version}. Stop here: the worker delivers the commits.`;
  const phase = request.current_phase ? ` (${request.current_phase})` : '';
  return `Recorded: ${request.status}${phase}${milestones}, version ${request.version}.`;
}

await runScript(main, USAGE);
