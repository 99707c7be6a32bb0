/**
 * A scripted agent for the tests of the worker:  node agent.mjs BEHAVIOUR REQUEST_ID
 *
 * It describes its run in `run-<request>-<attempt>.json` in its working folder, or in TEST_AGENT_DIR, and then does what BEHAVIOUR says.
 * BEHAVIOUR may be a comma-separated list, one for each attempt; the last one applies to all further attempts. `as-told` waits for a test to
 * write such a list into the file `behaviour-<request>`, so that one worker serves tests that want different agents.
 */
import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const [given, requestId] = process.argv.slice(2);
const attempt = Number(process.env.AUTOMATION_ATTEMPT);

/** Processes it started, so that a test can check that they are gone. */
const children = [];
const folder = process.env.TEST_AGENT_DIR ?? '.';
const tell = (name, value) => {
  const file = `${folder}/${name}`;
  writeFileSync(`${file}.draft`, JSON.stringify(value));
  renameSync(`${file}.draft`, file);
};
const tellOfMyself = () =>
  tell(`run-${requestId}-${attempt}.json`, {
    pid: process.pid,
    argv: process.argv,
    env: process.env,
    cwd: process.cwd(),
    children,
    files: readdirSync('.'),
  });
const emit = (message) => writeSync(1, `${typeof message === 'string' ? message : JSON.stringify(message)}\n`);
const forEver = () => setInterval(() => undefined, 1_000);
/** Waits until a test creates one of these files. */
const until = (...files) =>
  new Promise((resolve) => {
    const timer = setInterval(() => {
      if (files.some((file) => existsSync(`${folder}/${file}`))) {
        clearInterval(timer);
        resolve();
      }
    }, 10);
  });
/** Waits until the test lets all agents of this attempt go, or this one. */
const untilLetGo = () => until(`go-${attempt}`, `go-${requestId}`);

const RESULT = {
  type: 'result',
  subtype: 'success',
  is_error: false,
  terminal_reason: 'completed',
  result: 'all done',
  num_turns: 3,
  total_cost_usd: 0.0123,
  usage: { input_tokens: 100, output_tokens: 20, server_tool_use: { web_search_requests: 0 } },
};
const turn = (id) => ({ type: 'assistant', message: { id, model: 'a-model', usage: { output_tokens: 10 } } });
const init = () =>
  emit({
    type: 'system',
    subtype: 'init',
    claude_code_version: '9.9.9',
    model: 'a-model',
    session_id: process.env.AUTOMATION_SESSION_ID,
  });

/** A process in its own session, which signals to the process group do not reach; with `bare`, without the mark of the run as well. */
function startStray({ bare }) {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], {
    detached: true,
    stdio: 'ignore',
    ...(bare ? { env: {} } : {}),
  });
  child.unref();
  children.push(child.pid);
}

/** Adds a file to the work tree and commits it. */
/** What two agents commit within a second would else be one commit, which the second finds in the repository already. */
function commit(name) {
  writeFileSync(name, `${name} of ${requestId}`);
  execFileSync('git', ['add', '--', name]);
  execFileSync('git', ['commit', '--quiet', '--message', `Add ${name}`]);
}

