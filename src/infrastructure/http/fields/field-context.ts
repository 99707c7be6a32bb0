import { ValidateBy } from 'class-validator';

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
