import { echo, validationFailed } from '../problems/problem-details.ts';

/** Faults beyond this are not told. */
const MAX_FAULTS = 100;

/** Gathers what is wrong with the fields of a request: at most one fault a place, the first one found, and not without end. */
export class Faults {
  readonly #byPointer = new Map<string, string>();

  /** The text is shown after the name of the field: "must be …". */
  add(pointer: string, detail: string): void {
    if (this.#byPointer.size < MAX_FAULTS && !this.#byPointer.has(pointer)) this.#byPointer.set(pointer, detail);
  }

  /** 400 `validation-failed`, unless nothing is wrong. */
  throwIfAny(): void {
    if (this.#byPointer.size === 0) return;
    throw validationFailed([...this.#byPointer].map(([pointer, detail]) => ({ pointer, detail })));
  }
}

/** `prefix` is "/", the pointer of an object within the body and a slash, or "?" for a query parameter. */
export function pointerOf(prefix: string, key: string): string {
  const shown = echo(key);
  return prefix + (/[~/]/.test(shown) ? shown.replaceAll('~', '~0').replaceAll('/', '~1') : shown);
}
