import { describe, expect, it } from '@jest/globals';
import type { AgentEnd } from './agent-process.ts';
import { StreamJsonReader } from '../claude/stream-json.ts';
import type { Evidence, Verdict } from './verdict.ts';
import { reachVerdict } from './verdict.ts';

const NOW = Date.parse('2026-11-22T12:00:00.000Z');
const ENDED: AgentEnd = {
  exitCode: 0,
  signal: null,
  endedFor: null,
  durationMs: 1_500,
  startError: null,
  leftBehind: 0,
  allGone: true,
};
const LIMITS = { totalMs: 60_000, silenceMs: 30_000, firstOutputMs: 10_000 };

function judge(end: Partial<AgentEnd>, messages: readonly unknown[] | null, tail = ''): Verdict {
  const evidence: Evidence = {
    end: { ...ENDED, ...end },
    facts: messages && factsOf(messages),
    tail,
    secrets: [],
    now: NOW,
    limits: LIMITS,
  };
  return reachVerdict(evidence);
}

/** Among the messages, stands for the moment at which the worker begins to end the agent. */
const ENDING = Symbol('ending');

function factsOf(messages: readonly unknown[]) {
  const reader = new StreamJsonReader();
  for (const message of messages) {
    if (message === ENDING) {
      reader.ending();
      continue;
    }
    reader.push(Buffer.from(typeof message === 'string' ? message : `${JSON.stringify(message)}\n`));
  }
  reader.end();
  return reader.facts;
}

const SUCCESS = {
  type: 'result',
  subtype: 'success',
  is_error: false,
  terminal_reason: 'completed',
  result: 'done',
  num_turns: 7,
  total_cost_usd: 0.25,
  usage: { input_tokens: 700, output_tokens: 140 },
};
const API_ERROR = {
  type: 'result',
  subtype: 'success',
  is_error: true,
  terminal_reason: 'api_error',
  result: 'API Error',
};

const INIT = { type: 'system', subtype: 'init' };
const TOOL_CALL = { type: 'assistant', message: { content: [{ type: 'tool_use' }] } };

describe('an agent with text output', () => {
  it('succeeded with exit code 0', () => {
    expect(judge({}, null).report).toEqual({ outcome: 'succeeded', duration_ms: 1_500, exit_code: 0 });
  });

  it('failed with any other, and its last output is reported', () => {
    expect(judge({ exitCode: 3 }, null, 'no such file').report).toMatchObject({
      outcome: 'failed',
      error_code: 'agent-failed',
      exit_code: 3,
      error_message: 'The agent ended with exit code 3. End of its output:\nno such file',
    });
  });

  it('failed if killed by a signal, whose number is its negative exit code', () => {
    expect(judge({ exitCode: null, signal: 'SIGKILL' }, null).report).toMatchObject({
      outcome: 'failed',
      exit_code: -9,
    });
  });

  it.each([
    ['total-limit', 'agent-timeout'],
    ['silence-limit', 'agent-silent'],
    ['first-output-limit', 'agent-no-output'],
  ] as const)('failed if it was ended for its %s', (endedFor, code) => {
    expect(judge({ exitCode: null, signal: 'SIGTERM', endedFor }, null).report).toMatchObject({
      outcome: 'failed',
      error_code: code,
    });
  });

  it('is handed back if it was asked to end', () => {
    expect(judge({ exitCode: null, signal: 'SIGTERM', endedFor: 'asked' }, null).report.outcome).toBe('released');
  });

  it('is handed back if it cannot be started, and claims pause', () => {
    const verdict = judge({ exitCode: null, startError: 'ENOENT' }, null);
    expect(verdict.report).toMatchObject({ outcome: 'released', error_code: 'agent-missing' });
    expect(verdict.pause).toEqual({ cause: 'agent-unusable' });
  });
});

