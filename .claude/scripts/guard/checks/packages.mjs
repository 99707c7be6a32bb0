/** Package managers: installing the project's dependencies and running its scripts is allowed; publishing and running remote code is not. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkCommand } from '../commands.mjs';
import { deny } from '../rules.mjs';
import { operandsOf, valuesOf } from '../options.mjs';
import { isOpen } from '../words.mjs';
import { rest } from '../wrappers.mjs';

/**
 * @typedef {import('../commands.mjs').Call} Call
 * @typedef {import('../commands.mjs').Check} Check
 */

/** Actions that need an account. npm also accepts abbreviations of them. */
const ACCOUNT =
  'publish unpublish deprecate undeprecate login adduser add-user logout token owner author access team org dist-tag dist-tags hook profile star trust'.split(
    ' ',
  );
const VALUED = [
  '--prefix',
  '-w',
  '--workspace',
  '-C',
  '--cwd',
  '--dir',
  '--filter',
  '-F',
  '--loglevel',
  '--registry',
  '--cache',
  '--userconfig',
  '--tag',
];
/** Package names of the agent itself. */
const AGENT = /^(@anthropic-ai\/)?claude(-code)?(@.*)?$/;

/** @type {Check} */
function npm(args, call, name) {
  const words = operandsOf(args, VALUED);
  const [action, ...more] = words;
  if (action === undefined) return;
  if (isOpen(action)) deny('dynamic-command');
  if (args.some((argument) => /^--(script-)?shell\b/.test(argument))) deny('code-runs-commands');
  if (
    ACCOUNT.some((each) => each === action || (name === 'npm' && action.length > 2 && each.startsWith(action))) ||
    (action === 'npm' && ACCOUNT.includes(more[0] ?? ''))
  )
    deny('publish');
  if (/^(config|c|set|get)$/.test(action)) config(action === 'config' || action === 'c' ? more : [action, ...more]);
  if (
    /^(dlx|create|init|innit)$/.test(action) &&
    more.length > 0 &&
    !(name === 'npm' && more.every((word) => word.startsWith('-')))
  )
    deny('download-run');
  if (/^(exec|x)$/.test(action)) {
    const at = args.indexOf(action);
    for (const code of valuesOf(args, ['-c', '--call'])) {
      if (isOpen(code)) deny('dynamic-code');
      call.walk.code(code, call.state.copy());
    }
    runner(args.slice(at + 1), call, 'npx');
  }
  if (
    /^(i|install|add|in|ins|inst|isntall|update|up|uninstall|remove|rm|un|link|ln)$/.test(action) &&
    args.some((argument) => /^(-g|--global|--location=global)$/.test(argument))
  ) {
    deny('system');
  }
  if (action === 'global' && name === 'yarn') deny('system');
  if ((name === 'yarn' || name === 'pnpm') && AGENT.test(action)) deny('nested-agent');
}

/** @param {readonly string[]} words */
function config(words) {
  const [action = '', key = ''] = words;
  if (/^(set|delete|edit|rm)$/.test(action)) deny('system');
  if (/auth|token|password/i.test(key) || (/^(list|ls)$/.test(action) && words.includes('-l'))) deny('read-secret');
}

/** `npx name` may run what the project has installed; anything else would be downloaded. @type {Check} */
function runner(args, call) {
  const inner = rest(args, ['-p', '--package', '-w', '--workspace', '-c', '--call', '--prefix']);
  const options = args.slice(0, args.length - inner.length);
  const packages = valuesOf(options, ['-p', '--package']);
  for (const code of valuesOf(options, ['-c', '--call'])) {
    if (isOpen(code)) deny('dynamic-code');
    call.walk.code(code, call.state.copy());
  }
  const [program, ...more] = inner;
  if (program === undefined) return;
  if (isOpen(program)) deny('dynamic-command');
  if (AGENT.test(program) || packages.some((each) => AGENT.test(each))) deny('nested-agent');
  if (packages.length > 0 || !isInstalled(program, call)) deny('download-run');
  checkCommand([program, ...more], call);
}

/**
 * @param {string} program
 * @param {Call} call
 */
function isInstalled(program, call) {
  if (/[@/:]/.test(program)) return false;
  return call.state.folders.every((start) => {
    for (let folder = start; ; folder = dirname(folder)) {
      if (existsSync(join(folder, 'node_modules/.bin', program))) return true;
      if (folder === dirname(folder)) return false;
    }
  });
}

/** @type {Check} */
function pip(args) {
  const [action] = operandsOf(args);
  if (action === 'config' && operandsOf(args)[1] !== 'list') deny('system');
}

/** `poetry run x`, `bundle exec x`. @type {Check} */
function within(args, call) {
  const [action, ...more] = args;
  if (/^(run|exec)$/.test(action ?? '')) {
    const inner = rest(more, ['--with', '--python', '-p', '--env-file', '-e']);
    if (inner.length > 0) checkCommand(inner, call);
  }
  if (/^(publish|login|token)$/.test(action ?? '')) deny('publish');
  if (action === 'tool' && more[0] === 'run') deny('download-run');
}

/** @type {Check} */
function cargo(args) {
  if (/^(publish|yank|login|owner)$/.test(operandsOf(args)[0] ?? '')) deny('publish');
}

/** @type {Check} */
function gem(args) {
  if (/^(push|yank|signin|owner)$/.test(operandsOf(args)[0] ?? '')) deny('publish');
}

/** @type {Check} */
function maven(args) {
  if (args.some((argument) => /^(deploy|release:.*|publish.*|:.*publish.*|site-deploy)$/.test(argument)))
    deny('publish');
}

/** @type {Check} */
function fetched() {
  deny('download-run');
}

/** @type {Record<string, Check>} */
export const PACKAGES = {
  npm,
  pnpm: npm,
  yarn: npm,
  cnpm: npm,
  npx: runner,
  pnpx: runner,
  bunx: runner,
  uvx: fetched,
  pipx: (args) => {
    if (operandsOf(args)[0] === 'run') deny('download-run');
    if (operandsOf(args)[0] === 'install') deny('system');
  },
  pip,
  twine: (args) => {
    if (operandsOf(args)[0] !== 'check') deny('publish');
  },
  poetry: within,
  pipenv: within,
  uv: within,
  pdm: within,
  rye: within,
  hatch: within,
  flit: within,
  bundle: within,
  mise: within,
  cargo,
  gem,
  mvn: maven,
  gradle: maven,
  gradlew: maven,
  sbt: maven,
  dotnet: (args) => {
    if (operandsOf(args)[0] === 'nuget' && operandsOf(args)[1] === 'push') deny('publish');
  },
  nuget: (args) => {
    if (operandsOf(args)[0] === 'push') deny('publish');
  },
  lerna: (args) => {
    if (operandsOf(args)[0] === 'publish') deny('publish');
  },
  'semantic-release': () => deny('publish'),
  changeset: (args) => {
    if (operandsOf(args)[0] === 'publish') deny('publish');
  },
  vsce: () => deny('publish'),
  claude: () => deny('nested-agent'),
  'claude-code': () => deny('nested-agent'),
  codex: () => deny('nested-agent'),
  gemini: () => deny('nested-agent'),
  aider: () => deny('nested-agent'),
};
