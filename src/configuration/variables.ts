import type { Environment } from './names.ts';
import { misspeltVariables } from './names.ts';

/** The configuration is invalid. Lists all problems, each a sentence that begins with the variable's name. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** What a variable may hold. */
export interface Kind<T> {
  /** Completes the sentence "NAME must be …". */
  readonly wanted: string;
  /** Undefined for an invalid text, which is never blank. */
  readonly parse: (text: string) => T | undefined;
  /** Whether `parse` rejects control characters itself. Everywhere else they are refused: they would break log lines and terminals. */
  readonly checksControls?: boolean;
}

/** Reads environment variables and collects what is wrong with them. Blank ones count as unset. */
export class Variables {
  readonly #environment: Environment;
  readonly #problems: string[];

  constructor(environment: Environment) {
    this.#environment = environment;
    this.#problems = misspeltVariables(environment);
  }

  /** The text of a variable without surrounding blanks, unchecked; null if unset. */
  text(name: string): string | null {
    const text = this.#environment[name]?.trim() ?? '';
    return text === '' ? null : text;
  }

  /**
   * The value of a variable; null if unset or invalid, which is reported without the text, because that may be secret. A `flag` is the text of
   * the command line option that takes precedence over the variable.
   */
  value<T>(name: string, { wanted, parse, checksControls = false }: Kind<T>, flag?: string): T | null {
    const text = flag ?? this.text(name) ?? '';
    if (text === '') return null;
    const value = !checksControls && /\p{Cc}/u.test(text) ? undefined : parse(text);
    if (value === undefined) this.report(`${name} must be ${wanted}.`);
    return value ?? null;
  }

  /** Adds a problem, a sentence that begins with the variable's name. */
  report(problem: string): void {
    this.#problems.push(problem);
  }

  /** @throws ConfigError listing every problem found so far */
  check(): void {
    if (this.#problems.length > 0) throw new ConfigError(this.#problems);
  }
}
