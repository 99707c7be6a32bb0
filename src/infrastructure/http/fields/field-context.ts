import { ValidateBy } from 'class-validator';

/**
 * A class that declares fields, with the rules of field-rules.ts or any of class-validator. Its instances hold what was sent
 * and nothing else: no member that was left out, not even as undefined. So its constructor and initialisers do not run.
 */
export type Dto<T extends object = object> = new () => T;

/** What a field rule says beyond class-validator; it travels as the `context` of the rule's metadata. */
export interface FieldContext {
  /** Applied to the value as sent, of any type, before the rules are checked. Must not throw. */
  readonly normalise?: (sent: unknown) => unknown;
  /** Null is the same as leaving the field out, unless it is nullable. */
  readonly nullIsAbsent?: boolean;
  readonly isNullable?: boolean;
  /** The value is an object with fields of its own, or with `maxItems` a list of such objects. */
  readonly nested?: () => Dto;
  readonly maxItems?: number;
  /** No two items of the list have the same value in this field. */
  readonly uniqueBy?: string;
}

/**
 * A class-validator rule from one function, which returns what is wrong with a value, or undefined. The text is shown to the
 * client after the name of the field: "must be …". It must not repeat the value.
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
