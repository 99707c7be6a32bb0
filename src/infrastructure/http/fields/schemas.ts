/** Options of `@ApiProperty` that many fields share. */

export const TEXT_OR_NULL = { type: String, nullable: true } as const;
export const INSTANT = { type: String, format: 'date-time' } as const;
export const INSTANT_OR_NULL = { ...INSTANT, nullable: true } as const;
export const COUNT = { type: 'integer', minimum: 0 } as const;

/** Any JSON value. */
export const ANY_JSON = {
  oneOf: [
    { type: 'string' },
    { type: 'number' },
    { type: 'boolean' },
    { type: 'array', items: {} },
    { type: 'object', additionalProperties: true },
    { type: 'null' },
  ],
};

/** A query parameter with one or more of these values, separated by commas. */
export function commaSeparated(values: readonly string[]) {
  return { enum: [...values], isArray: true, style: 'form', explode: false } as const;
}
