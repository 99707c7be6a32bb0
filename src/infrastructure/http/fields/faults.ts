import { echo, validationFailed } from '../problems/problem-details.ts';

/** Further faults are not reported. */
const MAX_FAULTS = 100;

/** Collects faults of a request's fields: the first one per field, up to a limit. */
export class Faults {
  readonly #byPointer = new Map<string, string>();

  /** `detail` is shown after the name of the field: "must be …". */
  add(pointer: string, detail: string): void {
    if (this.#byPointer.size < MAX_FAULTS && !this.#byPointer.has(pointer)) this.#byPointer.set(pointer, detail);
  }

  /** Throws 400 `validation-failed` if there are faults. */
  throwIfAny(): void {
    if (this.#byPointer.size === 0) return;
    throw validationFailed([...this.#byPointer].map(([pointer, detail]) => ({ pointer, detail })));
  }
}

/** `prefix` is "/", the pointer of an object in the body followed by a slash, or "?" for a query parameter. */
export function pointerOf(prefix: string, key: string): string {
  const shown = echo(key);
  return prefix + (/[~/]/.test(shown) ? shown.replaceAll('~', '~0').replaceAll('/', '~1') : shown);
}
