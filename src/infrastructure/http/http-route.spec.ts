import { describe, expect, it } from '@jest/globals';
import { Body, Param, Query } from '@nestjs/common';
import { HttpRoute, declarationOf } from './http-route.ts';
import { IsLine } from './fields/field-rules.ts';

/** Required rules that these tests do not check. */
const DOCUMENTED = { id: 'thing', summary: 'Do a thing', answers: {} } as const;

class Thing {
  @IsLine(5)
  name!: string;
}
interface Shape {
  name: string;
}

class Handlers {
  @HttpRoute({ ...DOCUMENTED, scopes: ['write'], produces: ['text/plain'] })
  full(@Param('id') _id: string, @Query() _query: Thing, @Body() _body: Thing): void {
    // Only the declaration is read.
  }

  @HttpRoute({ ...DOCUMENTED, scopes: [] })
  bare(): void {
    // As above.
  }

  undeclared(): void {
    // As above.
  }

  @HttpRoute({ ...DOCUMENTED, scopes: [] })
  part(@Body('name') _name: string): void {
    // As above.
  }

  @HttpRoute({ ...DOCUMENTED, scopes: [] })
  twice(@Body() _one: Thing, @Body() _other: Thing): void {
    // As above.
  }

  @HttpRoute({ ...DOCUMENTED, scopes: [] })
  shapeless(@Query() _query: Shape): void {
    // As above.
  }
}

const declared = (name: keyof Handlers): unknown =>
  declarationOf(Object.getOwnPropertyDescriptor(Handlers.prototype, name)?.value as object);

describe('declarationOf', () => {
  it('returns the rules, and the classes of body and query', () => {
    const rules = { scopes: ['write'], produces: ['text/plain'] };
    expect(declared('full')).toEqual({ ...DOCUMENTED, ...rules, body: Thing, query: Thing });
    expect(declared('bare')).toEqual({ ...DOCUMENTED, scopes: [], body: undefined, query: undefined });
  });

  it('returns none if none were declared', () => {
    expect(declared('undeclared')).toBeUndefined();
  });

  it.each(['part', 'twice', 'shapeless'] as const)('refuses what it cannot validate: %s', (name) => {
    expect(() => declared(name)).toThrow(`Handlers.${name} must take its body and query whole, each as one class.`);
  });
});
