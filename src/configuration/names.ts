/** Names of all `AUTOMATION_` variables of the service, worker, kit and command line, to detect misspelt ones. */

/** The environment of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

const KNOWN = new Set(
  `AWS_SQS_AUTOMATION_QUEUE_URL ${automation(
    // The service
    `API_KEYS_FILE AS_OF_DAYS CORS_ORIGINS FOUR_EYES MAX_ATTEMPTS OIDC_AUDIENCE OIDC_ISSUER OIDC_PRINCIPAL_CLAIM OIDC_ROLES_CLAIM OIDC_ROLE_MAP
     OPEN_REQUESTS OWN_ONLY PROOF_KEY_FILE PROOF_ORIGIN RATE_LIMIT RATE_LIMIT_UNAUTHENTICATED REBUILD_ON_FOREIGN_LOG REQUIRE_APPROVAL SECRET_FILE TRUSTED_PROXIES`,
    // The worker and the command line
    `AGENT_AFTER_RESULT_SECONDS AGENT_COMMAND AGENT_DIR AGENT_ENV AGENT_FIRST_OUTPUT_SECONDS AGENT_GRACE_SECONDS AGENT_HOME AGENT_OUTPUT
     AGENT_SILENCE_SECONDS AGENT_TOTAL_SECONDS AGENT_USER API_KEY_FILE API_URL BASE_BRANCH BRANCH_PREFIX CI_PATHS CLAUDE_MAX_BUDGET_USD
     CLAUDE_MAX_TURNS CLAUDE_MODEL CLAUDE_PROGRAM CLAUDE_TOOLS COMMIT_MIB KEPT_CLONES_MIB PUBLISH_COMMAND PUBLISH_SECONDS
     QUEUE_WAIT_SECONDS REPOSITORY WORKER_CONCURRENCY WORKER_DRAIN_SECONDS WORKER_LEASE_SECONDS WORKER_NAME WORKER_PAUSE_SCALE
     WORKER_STATE_DIR WORKER_SWEEP_SECONDS`,
    // Set by the worker for the agent, its kit, git and the publish command. An agent may start a service or worker that inherits them.
    `AGENT_TOKEN ATTEMPT BRANCH CORRELATION_ID GIT_PASSWORD GIT_USERNAME HOOK_STATE_DIR PR_URL PROTECTED_PATHS REQUEST_ID RUN_ID
     SESSION_ID SPOOL_DIR`,
  )}`.split(' '),
);

function automation(...names: readonly string[]): string {
  return names
    .flatMap((some) => some.split(/\s+/))
    .map((name) => `AUTOMATION_${name}`)
    .join(' ');
}

/** Maximum edit distance of a misspelt name. */
const NEAR = 2;

/** A sentence for each variable that looks like a misspelt one of ours. Ignoring it could silently leave a feature off. */
export function misspeltVariables(environment: Environment): string[] {
  return strangers(environment).flatMap((name) => {
    const meant = nearestTo(name);
    return meant === null ? [] : [`${name} is not a known variable. Did you mean ${meant}?`];
  });
}

/** Variables that have our prefix but resemble none of our names. */
export function unknownVariables(environment: Environment): string[] {
  return strangers(environment).filter((name) => nearestTo(name) === null);
}

/** Variables that have our prefix but are unknown. Empty ones count as unset. */
function strangers(environment: Environment): string[] {
  return Object.keys(environment).filter(
    (name) => /^(?:AWS_SQS_)?AUTOMATION_/i.test(name) && !KNOWN.has(name) && environment[name]?.trim(),
  );
}

function nearestTo(name: string): string | null {
  // A known name in the wrong case counts as misspelt, with distance 0.
  const upper = name.toUpperCase();
  for (let most = 0; most <= NEAR; most += 1) {
    for (const known of KNOWN) if (isWithin(upper, known, most)) return known;
  }
  return null;
}

/** Whether the edit distance is at most `most`: letters inserted, deleted or replaced. */
function isWithin(one: string, other: string, most: number): boolean {
  if (Math.abs(one.length - other.length) > most) return false;
  let same = 0;
  while (same < one.length && one[same] === other[same]) same += 1;
  const [a, b] = [one.slice(same), other.slice(same)];
  if (a === b) return true;
  if (most === 0) return false;
  return [
    [a.slice(1), b],
    [a, b.slice(1)],
    [a.slice(1), b.slice(1)],
  ].some(([x = '', y = '']) => isWithin(x, y, most - 1));
}
