import type { Turn } from './messages-api.ts';
import type { Play } from './play.ts';
import { bash, callOf, skill, use, write } from './play.ts';

/** What a scripted model does where the kit leaves it to the model. */
export interface KitPlay {
  readonly milestones: (request: FetchedRequest) => readonly string[];
  /** The work of one milestone, up to the commit. */
  readonly work?: (milestone: string, requestId: string) => Play<void>;
  /** Before the first step. */
  readonly first?: (requestId: string) => Play<void>;
}

/** A request as the scripts print it. */
export interface FetchedRequest {
  readonly id: string;
  readonly type: string;
  readonly attempt: number;
  readonly plan_document: string | null;
  readonly milestones: readonly { readonly id: string; readonly status: string }[];
}

/** A model that does what the kit's commands tell it, with the commands that stand there. */
export function byTheKit(kit: KitPlay): (turn: Turn) => Play {
  return function* (turn) {
    const prompt = turn.told.join('\n');
    const id = /automation request `([0-9a-f-]{36})`/.exec(prompt)?.[1] ?? '';
    const tell = `${callOf('update_request_status.mjs', prompt)} ${id}`;
    yield* kit.first?.(id) ?? nothing();

    const request = JSON.parse(yield* bash(`${callOf('fetch_request.mjs', prompt)} ${id}`)) as FetchedRequest;
    const earlier = yield* bash(`git log --oneline --grep "Request: ${id}"`);
    if (request.plan_document === null) {
      yield* bash(`${tell} planning --phase "reading the code"`);
      if (request.type === 'research') yield* research(id, kit.milestones(request));
      else yield* plan(request, kit.milestones(request));
    }
    if (request.type === 'research') {
      yield* bash(`${tell} completed --phase "done"`);
      return 'The question is answered.';
    }
    for (const milestone of kit.milestones(request)) {
      const status = request.milestones.find((it) => it.id === milestone)?.status;
      if (status === 'completed' || status === 'skipped') continue;
      yield* implement(id, milestone, earlier.includes(milestone), kit);
    }
    yield* test(id);
    yield* bash(`${tell} reviewing --phase "reading the whole change"`);
    yield* bash('git diff HEAD~1 HEAD');
    yield* bash('git status --porcelain');
    yield* bash(`${tell} completed --phase "done"`);
    return 'The request is completed.';
  };
}

function* plan({ id, type }: FetchedRequest, milestones: readonly string[]): Play<void> {
  const told = yield* skill('plan-feature', id);
  const folder = yield* bash('mktemp -d');
  yield* write(`${folder}/PLAN.md`, `# Plan of a ${type}\n\nSmall steps.\n`);
  yield* write(
    `${folder}/MILESTONES.json`,
    JSON.stringify(milestones.map((it) => ({ id: it, title: `Step ${it}`, status: 'pending' }))),
  );
  const files = `--plan ${folder}/PLAN.md --milestones ${folder}/MILESTONES.json`;
  yield* bash(`${callOf('update_request_status.mjs', told)} ${id} planning --phase "plan written" ${files}`);
}

function* research(id: string, milestones: readonly string[]): Play<void> {
  const told = yield* skill('research', id);
  const tell = `${callOf('update_request_status.mjs', told)} ${id} planning`;
  const folder = yield* bash('mktemp -d');
  yield* write(
    `${folder}/QUESTIONS.json`,
    JSON.stringify(milestones.map((it) => ({ id: it, title: `Question ${it}`, status: 'pending' }))),
  );
  yield* bash(`${tell} --phase "questions" --milestones ${folder}/QUESTIONS.json`);
  for (const question of milestones) {
    yield* bash(`${tell} --phase "question ${question}" --milestone ${question}=in_progress`);
    const found = yield* use('Agent', {
      subagent_type: 'research-agent',
      description: 'find out',
      prompt: `Answer ${question}.`,
    });
    yield* write(`${folder}/ANSWER.md`, `# Answer\n\n${found.text}\n`);
    yield* bash(`${tell} --milestone ${question}=completed`);
  }
  yield* bash(`${tell} --phase "answer written" --plan ${folder}/ANSWER.md`);
}

function* implement(id: string, milestone: string, begun: boolean, kit: KitPlay): Play<void> {
  const told = yield* skill('implement', `${id} ${milestone}`);
  const tell = `${callOf('update_request_status.mjs', told)} ${id} implementing`;
  yield* bash(`${tell} --phase "milestone ${milestone}" --milestone ${milestone}=in_progress`);
  if (!begun) yield* (kit.work ?? addFile)(milestone, id);
  yield* bash(`${tell} --milestone ${milestone}=completed`);
}

/** One file in the work tree, and its commit as the kit wants it. */
export function* addFile(milestone: string, id: string): Play<void> {
  const cwd = yield* bash('pwd');
  yield* write(`${cwd}/${milestone}.txt`, `${milestone}\n`);
  yield* commit(`${milestone}.txt`, milestone, id);
}

function* commit(file: string, milestone: string, id: string): Play<void> {
  yield* bash(
    `git add -- ${file} && git commit --quiet -m "Add ${file}" -m "Somebody wants it." -m "Request: ${id}\nMilestone: ${milestone}"`,
  );
}

function* test(id: string): Play<void> {
  const told = yield* skill('test', id);
  const tell = `${callOf('update_request_status.mjs', told)} ${id} testing`;
  yield* bash(`${tell} --phase "whole suite"`);
  const output = yield* bash('npm test --silent');
  const count = (word: string): number => Number(new RegExp(`^(?:#|ℹ) ${word} (\\d+)`, 'm').exec(output)?.[1] ?? NaN);
  const folder = yield* bash('mktemp -d');
  yield* write(
    `${folder}/RESULTS.json`,
    JSON.stringify({ passed: count('pass'), failed: count('fail'), skipped: count('skipped'), summary: 'npm test' }),
  );
  yield* bash(`${tell} --phase "suite run" --test-results ${folder}/RESULTS.json`);
}

function* nothing(): Play<void> {
  // There is nothing to be done first.
}
