import type { Dice } from './dice.ts';
import { TEXTS } from './hostile.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a JSON schema as it comes
type Schema = any;

/** Generates values that match the schemas of a document. Some of their texts are known to cause bugs. */
export class SchemaValues {
  readonly #document: Schema;
  readonly #dice: Dice;

  constructor(document: Schema, dice: Dice) {
    this.#document = document;
    this.#dice = dice;
  }

  /** Throws for a schema with an unsupported keyword, so that none is ignored. */
  value(schema: Schema, depth = 0): unknown {
    const dice = this.#dice;
    if (schema.$ref !== undefined) return this.value(this.#resolve(schema.$ref), depth);
    if (schema.const !== undefined) return schema.const;
    if (schema.enum !== undefined) return dice.pick(schema.enum);
    const choices: Schema[] | undefined = schema.anyOf ?? schema.oneOf;
    if (choices !== undefined) return this.value(dice.pick(choices), depth);
    const type: string = Array.isArray(schema.type) ? dice.pick(schema.type) : schema.type;
    switch (type) {
      case 'null':
        return null;
      case 'boolean':
        return dice.chance(0.5);
      case 'integer':
        return this.#number(schema, true);
      case 'number':
        return this.#number(schema, false);
      case 'string':
        return this.text(schema);
      case 'array':
        return Array.from({ length: dice.between(0, Math.min(schema.maxItems ?? 3, 3)) }, () =>
          this.value(schema.items, depth + 1),
        );
      case 'object':
        return this.#object(schema, depth);
      default:
        throw new Error(`No value can be made for ${JSON.stringify(schema)}.`);
    }
  }

  text({ format, pattern, minLength = 1, maxLength = 60, example }: Schema): string {
    const dice = this.#dice;
    if (format === 'uuid') return randomUuid(dice);
    if (format === 'date-time')
      return dice.pick(['2030-01-31T09:30:00Z', '2026-02-28T23:59:59.999+02:00', '1999-12-31T00:00:00.5-11:30']);
    if (format === 'uri') return dice.pick(['https://example.org/a', 'https://github.com/o/r/pull/1?x=%20#y']);
    // With a varying suffix, if the pattern permits.
    const varied = `${example}-${dice.between(0, 1e6)}`;
    if (pattern !== undefined && example !== undefined)
      return new RegExp(pattern, 'u').test(varied) ? varied : (example as string);
    const word = dice.chance(0.3) ? dice.pick(TEXTS) : `text ${dice.between(0, 1e9).toString(36)}`;
    const long = dice.chance(0.03) ? word.repeat(Math.ceil(maxLength / Math.max(1, word.length))) : word;
    return [...long].slice(0, maxLength).join('').padEnd(minLength, 'x');
  }

  #number({ minimum = -1_000, maximum = 1e6 }: Schema, isWhole: boolean): number {
    const edge = this.#dice.between(0, 3);
    if (edge === 0) return minimum;
    if (edge === 1) return maximum;
    return isWhole ? this.#dice.between(minimum, Math.min(maximum, minimum + 1e6)) : minimum + this.#dice.next() * 100;
  }

  #object({ properties = {}, required = [], additionalProperties }: Schema, depth: number): object {
    const made: Record<string, unknown> = {};
    for (const [name, schema] of Object.entries(properties)) {
      if (required.includes(name) || this.#dice.chance(0.4)) made[name] = this.value(schema, depth + 1);
    }
    const isFree = additionalProperties === true && Object.keys(properties).length === 0;
    if (isFree) for (const name of this.#dice.some(['a', 'b', 'ü'], 0.5)) made[name] = this.#dice.between(0, 9);
    return made;
  }

  #resolve(reference: string): Schema {
    return reference
      .slice(2)
      .split('/')
      .reduce((node: Schema, name) => node[name], this.#document);
  }
}

export function randomUuid(dice: Dice): string {
  return 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replace(/x/g, () => dice.between(0, 15).toString(16));
}
