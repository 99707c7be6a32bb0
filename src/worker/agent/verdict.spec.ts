import { describe, expect, it } from '@jest/globals';
import type { AgentEnd } from './agent-process.ts';
import { StreamJsonReader } from './stream-json.ts';
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

function factsOf(messages: readonly unknown[]) {
  const reader = new StreamJsonReader();
  for (const message of messages) {
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

describe('an agent that puts out text', () => {
  it('succeeded with exit code 0', () => {
    expect(judge({}, null).report).toEqual({ outcome: 'succeeded', duration_ms: 1_500, exit_code: 0 });
  });

  it('failed with any other, and its last words are told', () => {
    expect(judge({ exitCode: 3 }, null, 'no such file').report).toMatchObject({
      outcome: 'failed',
      error_code: 'agent-failed',
      exit_code: 3,
      error_message: 'The agent ended with exit code 3. The end of its output:\nno such file',
    });
  });

  it('failed by a signal, which is its negative exit code', () => {
    expect(judge({ exitCode: null, signal: 'SIGKILL' }, null).report).toMatchObject({
      outcome: 'failed',
      exit_code: -9,
    });
  });

  it.each([
    ['total-limit', 'agent-timeout'],
    ['silence-limit', 'agent-silent'],
    ['first-output-limit', 'agent-no-output'],
  ] as const)('failed when it was ended for its %s', (endedFor, code) => {
    expect(judge({ exitCode: null, signal: 'SIGTERM', endedFor }, null).report).toMatchObject({
      outcome: 'failed',
      error_code: code,
    });
  });

  it('is handed back when it was asked to end', () => {
    expect(judge({ exitCode: null, signal: 'SIGTERM', endedFor: 'asked' }, null).report.outcome).toBe('released');
  });

  it('is handed back when it cannot be started, and nothing more is claimed', () => {
    const verdict = judge({ exitCode: null, startError: 'ENOENT' }, null);
    expect(verdict.report).toMatchObject({ outcome: 'released', error_code: 'agent-missing' });
    expect(verdict.pause).toEqual({ cause: 'agent-unusable', resumeAt: null });
  });
});

describe('Claude Code', () => {
  it('succeeded with exit code 0 and a clean result, and its figures are told', () => {
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

  it('succeeded when only a process left behind kept it from ending', () => {
    expect(judge({ exitCode: 143, endedFor: 'after-result' }, [SUCCESS]).report.outcome).toBe('succeeded');
  });

  it('is judged by the last of several results', () => {
    expect(judge({ exitCode: 1 }, [SUCCESS, API_ERROR]).report.outcome).toBe('failed');
    expect(judge({}, [{ ...SUCCESS, num_turns: 2 }, SUCCESS]).report).toMatchObject({
      outcome: 'succeeded',
      num_turns: 7,
    });
  });

  it.each([
    ['without a result, whatever the exit code', { exitCode: 0 }, []],
    ['with a result cut off in the middle', { exitCode: 0 }, [JSON.stringify(SUCCESS).slice(0, 60)]],
    ['that says success with an exit code', { exitCode: 1 }, [SUCCESS]],
    ['that says success and error at once', { exitCode: 0 }, [API_ERROR]],
    [
      'that was interrupted',
      { exitCode: 0 },
      [{ ...SUCCESS, subtype: 'error_during_execution', terminal_reason: 'aborted_tools' }],
    ],
    ['whose tool was deferred', { exitCode: 0 }, [{ ...SUCCESS, terminal_reason: 'tool_deferred' }]],
    ['that ended after its result with an error', { exitCode: 143, endedFor: 'after-result' as const }, [API_ERROR]],
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

  it('is blocked until the time at which a usage limit ends, and so is the worker', () => {
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

  it('waits at least a minute and at most a week, whatever it is told', () => {
    const at = (resetsAt: number) =>
      judge({ exitCode: 1 }, [
        { type: 'rate_limit_event', rate_limit_info: { status: 'rejected', resetsAt } },
        API_ERROR,
      ]).report.resume_at;
    expect(at(0)).toBe('2026-11-22T12:01:00.000Z');
    expect(at(9e9)).toBe('2026-11-29T12:00:00.000Z');
  });

  it('that got over a limit, or used what it may use beyond it, is not blocked', () => {
    const rejected = { type: 'rate_limit_event', rate_limit_info: { status: 'rejected', resetsAt: 1 } };
    const allowed = { type: 'rate_limit_event', rate_limit_info: { status: 'allowed' } };
    expect(judge({}, [rejected, allowed, SUCCESS]).report.outcome).toBe('succeeded');
  });

  it.each([429, 529])('is blocked after %i without a time, for as long as the worker sees fit', (api_error_status) => {
    const { report, pause } = judge({ exitCode: 1 }, [{ ...API_ERROR, api_error_status }]);
    expect(report).toMatchObject({ outcome: 'blocked', error_code: 'usage_limit' });
    expect(report.resume_at).toBeUndefined();
    expect(pause).toEqual({ cause: 'usage-limit', resumeAt: null });
  });

  it.each([
    ['401', [{ ...API_ERROR, api_error_status: 401 }], ''],
    ['its own words', [{ ...API_ERROR, result: 'Not logged in · Please run /login' }], ''],
    ['its words on stderr', [], 'Invalid API key · Please run /login'],
  ])('is handed back when its account is refused, known by %s', (_, messages, tail) => {
    const verdict = judge({ exitCode: 1 }, messages, tail);
    expect(verdict.report).toMatchObject({ outcome: 'released', error_code: 'agent-auth' });
    expect(verdict.pause).toEqual({ cause: 'agent-unusable', resumeAt: null });
  });
});

describe('the figures of a run without a result', () => {
  it('are those of its turns, each counted once', () => {
    const turn = (id: string, output_tokens: number) => ({
      type: 'assistant',
      message: { id, usage: { output_tokens } },
    });
    const { report } = judge({ exitCode: null, signal: 'SIGKILL' }, [turn('a', 5), turn('a', 7), turn('b', 1)]);
    expect(report).toMatchObject({ outcome: 'failed', num_turns: 2, usage: { output_tokens: 8 } });
  });
});
