import { getSchemaPath } from '@nestjs/swagger';

/**
 * The content of an answer: a class whose properties are documented with `@ApiProperty`. Serves as the return type of handlers and as the
 * schema in the OpenAPI document. It is never instantiated.
 */
export interface Resource<T extends object = object> {
  new (): T;
  /** Headers of every answer with this resource, in addition to those of all answers. */
  readonly headers?: readonly string[];
}

/** A whole list: `{ items }`. */
export interface ListOf<T extends object> {
  readonly list: Resource<T>;
}

/** A page of a list: `{ items, next_cursor }` and the members in `more`. */
export interface PageOf<T extends object> {
  readonly page: Resource<T>;
  readonly more: Readonly<Record<string, object>>;
}

/** A bare array. */
export interface ArrayOf<T extends object> {
  readonly array: Resource<T>;
}

/** An answer that the handler writes itself, in the media types of the route's `streams`. */
export const STREAM = { stream: true } as const;

/** Null for an answer without content. */
export type Answer = Resource | ListOf<object> | PageOf<object> | ArrayOf<object> | typeof STREAM | null;
export type Answers = Readonly<Record<number, Answer>>;

export interface Items<T extends object> {
  readonly items: readonly T[];
}
export interface Page<T extends object> extends Items<T> {
  /** Null on the last page. */
  readonly next_cursor: string | null;
}

/** The return type of a handler with these answers. */
export type Content<A extends Answers> = ContentOf<A[keyof A]>;
type ContentOf<A> = A extends new () => infer T
  ? T
  : A extends PageOf<infer T>
    ? Page<T>
    : A extends ListOf<infer T>
      ? Items<T>
      : A extends ArrayOf<infer T>
        ? readonly T[]
        : void;

export function listOf<T extends object>(list: Resource<T>): ListOf<T> {
  return { list };
}

export function arrayOf<T extends object>(array: Resource<T>): ArrayOf<T> {
  return { array };
}

/** `more` has the schemas of optional members besides `items` and `next_cursor`. */
export function pageOf<T extends object>(page: Resource<T>, more: Readonly<Record<string, object>> = {}): PageOf<T> {
  return { page, more };
}

/** The classes that the OpenAPI document needs for an answer. */
export function modelsOf(answer: Answer): Resource[] {
  if (answer === null || 'stream' in answer) return [];
  if ('array' in answer) return [answer.array];
  return ['list' in answer ? answer.list : 'page' in answer ? answer.page : answer];
}

/** The OpenAPI response of an answer, without headers and examples. complete-document.ts adds the description of a resource. */
export function responseOf(answer: Answer): { description: string; type?: Resource; schema?: object } {
  if (answer === null) return { description: 'No content.' };
  if ('array' in answer) {
    return { description: 'The results.', schema: { type: 'array', items: { $ref: getSchemaPath(answer.array) } } };
  }
  if ('stream' in answer) return { description: '' };
  if ('list' in answer) return { description: 'The results, in `items`.', schema: schemaOf(answer.list, [], {}) };
  if ('page' in answer) {
    const more = { next_cursor: { type: ['string', 'null'] }, ...answer.more };
    return {
      description: 'A page of results, in `items`. `next_cursor` is null on the last page.',
      schema: schemaOf(answer.page, ['next_cursor'], more),
    };
  }
  return { description: '', type: answer };
}

function schemaOf(resource: Resource, required: readonly string[], more: Readonly<Record<string, object>>): object {
  return {
    type: 'object',
    required: ['items', ...required],
    properties: { items: { type: 'array', items: { $ref: getSchemaPath(resource) } }, ...more },
  };
}
