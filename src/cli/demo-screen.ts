import type { Writable } from 'node:stream';
import { styleText } from 'node:util';
import type { AutomationRequest } from '../client/automation-client.ts';
import type { DemoEvent } from './demo-timeline.ts';
import { describe, seconds, statusAfter, timeInStatuses } from './demo-timeline.ts';

type Style = Parameters<typeof styleText>[0];

/** Formats the demo's output. Uses colours only on a terminal that supports them. */
export class Screen {
  readonly #out: Writable & { readonly isTTY?: boolean };

  constructor(out: Writable & { readonly isTTY?: boolean }) {
    this.#out = out;
  }

  headline(text: string): void {
    this.#line(`\n${this.#style('bold', text)}`);
  }

  say(text: string): void {
    this.#line(`  ${text}`);
  }

  gap(): void {
    this.#line('');
  }

  trouble(text: string): void {
    this.#line(`\n${this.#style('red', text)}`);
  }

  up(part: string, where: string, sinceStartMs: number): void {
    this.#line(
      `  ${this.#style('green', 'up')}  ${part.padEnd(8)}${where}  ${this.#style('dim', seconds(sinceStartMs))}`,
    );
  }

  /** Prints an event with the time since the request was submitted. */
  event(event: DemoEvent, first: DemoEvent): void {
    const status = statusAfter(event);
    const at = seconds(Date.parse(event.occurred_at) - Date.parse(first.occurred_at)).padStart(9);
    const mark = status === null ? '' : this.#style(colourOf(status), status);
    this.#line(
      `  ${this.#style('dim', at)}  ${pad(mark, status ?? '', 14)}${event.type.padEnd(24)}${this.#style('dim', describe(event))}`.trimEnd(),
    );
  }

  queued(resource: AutomationRequest, first: DemoEvent): void {
    const at = seconds(Date.parse(resource.queued_at ?? '') - Date.parse(first.occurred_at)).padStart(9);
    const message = `message ${String(resource.queue_message_id).slice(0, 8)}… contains the id, but none of the text`;
    this.#line(
      `  ${this.#style('dim', at)}  ${''.padEnd(14)}${'(sent to SQS)'.padEnd(24)}${this.#style('dim', message)}`,
    );
  }

  resource(resource: AutomationRequest): void {
    const milestones = resource.milestones as readonly { readonly title: string; readonly status: string }[];
    const tests = resource.test_results as { readonly passed: number; readonly failed: number } | null;
    const show = (name: string, value: string): void => {
      this.#line(`  ${name.padEnd(14)}${value}`);
    };
    show('status', this.#style(colourOf(resource.status), resource.status));
    show(
      'milestones',
      milestones.map(({ title, status }) => `${status === 'completed' ? '✓' : status} ${title}`).join('; '),
    );
    show('plan', `${lengthOf(resource.plan_document)} characters of markdown`);
    show('tests', tests ? `${tests.passed} passed, ${tests.failed} failed (really run)` : 'none');
    show('pull request', `${String(resource.pr_url)} (made up: the stand-in agent opens none)`);
    show('attempt', `${String(resource.attempt)}, session ${String(resource.session_id)}`);
    show('version', `${String(resource.version)}, the revision of its last event`);
  }

  durations(events: readonly DemoEvent[]): void {
    const times = timeInStatuses(events);
    const longest = Math.max(...times.map(({ ms }) => ms), 1);
    this.gap();
    for (const { status, ms } of times) {
      const bar = '█'.repeat(Math.max(1, Math.round((ms / longest) * 36)));
      this.#line(`  ${status.padEnd(14)}${this.#style(colourOf(status), bar)} ${this.#style('dim', seconds(ms))}`);
    }
  }

  /** Prints how many events there are, and the last hash of the chain. */
  history(events: readonly DemoEvent[]): void {
    const last = events.at(-1);
    this.gap();
    this.#line(
      `  ${events.length} events in the log, each with who, why and when. Each contains a hash of the one before it;`,
    );
    this.#line(`  the last hash is ${this.#style('dim', String(last?.metadata.hash))}.`);
  }

  /** @param running base URL if everything keeps running; null if it is being stopped */
  next(running: string | null, id: string): void {
    const show = (what: string, how: string): void => {
      this.#line(`  ${what.padEnd(34)}${this.#style('cyan', how)}`);
    };
    if (running !== null) {
      show('This request', `curl ${running}/api/v1/automation/requests/${id}`);
      show('Its state after event 3', `curl '${running}/api/v1/automation/requests/${id}?version=3'`);
      show('Every field, path and error', `${running}/docs`);
    } else {
      show('The demo, left running at the end', 'npm run demo -- --keep');
      show('The service, on port 8000', 'npm start        then http://localhost:8000/docs');
    }
    show('A worker with Claude Code', 'npm run worker   docs/claude-code.md');
    show('How it works, file by file', 'docs/walkthrough.md');
    this.gap();
  }

  #line(text: string): void {
    this.#out.write(`${text}\n`);
  }

  #style(style: Style, text: string): string {
    return this.#out.isTTY ? styleText(style, text, { stream: this.#out }) : text;
  }
}

function lengthOf(value: unknown): number {
  return typeof value === 'string' ? value.length : 0;
}

function colourOf(status: string): Style {
  if (status === 'completed') return 'green';
  if (status === 'failed' || status === 'blocked' || status === 'cancelled') return 'red';
  return status === 'pending' ? 'dim' : 'yellow';
}

/** Pads to the visible width, ignoring colour codes. */
function pad(styled: string, plain: string, width: number): string {
  return styled + ' '.repeat(Math.max(0, width - plain.length));
}
