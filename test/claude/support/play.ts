import type { Reply, Script, ToolCall, ToolResult, Turn } from './messages-api.ts';

/** A conversation from the model's side: it answers, and is handed the next turn. What it returns is its last word. */
export type Play<Result = string> = Generator<Reply, Result, Turn>;

/** A model that plays one play in the main conversation of each session, and another in each of its agents. */
export function plays(main: (turn: Turn) => Play, agents: Readonly<Record<string, (turn: Turn) => Play>> = {}): Script {
  const running = new Map<string, Play>();
  return (turn) => {
    const agent = Object.keys(agents).find((name) => turn.system.includes(AGENT_MARKS[name] ?? name)) ?? 'main';
    const key = `${String(turn.headers['x-claude-code-session-id'])} ${agent}`;
    let play = running.get(key);
    const next = play ? play.next(turn) : null;
    if (!play || !next) {
      play = (agents[agent] ?? main)(turn);
      running.set(key, play);
    }
    const { done, value } = next ?? play.next(turn);
    if (!done) return value;
    running.delete(key);
    return { text: value };
  };
}

/** The beginnings of the agents' own prompts. */
const AGENT_MARKS: Readonly<Record<string, string>> = {
  'research-agent': 'You investigate and change nothing',
  'endpoint-builder': 'You build HTTP endpoints.',
  'test-writer': 'You write tests.',
  'documentation-agent': 'You bring documentation in line',
};

/** Calls one tool, and answers what came of it. */
export function* use(name: string, input: Readonly<Record<string, unknown>>): Play<ToolResult> {
  const turn = yield { calls: [{ name, input } satisfies ToolCall] };
  const result = turn.results.at(-1);
  if (!result) throw new Error(`The call of ${name} has no result.`);
  return result;
}

/** Runs a command that has to succeed; what it printed. */
export function* bash(command: string): Play {
  const { text, isError } = yield* use('Bash', { command, description: 'a step' });
  if (isError) throw new Error(`It failed: ${command}\n${text}`);
  return text;
}

/** Writes a file that may be written. */
export function* write(file_path: string, content: string): Play<void> {
  const { text, isError } = yield* use('Write', { file_path, content });
  if (isError) throw new Error(`Not written: ${file_path}\n${text}`);
}

/** Calls one of the kit's commands by the Skill tool; the text that the CLI made of it. */
export function* skill(name: string, args: string): Play {
  const turn = yield { calls: [{ name: 'Skill', input: { skill: name, args } }] };
  const { text, isError } = turn.results.at(-1) ?? { text: 'no result', isError: true };
  if (isError) throw new Error(`The command ${name} cannot be called: ${text}`);
  // The CLI adds words of its own, sometimes after it.
  return turn.told.findLast((text) => text.includes(args)) ?? '';
}

/** How the prompt says that one of the kit's scripts is called, up to its name. */
export function callOf(script: 'fetch_request.mjs' | 'update_request_status.mjs', told: string): string {
  const call = new RegExp(String.raw`([^\s\x60]+ [^\s\x60]+/${script.replace('.', String.raw`\.`)})`).exec(told)?.[1];
  if (call === undefined) throw new Error(`The prompt does not say how ${script} is called:\n${told.slice(0, 2_000)}`);
  return call;
}
