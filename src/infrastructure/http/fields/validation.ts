import { getMetadataStorage, ValidateBy, validateSync } from 'class-validator';
import type { ValidationError, ValidatorOptions } from 'class-validator';
import type { JsonObject } from '../json/parse-json.ts';
import { echo, validationFailed } from '../problems/problem-details.ts';

/**
 * A class that declares fields, with rules from field-rules.ts or class-validator. Its instances only have the members that were sent,
 * without undefined ones, so its constructor and initialisers do not run.
 */
export type Dto<T extends object = object> = new () => T;

/** Settings of a field rule that class-validator does not have. Stored as `context` in the rule's metadata. */
export interface FieldContext {
  /** Applied to the sent value, of any type, before the rules are checked. Must not throw. */
  readonly normalise?: (sent: unknown) => unknown;
  /** Null is treated like a missing field, unless the field is nullable. */
  readonly nullIsAbsent?: boolean;
  readonly isNullable?: boolean;
  /** The value is an object of this class or, with `maxItems`, a list of such objects. */
  readonly nested?: () => Dto;
  readonly maxItems?: number;
  /** Items of the list must have different values in this field. */
  readonly uniqueBy?: string;
}

/**
 * Creates a class-validator rule from a function that returns the fault of a value, or undefined. The fault is shown to the client after
 * the name of the field: "must be …". It must not repeat the value.
 */
export function rule(
  name: string,
  faultOf: (value: unknown) => string | undefined,
  context: FieldContext = {},
): PropertyDecorator {
  const validator = {
    validate: (value: unknown): boolean => faultOf(value) === undefined,
    defaultMessage: (args?: { value: unknown }): string => faultOf(args?.value) ?? 'is not valid',
  };
  return ValidateBy({ name, validator }, { context });
}

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

const OPTIONS: ValidatorOptions = { stopAtFirstError: true, validationError: { target: false, value: true } };

/** Converts a plain object to an instance of the DTO. Throws 400 `validation-failed` with all faults. */
export function validated<T extends object>(type: Dto<T>, plain: JsonObject): T {
  const faults = new Faults();
  const value = readInto(type, plain, '/', faults);
  faults.throwIfAny();
  return value as T;
}

/**
 * Like {@link validated}, but adds faults to `faults`, so that those of query and body are reported together. Without a type, all members
 * are refused.
 */
export function readInto(type: Dto | undefined, plain: JsonObject, prefix: '/' | '?', faults: Faults): object {
  const value = instantiate(type ?? NoFields, plain, prefix, faults);
  // class-validator reports an error for classes without rules.
  if (fieldsOf(type ?? NoFields).size > 0) {
    for (const error of validateSync(value, OPTIONS)) addError(error, prefix, faults);
  }
  return value;
}

class NoFields {}

function addError(error: ValidationError, prefix: string, faults: Faults): void {
  const pointer = pointerOf(prefix, error.property);
  if (error.constraints !== undefined) faults.add(pointer, detailOf(error));
  for (const child of error.children ?? []) addError(child, `${pointer}/`, faults);
}

function detailOf(error: ValidationError): string {
  if (error.value === undefined) return 'is required';
  if (error.value === null) return 'must not be null';
  return Object.values(error.constraints ?? {})[0] ?? 'is not valid';
}

const fieldsByType = new Map<Dto, ReadonlyMap<string, FieldContext>>();

/** The fields of a DTO, own and inherited, with the contexts of their rules merged. Cached per class. */
function fieldsOf(type: Dto): ReadonlyMap<string, FieldContext> {
  let fields = fieldsByType.get(type);
  if (fields === undefined) {
    const found = new Map<string, FieldContext>();
    for (const metadata of getMetadataStorage().getTargetValidationMetadatas(type, '', false, false)) {
      const context = metadata.context as FieldContext | undefined;
      found.set(metadata.propertyName, { ...found.get(metadata.propertyName), ...context });
    }
    fields = found;
    fieldsByType.set(type, fields);
  }
  return fields;
}

/**
 * Builds the instance from declared members only. class-transformer is not used, because it also copies undeclared values, and throws if
 * they contain a member named `constructor`.
 */
function instantiate<T extends object>(type: Dto<T>, plain: JsonObject, prefix: string, faults: Faults): T {
  const fields = fieldsOf(type);
  const instance = Object.create(type.prototype as object) as T;
  for (const key of Object.keys(plain)) {
    const field = fields.get(key);
    if (field === undefined) faults.add(pointerOf(prefix, key), 'is unknown');
    else if (plain[key] === null && field.nullIsAbsent && !field.isNullable) continue;
    else
      (instance as JsonObject)[key] = field.nested
        ? nestedIn(field, field.nested(), plain[key], pointerOf(prefix, key), faults)
        : normalised(field, plain[key]);
  }
  return instance;
}

function normalised({ normalise }: FieldContext, sent: unknown): unknown {
  return normalise === undefined ? sent : normalise(sent);
}

function nestedIn(field: FieldContext, type: Dto, sent: unknown, pointer: string, faults: Faults): unknown {
  if (sent === null) return null;
  if (field.maxItems === undefined) return nestedOf(type, sent, pointer, faults);
  if (!Array.isArray(sent)) {
    faults.add(pointer, 'must be a list');
    return null;
  }
  if (sent.length > field.maxItems) {
    faults.add(pointer, `must have at most ${field.maxItems} items`);
    return null;
  }
  const items = sent.map((item: unknown, index) => nestedOf(type, item, `${pointer}/${index}`, faults));
  if (field.uniqueBy !== undefined) addRepeats(items, field.uniqueBy, pointer, faults);
  return items;
}

/** Adds a fault for each value that an earlier item already has. */
function addRepeats(items: readonly (object | null)[], field: string, pointer: string, faults: Faults): void {
  const seen = new Set<unknown>();
  for (const [index, item] of items.entries()) {
    const value = (item as JsonObject | null)?.[field];
    if (typeof value !== 'string') continue;
    if (seen.has(value)) faults.add(`${pointer}/${index}/${field}`, 'must be unique in the list');
    seen.add(value);
  }
}

/** Null, with a fault, if the value is not an object, so that class-validator does not look into it. */
function nestedOf(type: Dto, sent: unknown, pointer: string, faults: Faults): object | null {
  if (typeof sent === 'object' && sent !== null && !Array.isArray(sent)) {
    return instantiate(type, sent as JsonObject, `${pointer}/`, faults);
  }
  faults.add(pointer, 'must be an object');
  return null;
}