/** Calls the service as the kit does. */
async function completeRequest() {
  const { AUTOMATION_API_URL: url, AUTOMATION_AGENT_TOKEN: token } = process.env;
  const answer = await fetch(`${url}/api/v1/automation/requests/${requestId}`, {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify({ status: 'completed' }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

/** The service may be down; the worker ends us before we have retried forever. */
async function untilTaken(call) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      if (tries === 200 || /stale-attempt/.test(error.message)) throw error;
      await delay(100);
    }
  }
}

const BEHAVIOURS = {
  succeed: () => undefined,
  fail: () => {
    writeSync(2, `something broke; my token is ${process.env.AUTOMATION_AGENT_TOKEN}\n`);
    process.exitCode = Number(parameter ?? 3);
  },
  /** Works until the test says so. */
  wait: () => untilLetGo(),
  /** Commits, and leaves its request unchanged. */
  commit: () => commit(`attempt-${attempt}.txt`),
  /** Commits and finishes at once, which a request for research permits. */
  complete: async () => {
    commit(`attempt-${attempt}.txt`);
    await completeRequest();
  },
  /** Finishes on a branch of its own, against its orders. */
  'complete-elsewhere': async () => {
    execFileSync('git', ['checkout', '--quiet', '-b', 'fix/elsewhere']);
    commit(`attempt-${attempt}.txt`);
    await completeRequest();
  },
  /** Finishes, then exits with an error. */
  'complete-fail': async () => {
    commit(`attempt-${attempt}.txt`);
    await completeRequest();
    process.exitCode = 1;
  },
  /** Finishes, but does not exit. */
  'complete-wait': async () => {
    commit(`attempt-${attempt}.txt`);
    await completeRequest();
    tellOfMyself();
    await untilLetGo();
  },
  /** Finishes work that changes CI configuration. */
  'complete-ci': async () => {
    mkdirSync('.github/workflows', { recursive: true });
    commit('.github/workflows/build.yml');
    await completeRequest();
  },
  /** Finishes, but leaves an unreadable repository. */
  'complete-unreadable': async () => {
    commit(`attempt-${attempt}.txt`);
    writeFileSync('.git/HEAD', 'nonsense');
    await completeRequest();
  },
  /**
   * Makes one commit after the other, skipping those an earlier attempt left, and then finishes. In a file that outlives it, it records its
   * commits, and whether a second agent works on its attempt.
   */
  steps: async () => {
    try {
      writeFileSync(`${folder}/begun-${requestId}-${attempt}`, '', { flag: 'wx' });
    } catch {
      appendFileSync(`${folder}/run-twice`, `${requestId} ${attempt}\n`);
    }
    for (let step = 1; step <= Number(parameter); step += 1) {
      if (existsSync(`step-${step}.txt`)) continue;
      commit(`step-${step}.txt`);
      const head = execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' });
      appendFileSync(`${folder}/commits-${requestId}`, head);
      await delay(100);
    }
    await untilTaken(completeRequest);
  },
  /** Commits, waits until the test says so, and commits again. */
  'commit-wait': async () => {
    commit(`attempt-${attempt}.txt`);
    tellOfMyself();
    await untilLetGo();
    commit(`attempt-${attempt}-later.txt`);
  },
  /** Ignores requests to end, as do the processes it started. */
  hang: () => {
    process.on('SIGTERM', () => undefined);
    startStray({ bare: false });
    startStray({ bare: true });
    tellOfMyself();
    emit('hanging');
    forEver();
  },
  /** Ends well, but leaves a process behind. */
  litter: () => startStray({ bare: false }),
  silent: () => forEver(),
  flood: () => {
    const line = Buffer.alloc(1024 * 1024, 'x');
    for (let i = 0; i < Number(parameter); i += 1) writeSync(1, line);
    writeSync(1, '\n');
    for (let i = 0; i < Number(parameter); i += 1) writeSync(2, line);
  },

  'claude-success': () => {
    init();
    emit(turn('m1'));
    emit({ ...RESULT, num_turns: 1 });
    emit(RESULT);
  },
  'claude-flood': () => {
    init();
    const line = `{"type":"user","message":"${'x'.repeat(1024 * 1024)}"}`;
    for (let i = 0; i < Number(parameter); i += 1) emit(line);
    emit('y'.repeat(20 * 1024 * 1024));
    emit(RESULT);
  },
  'claude-no-result': () => {
    init();
    emit(turn('m1'));
    emit('{"type":"result","subtype":"succ');
  },
  'claude-lingers': () => {
    init();
    emit(RESULT);
    forEver();
  },
  'claude-limit': () => {
    init();
    emit({
      type: 'rate_limit_event',
      rate_limit_info: { status: 'rejected', resetsAt: Math.floor(Date.now() / 1000) + 3_600 },
    });
    emit({
      ...RESULT,
      is_error: true,
      terminal_reason: 'api_error',
      api_error_status: 429,
      result: "You've hit your limit",
    });
    process.exitCode = 1;
  },
  /** The API refuses what a test says, for no reason that anybody knows. */
  'claude-refused': () => {
    init();
    if (existsSync(`${folder}/refuse-${requestId}`)) {
      const usage = { input_tokens: 0, output_tokens: 0 };
      const error = { is_error: true, terminal_reason: 'api_error', api_error_status: 400 };
      emit({ ...RESULT, ...error, usage, result: 'API Error: 400 tools.3: odd' });
      process.exitCode = 1;
    } else emit(RESULT);
  },
  'claude-logged-out': () => {
    emit({
      ...RESULT,
      is_error: true,
      terminal_reason: 'api_error',
      api_error_status: 401,
      result: 'Not logged in · Please run /login',
    });
    process.exitCode = 1;
  },
  'claude-killed': () => {
    init();
    emit(turn('m1'));
    emit(turn('m2'));
    tellOfMyself();
    forEver();
  },
};

if (given === 'as-told') await until(`behaviour-${requestId}`);
const behaviours = given === 'as-told' ? readFileSync(`${folder}/behaviour-${requestId}`, 'utf8') : given;
const all = behaviours.split(',');
const [behaviour, parameter] = (all[attempt - 1] ?? all.at(-1)).split(':');
if (!BEHAVIOURS[behaviour]) throw new Error(`No such behaviour: ${behaviour}`);
tellOfMyself();
await BEHAVIOURS[behaviour]();
tellOfMyself();
