import { getMetadataStorage, validateSync } from 'class-validator';
import type { ValidationError, ValidatorOptions } from 'class-validator';
import { Faults, pointerOf } from './faults.ts';
import type { Dto, FieldContext } from './field-context.ts';
import type { JsonObject } from '../json/json-reader.ts';

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
    else (instance as JsonObject)[key] = valueOf(field, plain[key], pointerOf(prefix, key), faults);
  }
  return instance;
}

function valueOf(field: FieldContext, sent: unknown, pointer: string, faults: Faults): unknown {
  if (field.nested === undefined) return field.normalise === undefined ? sent : field.normalise(sent);
  if (sent === null) return null;
  const type = field.nested();
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
    if (seen.has(value)) faults.add(`${pointer}/${index}/${field}`, 'must not be that of another item');
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
