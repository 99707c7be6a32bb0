import { getMetadataStorage, validateSync } from 'class-validator';
import type { ValidationError, ValidatorOptions } from 'class-validator';
import { Faults, pointerOf } from './faults.ts';
import type { Dto, FieldContext } from './field-context.ts';
import type { JsonObject } from '../json/json-reader.ts';

const OPTIONS: ValidatorOptions = { stopAtFirstError: true, validationError: { target: false, value: true } };

/** An instance of the DTO with the values of a plain object, or 400 `validation-failed` with every fault. */
export function validated<T extends object>(type: Dto<T>, plain: JsonObject): T {
  const faults = new Faults();
  const value = readInto(type, plain, '/', faults);
  faults.throwIfAny();
  return value as T;
}

/**
 * As {@link validated}, but leaves what is wrong in `faults`: a request has a query and a body and is told of both at once.
 * Without a type every member is refused.
 */
export function readInto(type: Dto | undefined, plain: JsonObject, prefix: '/' | '?', faults: Faults): object {
  const value = instantiate(type ?? NoFields, plain, prefix, faults);
  // class-validator takes a class without rules for a mistake.
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

/** The fields of a DTO, own and inherited, with what their rules say beyond class-validator. Read once a class. */
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
 * Builds the instance. class-transformer is not used for it: it builds and copies values nobody declared, and a member named
 * `constructor` anywhere in them makes it throw. Here only declared members are touched, to the depth they are declared.
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

/** Each value that an item before it has too. */
function addRepeats(items: readonly (object | null)[], field: string, pointer: string, faults: Faults): void {
  const seen = new Set<unknown>();
  for (const [index, item] of items.entries()) {
    const value = (item as JsonObject | null)?.[field];
    if (typeof value !== 'string') continue;
    if (seen.has(value)) faults.add(`${pointer}/${index}/${field}`, 'must not be that of another item');
    seen.add(value);
  }
}

/** What is no object becomes null, so that class-validator finds a fault there too and looks no further into it. */
function nestedOf(type: Dto, sent: unknown, pointer: string, faults: Faults): object | null {
  if (typeof sent === 'object' && sent !== null && !Array.isArray(sent)) {
    return instantiate(type, sent as JsonObject, `${pointer}/`, faults);
  }
  faults.add(pointer, 'must be an object');
  return null;
}
