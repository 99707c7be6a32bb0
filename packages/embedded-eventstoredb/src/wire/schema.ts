import { BYTES, ProtoReader, VARINT } from './proto-reader.ts';
import { ProtoWriter } from './proto-writer.ts';

/**
 * Messages described as data: `message({ position: uint64(1), name: string(2) })`. Every field may be undefined, which
 * keeps the protocol's distinctions, such as a number that is 0 and a member of a oneof that is not set. The few messages
 * that occur by the thousand have their own codecs.
 */
export type Field<T> = {
  readonly number: number;
  readonly wireType: number;
  /** Reads one value. `previous` is the field's value so far, for repeated fields. */
  readonly read: (reader: ProtoReader, previous: T | undefined) => T;
  /** Writes the field with its tag. */
  readonly write: (writer: ProtoWriter, value: T) => void;
};

export type Codec<T> = {
  readonly decode: (bytes: Buffer) => T;
  readonly read: (reader: ProtoReader) => T;
  readonly encode: (value: T) => Buffer;
};

/** The type of value that a codec reads and writes. */
export type MessageOf<C> = C extends Codec<infer T> ? T : never;

export function message<V extends object>(fields: { readonly [K in keyof V]: Field<V[K]> }): Codec<{
  [K in keyof V]?: V[K] | undefined;
}> {
  type Values = { [K in keyof V]?: V[K] | undefined };
  const entries = Object.entries(fields) as [string, Field<unknown>][];
  const byTag = new Map(entries.map(([name, field]) => [(field.number << 3) | field.wireType, { name, field }]));
  const read = (reader: ProtoReader): Values => {
    const value: Record<string, unknown> = {};
    for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
      const known = byTag.get(tag);
      if (known) value[known.name] = known.field.read(reader, value[known.name]);
      else reader.skip(tag);
    }
    return value as Values;
  };
  const encode = (value: Values): Buffer => {
    const writer = new ProtoWriter();
    for (const [name, field] of entries) {
      const part = (value as Record<string, unknown>)[name];
      if (part !== undefined) field.write(writer, part);
    }
    return writer.finish();
  };
  return { read, encode, decode: (bytes) => read(new ProtoReader(bytes)) };
}

function varintField<T>(number: number, read: (reader: ProtoReader) => T, toBits: (value: T) => bigint): Field<T> {
  const tag = (number << 3) | VARINT;
  return {
    number,
    wireType: VARINT,
    read,
    write: (writer, value) => {
      writer.varint(tag);
      writer.varint64(toBits(value));
    },
  };
}

export const uint64 = (number: number): Field<bigint> =>
  varintField(
    number,
    (reader) => reader.uint64(),
    (v) => v,
  );
export const int64 = (number: number): Field<bigint> =>
  varintField(
    number,
    (reader) => reader.int64(),
    (v) => v,
  );
export const uint32 = (number: number): Field<number> => varintField(number, (reader) => reader.uint32(), BigInt);
export const int32 = (number: number): Field<number> => varintField(number, (reader) => reader.int32(), BigInt);
export const bool = (number: number): Field<boolean> => varintField(number, (reader) => reader.bool(), BigInt);

export const string = (number: number): Field<string> => ({
  number,
  wireType: BYTES,
  read: (reader) => reader.string(),
  write: (writer, value) => {
    writer.stringField((number << 3) | BYTES, value);
  },
});

export const bytes = (number: number): Field<Buffer> => ({
  number,
  wireType: BYTES,
  read: (reader) => reader.bytes(),
  write: (writer, value) => {
    writer.bytesField((number << 3) | BYTES, value);
  },
});

export const embedded = <T>(number: number, codec: Codec<T>): Field<T> => ({
  number,
  wireType: BYTES,
  read: (reader) => codec.read(reader.message()),
  write: (writer, value) => {
    writer.bytesField((number << 3) | BYTES, codec.encode(value));
  },
});

/** A repeated field. Packed numbers do not occur in this protocol. */
export const repeated = <T>(field: Field<T>): Field<T[]> => ({
  number: field.number,
  wireType: field.wireType,
  read: (reader, previous = []) => {
    previous.push(field.read(reader, undefined));
    return previous;
  },
  write: (writer, values) => {
    for (const value of values) field.write(writer, value);
  },
});