describe('Claude Code', () => {
  it('succeeded with exit code 0 and a clean result, and its figures are reported', () => {
    expect(judge({}, [SUCCESS])).toEqual({
      pause: null,
      report: {
        outcome: 'succeeded',
        duration_ms: 1_500,
        exit_code: 0,
        num_turns: 7,
        cost_usd: 0.25,
        usage: { input_tokens: 700, output_tokens: 140 },
      },
    });
  });

  it('succeeded if only a leftover process kept it from ending', () => {
    expect(judge({ exitCode: 143, endedFor: 'after-result' }, [SUCCESS]).report.outcome).toBe('succeeded');
  });

  it('is judged by the last of several results', () => {
    expect(judge({ exitCode: 1 }, [SUCCESS, API_ERROR]).report.outcome).toBe('released');
    expect(judge({}, [{ ...SUCCESS, num_turns: 2 }, SUCCESS]).report).toMatchObject({
      outcome: 'succeeded',
      num_turns: 7,
    });
  });

  it.each([
    ['without a result, whatever the exit code', { exitCode: 0 }, []],
    ['with a result cut off in the middle', { exitCode: 0 }, [JSON.stringify(SUCCESS).slice(0, 60)]],
    ['that says success with an exit code', { exitCode: 1 }, [SUCCESS]],
    ['that says success and error at once', { exitCode: 0 }, [{ ...SUCCESS, is_error: true }]],
    [
      'that was interrupted',
      { exitCode: 0 },
      [{ ...SUCCESS, subtype: 'error_during_execution', terminal_reason: 'aborted_tools' }],
    ],
    ['whose tool was deferred', { exitCode: 0 }, [{ ...SUCCESS, terminal_reason: 'tool_deferred' }]],
    [
      'that ended after its result with an error',
      { exitCode: 143, endedFor: 'after-result' as const },
      [{ ...SUCCESS, is_error: true }],
    ],
  ])('failed %s', (_, end, messages) => {
    expect(judge(end, messages).report.outcome).toBe('failed');
  });

  it.each([
    ['error_max_turns', 'max_turns'],
    ['error_max_budget_usd', 'budget_exhausted'],
  ])('is blocked for its budget with %s', (subtype, terminal_reason) => {
    const verdict = judge({ exitCode: 1 }, [
      { type: 'result', subtype, terminal_reason, is_error: true, errors: ['Reached'] },
    ]);
    expect(verdict.report).toMatchObject({ outcome: 'blocked', error_code: 'budget' });
    expect(verdict.pause).toBeNull();
  });

  it('is blocked until a usage limit ends, and so is the worker', () => {
    const resetsAt = NOW / 1000 + 3_600;
    const limit = {
      type: 'rate_limit_event',
      rate_limit_info: { status: 'rejected', resetsAt, isUsingOverage: false },
    };
    const verdict = judge({ exitCode: 1 }, [limit, { ...API_ERROR, api_error_status: 429 }]);
    expect(verdict.report).toMatchObject({
      outcome: 'blocked',
      error_code: 'usage_limit',
      resume_at: '2026-11-22T13:00:00.000Z',
    });
    expect(verdict.pause).toEqual({ cause: 'usage-limit', resumeAt: NOW + 3_600_000 });
  });

  it('waits between a minute and five weeks, whatever time is named', () => {
    const at = (resetsAt: number) =>
      judge({ exitCode: 1 }, [
        { type: 'rate_limit_event', rate_limit_info: { status: 'rejected', resetsAt } },
        API_ERROR,
      ]).report.resume_at;
    expect(at(0)).toBe('2026-11-22T12:01:00.000Z');
    expect(at(9e9)).toBe('2026-12-27T12:00:00.000Z');
  });

  it('that got past a limit, or used its extra allowance, is not blocked', () => {
    const rejected = { type: 'rate_limit_event', rate_limit_info: { status: 'rejected', resetsAt: 1 } };
    const allowed = { type: 'rate_limit_event', rate_limit_info: { status: 'allowed' } };
    expect(judge({}, [rejected, allowed, SUCCESS]).report.outcome).toBe('succeeded');
  });

  it('is blocked until the day a spending limit ends', () => {
    const said = (result: string, api_error_status = 400) =>
      judge({ exitCode: 1 }, [{ ...API_ERROR, api_error_status, result }]).report;
    const words = 'You have reached your specified API usage limits. You will regain access on';
    expect(said(`API Error: 400 ${words} 2026-12-01 at 09:30 UTC.`)).toMatchObject({
      outcome: 'blocked',
      error_code: 'usage_limit',
      resume_at: '2026-12-01T09:30:00.000Z',
    });
    expect(said(`API Error: Request rejected (429) · ${words} 2026-12-01.`, 429).resume_at).toBe(
      '2026-12-01T00:00:00.000Z',
    );
    expect(said(`API Error: 400 ${words} 2026-13-77.`)).toMatchObject({ outcome: 'released' });
  });

  /** As the CLI 2.1.330 ended, with each answer of the API. */
  const ENDS: readonly (readonly [string, number | null, string, string])[] = [
    ['agent-unusable', 400, 'Credit balance is too low', 'account'],
    ['agent-unusable', 402, 'API Error: 402 There is an issue with your billing', 'account'],
    [
      'agent-unusable',
      400,
      'Your ANTHROPIC_API_KEY belongs to a disabled organization · Update or unset',
      'agent-auth',
    ],
    ['agent-unusable', 401, 'Invalid API key · Fix external API key', 'agent-auth'],
    ['agent-unusable', 403, 'Failed to authenticate. API Error: 403 Request not allowed', 'agent-auth'],
    ['agent-unusable', null, 'Not logged in · Please run /login', 'agent-auth'],
    ['rate-limit', 429, 'API Error: Request rejected (429) · This request would exceed', 'account'],
    ['configuration', 404, "There's an issue with the selected model (claude-nope-1).", 'configuration'],
    ['provider', 500, 'API Error: 500 Internal server error. This is a server-side issue', 'provider'],
    ['provider', 502, 'API Error: 502 Bad Gateway. This is a server-side issue', 'provider'],
    ['provider', 503, 'API Error: 503 Billing_error. Invalid API key', 'provider'],
    ['provider', 529, 'API Error: Repeated 529 Overloaded errors. The API is at capacity', 'provider'],
    ['provider', null, 'API Error: Connection refused — a firewall or proxy may be blocking it', 'provider'],
    ['provider', null, "API Error: Can't reach the API server — check your internet or DNS (ENOTFOUND)", 'provider'],
    ['provider', null, 'API Error: API returned an empty or malformed response (HTTP 200)', 'provider'],
    ['provider', 408, 'API Error: 408 Request timeout', 'provider'],
    ['refusal', 400, 'API Error: 400 Unexpected value(s) for the `anthropic-beta` header', 'provider'],
    ['refusal', 418, 'API Error: 418 I am a teapot', 'provider'],
  ];
  it.each(ENDS)('hands its request back for trouble with %s: %s %j', (cause, api_error_status, result, code) => {
    const { report, pause } = judge({ exitCode: 1 }, [{ ...API_ERROR, api_error_status, result }]);
    expect(report).toMatchObject({ outcome: 'released', error_code: code });
    expect(report.error_message).toContain(result);
    expect(report.resume_at).toBeUndefined();
    expect(pause).toEqual({ cause });
  });

  it.each([
    ['a prompt that is too long', { terminal_reason: 'prompt_too_long', api_error_status: 400 }],
    ['an image that is too large', { terminal_reason: 'image_error', api_error_status: 400 }],
    [
      'an answer that the model refuses',
      { stop_reason: 'refusal', result: 'API Error: safeguards flagged this message' },
    ],
    ['a request that is too large', { api_error_status: 413 }],
    ['a conversation that is wrong', { api_error_status: 400, result: 'API Error: 400 messages.1: tool_use ids' }],
    [
      'filtered content',
      { api_error_status: 400, result: 'API Error: 400 Output blocked by content filtering policy' },
    ],
  ])('fails for %s, and pauses nothing', (_, change) => {
    const { report, pause } = judge({ exitCode: 1 }, [{ ...API_ERROR, ...change }]);
    expect(report).toMatchObject({ outcome: 'failed', error_code: 'agent-error' });
    expect(pause).toBeNull();
  });

  it('is to blame if its own text mentions accounts and limits', () => {
    const result = 'The test says: credit balance is too low, not logged in, regain access on 2026-12-01';
    const ended = judge({ exitCode: 1 }, [
      { ...SUCCESS, is_error: true, terminal_reason: 'stop_hook_prevented', result },
    ]);
    expect(ended).toMatchObject({ report: { outcome: 'failed' }, pause: null });
  });

  it.each([
    ['agent-auth', 'agent-unusable', 'Invalid API key · Please run /login'],
    ['configuration', 'configuration', "error: unknown option '--no-such-option'"],
    ['configuration', 'configuration', 'Error: Settings file not found: /nope.json'],
    ['configuration', 'configuration', '--dangerously-skip-permissions cannot be used with root/sudo privileges'],
    ['configuration', 'agent-unusable', 'Segmentation fault'],
  ])('hands its request back as %s if no session began', (error_code, cause, stderr) => {
    const { report, pause } = judge({ exitCode: 1 }, [], stderr);
    expect(report).toMatchObject({ outcome: 'released', error_code });
    expect(report.error_message).toContain(stderr);
    expect(pause).toEqual({ cause });
  });

  it('is to blame for its stderr once its session began', () => {
    const ended = judge({ exitCode: 1 }, [INIT, TOOL_CALL], 'error: Invalid API key');
    expect(ended).toMatchObject({ report: { outcome: 'failed', error_code: 'agent-no-result' }, pause: null });
  });

  it('hands its request back if the model is silent, and is to blame if a tool is', () => {
    const silent = { exitCode: null, signal: 'SIGTERM', endedFor: 'silence-limit' } as const;
    const waiting = { report: { outcome: 'released', error_code: 'provider' }, pause: { cause: 'provider' } };
    expect(judge(silent, [INIT])).toMatchObject(waiting);
    expect(judge(silent, [INIT, TOOL_CALL, { type: 'user' }])).toMatchObject(waiting);
    expect(judge(silent, [INIT, TOOL_CALL])).toMatchObject({
      report: { outcome: 'failed', error_code: 'agent-silent' },
      pause: null,
    });
    // A tool that is cut off says so to the model.
    expect(judge(silent, [INIT, TOOL_CALL, ENDING, { type: 'user' }]).report.error_code).toBe('agent-silent');
  });
});

describe('implausible figures of a run', () => {
  it('are clamped to what the service accepts', () => {
    const { report } = judge({}, [{ ...SUCCESS, num_turns: 1e300, total_cost_usd: 1e13 }]);
    expect(report).toMatchObject({ num_turns: Number.MAX_SAFE_INTEGER, cost_usd: 1e12 });
  });

  it.each([-1, '7', null, true])('of %j are omitted', (figure) => {
    const { report } = judge({}, [{ ...SUCCESS, num_turns: figure, total_cost_usd: figure }]);
    expect(report).not.toHaveProperty('cost_usd');
    expect(report.num_turns ?? 0).toBe(0);
  });
});

describe('the figures of a run without a result', () => {
  it('are the sum of its turns, each counted once', () => {
    const turn = (id: string, output_tokens: number) => ({
      type: 'assistant',
      message: { id, usage: { output_tokens } },
    });
    const { report } = judge({ exitCode: null, signal: 'SIGKILL' }, [turn('a', 5), turn('a', 7), turn('b', 1)]);
    expect(report).toMatchObject({ outcome: 'failed', num_turns: 2, usage: { output_tokens: 8 } });
  });
});
