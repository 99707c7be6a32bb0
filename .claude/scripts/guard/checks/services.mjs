/** Databases, containers, clouds and code hosts. */
import { deny } from '../rules.mjs';
import { operandsOf, valuesOf } from '../options.mjs';
import { isDynamic, isOpen } from '../words.mjs';

/**
 * @typedef {import('../commands.mjs').Call} Call
 * @typedef {import('../commands.mjs').Check} Check
 */

const DESTROYS =
  /\b(drop\s+(database|schema|table|view|materialized|role|user|index|extension|owned|collection|keyspace|tablespace)|truncate\s+(table\s+)?["\w]|flushall|flushdb|dropdatabase\s*\(|\.drop\s*\(|deletemany\s*\(\s*\{\s*\}|shutdown\s+nosave)/i;
const DELETES_ALL = /\bdelete\s+from\s+[\w."]+\s*(;|$)/i;
const ESCAPES =
  /\\!|\bcopy\b[^;]*\bprogram\b|pg_read_file|\blo_import\b|\binto\s+(outfile|dumpfile)\b|load_file\s*\(|^\s*\.(shell|system)\b|\\o\s*\||\\copy[^;]*program/im;

/** @param {string} given */
function checkSql(given) {
  const text = given.replace(/\/\*[^*]*\*+\//g, ' ');
  if (DESTROYS.test(text) || DELETES_ALL.test(text)) deny('database-destroy');
  if (ESCAPES.test(text)) deny('code-runs-commands');
}

/** @type {Check} */
function sql(args, call) {
  for (const argument of args) checkSql(argument);
  checkSql(args.join(' '));
  if (valuesOf(args, ['-c', '--command', '-e', '--execute', '--eval']).some(isDynamic)) deny('dynamic-code');
  if (call.input.kind === 'text') {
    if (isDynamic(call.input.text) && /drop|truncate|delete/i.test(call.input.text)) deny('dynamic-code');
    checkSql(call.input.text);
  }
}

/** @type {Check} */
function redis(args, call) {
  if (/\b(flushall|flushdb|shutdown|debug|config\s+set|slaveof|replicaof)\b/i.test(args.join(' ')))
    deny('database-destroy');
  if (call.input.kind === 'text') checkSql(call.input.text);
}

/** @type {Check} */
function never() {
  deny('database-destroy');
}

/**
 * For programs whose subcommands are mostly harmless.
 *
 * @param {RegExp} harmful matched against the operands, joined by spaces
 * @param {string} rule
 * @param {readonly string[]} [valued]
 * @returns {Check}
 */
function unless(harmful, rule, valued = []) {
  return (args) => {
    const words = operandsOf(args, valued);
    if (words.length > 0 && isOpen(words[0] ?? '')) deny('dynamic-command');
    if (harmful.test(words.join(' '))) deny(rule);
  };
}

/**
 * For programs of which only reading is allowed.
 *
 * @param {RegExp} harmless
 * @param {string} rule
 * @param {readonly string[]} [valued]
 * @returns {Check}
 */
function only(harmless, rule, valued = []) {
  return (args) => {
    const words = operandsOf(args, valued);
    if (words.length === 0) return;
    if (isOpen(words.slice(0, 2).join(' ')) || !harmless.test(words.join(' '))) deny(rule);
  };
}

/** @type {Check} */
function docker(args) {
  const words = operandsOf(args, [
    '-H',
    '--host',
    '--context',
    '-c',
    '--config',
    '-l',
    '--log-level',
    '-f',
    '--file',
    '-p',
    '--project-name',
    '--env-file',
  ]);
  const line = words.join(' ');
  if (isOpen(words[0] ?? '')) deny('dynamic-command');
  if (/^(push|login|logout|image push|manifest push|compose push|trust|plugin|swarm|context (use|create))\b/.test(line))
    deny('publish');
  if (
    /^(system prune|volume (rm|prune|remove)|(image|container|network|builder|buildx) prune|rm\b|rmi\b|image rm|container rm|network rm|kill\b|stack rm|service rm|node rm)/.test(
      line,
    )
  )
    deny('cloud-destroy');
  if (
    /^(compose )?(down|rm)\b/.test(line) &&
    args.some((argument) => /^(-v|--volumes|--rmi.*|-fsv|-fv)$/.test(argument))
  )
    deny('cloud-destroy');
  const given = args.join(' ');
  if (
    /--privileged\b|--(pid|net|network|userns|ipc|uts)[= ]host\b|docker\.sock|--cap-add|--security-opt|--device\b/.test(
      given,
    )
  )
    deny('privilege');
  for (const mount of valuesOf(args, ['-v', '--volume', '--mount'])) {
    const from = /(?:source|src)=([^,]*)/.exec(mount)?.[1] ?? mount.split(':', 1)[0] ?? '';
    if (/^(\/|~)\/?$|^\/(etc|root|home|var|proc|sys|dev|boot|usr)(\/|$)/.test(from)) deny('privilege');
  }
}

const TERRAFORM = unless(
  /\b(apply|destroy|import|taint|untaint|login|force-unlock)\b|\bstate (rm|mv|push|replace)|\bworkspace delete/,
  'cloud-destroy',
);
const KUBERNETES = only(
  /^(get|describe|logs|explain|version|api-resources|api-versions|cluster-info|top|diff|kustomize|config (view|current-context|get-contexts)|auth can-i)\b/,
  'cloud-destroy',
  ['-n', '--namespace', '-o', '--output', '-l', '--selector', '--context', '-f', '--filename'],
);
const READS = /\b(list|ls|describe|get|show|help|version|head|wait|search|status|whoami)[\w-]*\b/;

/** @type {Check} */
function cloud(args) {
  const words = operandsOf(args, [
    '--region',
    '--profile',
    '--output',
    '--query',
    '--project',
    '--resource-group',
    '-g',
    '-o',
  ]);
  const line = words.join(' ');
  if (/secret|password|token|credential|ssm get-parameter|access-key|print-access/i.test(line)) deny('read-secret');
  if (words.length > 0 && (isOpen(line) || !READS.test(words.slice(0, 4).join(' ')))) deny('cloud-destroy');
}

/** @type {Check} */
function github(args) {
  const words = operandsOf(args, ['-R', '--repo', '--json', '-q', '--jq', '-L', '--limit', '-H', '-X']);
  const line = words.join(' ');
  if (/^auth/.test(line)) deny('publish');
  const reads =
    /^(pr|issue|run|release|repo|workflow|label|search|gist|project|cache) (view|list|diff|checks|status|watch|download|code|commits|issues|prs|repos)\b|^(status|version|help)\b|^api\b/;
  if (words.length > 0 && !reads.test(line)) deny('publish');
  if (/^api\b/.test(line) && args.some((argument) => /^(-X|--method|-f|-F|--field|--raw-field|--input)/.test(argument)))
    deny('publish');
}

/** @type {Check} */
function framework(args) {
  if (
    /\b(migrate reset|db (drop|wipe|push --force-reset)|migrate:(fresh|reset|rollback)|db:(drop|wipe|reset|purge|migrate:reset|schema:drop)|schema:drop|database:drop|flush|sqlflush|reset_db)\b/.test(
      args.join(' '),
    ) ||
    args.includes('--force-reset')
  ) {
    deny('database-destroy');
  }
}

/** @type {Record<string, Check>} */
export const SERVICES = {
  psql: sql,
  mysql: sql,
  mariadb: sql,
  sqlite3: sql,
  mongo: sql,
  mongosh: sql,
  sqlcmd: sql,
  'clickhouse-client': sql,
  duckdb: sql,
  cqlsh: sql,
  'redis-cli': redis,
  valkey: redis,
  'valkey-cli': redis,
  dropdb: never,
  dropuser: never,
  mysqladmin: unless(/\b(drop|shutdown|flush)/, 'database-destroy'),
  pg_dropcluster: never,
  prisma: framework,
  rails: framework,
  rake: framework,
  artisan: framework,
  typeorm: framework,
  sequelize: framework,
  'sequelize-cli': framework,
  knex: framework,
  docker,
  podman: docker,
  nerdctl: docker,
  'docker-compose': (args, call, name) => docker(['compose', ...args], call, name),
  terraform: TERRAFORM,
  tofu: TERRAFORM,
  terragrunt: TERRAFORM,
  pulumi: only(/^(preview|stack (ls|output)|about|version|logs)\b/, 'cloud-destroy'),
  kubectl: KUBERNETES,
  oc: KUBERNETES,
  k: KUBERNETES,
  helm: only(
    /^(list|ls|status|template|lint|show|get|search|history|version|dependency|repo list|package)\b/,
    'cloud-destroy',
  ),
  'ansible-playbook': (args) => {
    if (!args.some((argument) => /^--(syntax-check|check|list-)/.test(argument))) deny('cloud-destroy');
  },
  ansible: () => deny('cloud-destroy'),
  aws: cloud,
  gcloud: cloud,
  gsutil: cloud,
  bq: cloud,
  az: cloud,
  doctl: cloud,
  linode: cloud,
  hcloud: cloud,
  flyctl: cloud,
  fly: cloud,
  heroku: cloud,
  vercel: cloud,
  netlify: cloud,
  wrangler: cloud,
  firebase: cloud,
  supabase: cloud,
  cdk: only(/^(synth|synthesize|diff|ls|list|doctor|docs)\b/, 'cloud-destroy'),
  serverless: only(/^(print|package|info)\b/, 'cloud-destroy'),
  sls: only(/^(print|package|info)\b/, 'cloud-destroy'),
  gh: github,
  glab: github,
  vault: () => deny('read-secret'),
  op: () => deny('read-secret'),
  pass: () => deny('read-secret'),
  bw: () => deny('read-secret'),
  security: () => deny('read-secret'),
  'secret-tool': () => deny('read-secret'),
};
