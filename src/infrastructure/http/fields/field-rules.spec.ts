import { describe, expect, it } from '@jest/globals';
import { IsAmount, IsFreeObject, IsInstant, IsInteger, IsSafeHttpsUrl, IsUuid, wholeNumber } from './field-rules.ts';
import { Problem } from '../problems/problem-details.ts';
import { validated } from './validation.ts';

describe('a field', () => {
  const check = (rule: PropertyDecorator, sent: unknown): unknown => {
    class One {
      @rule
      field!: unknown;
    }
    try {
      return validated(One, { field: sent }).field;
    } catch (error) {
      if (error instanceof Problem) return 'refused';
      throw error;
    }
  };

  it.each([
    [0, 0],
    [7, 7],
    [9, 9],
    [10, 'refused'],
    [-1, 'refused'],
    [1.5, 'refused'],
    [Infinity, 'refused'],
    ['1', 'refused'],
    [true, 'refused'],
    [[1], 'refused'],
  ])('that is a whole number: %j', (sent, outcome) => {
    expect(check(IsInteger({ min: 0, max: 9 }), sent)).toBe(outcome);
  });

  it('that is a whole number has inclusive bounds', () => {
    expect(check(IsInteger({ min: 0 }), 2 ** 53 - 1)).toBe(2 ** 53 - 1);
    expect(check(IsInteger({ min: 0 }), 2 ** 53)).toBe('refused');
  });

  it('that is a whole number names its bounds', () => {
    expect(wholeNumber(1, 9)).toBe('must be a whole number from 1 to 9');
    expect(wholeNumber(1, Number.MAX_SAFE_INTEGER)).toBe('must be a whole number of at least 1');
  });

  it.each([
    [0, 0],
    [0.5, 0.5],
    [1e12, 1e12],
    [1e13, 'refused'],
    [-0.1, 'refused'],
    [NaN, 'refused'],
    ['1', 'refused'],
  ])('that is an amount: %j', (sent, outcome) => {
    expect(check(IsAmount(), sent)).toBe(outcome);
  });

  it.each([
    ['0190A0A0-0000-7000-8000-00000000000F', '0190a0a0-0000-7000-8000-00000000000f'],
    ['00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000'],
    ['0190a0a0000070008000000000000001', 'refused'],
    ['{0190a0a0-0000-7000-8000-000000000001}', 'refused'],
    ['0190a0a0-0000-7000-8000-000000000001\n', 'refused'],
    ['', 'refused'],
    [1, 'refused'],
    [['0190a0a0-0000-7000-8000-000000000001'], 'refused'],
    [null, 'refused'],
  ])('that is a UUID: %j', (sent, outcome) => {
    expect(check(IsUuid(), sent)).toBe(outcome);
  });

  it('that is a time', () => {
    expect(check(IsInstant(), '2026-01-01T00:00:00+01:00')).toBe('2025-12-31T23:00:00.000Z');
    expect(check(IsInstant(), '2026-01-01')).toBe('refused');
    expect(check(IsInstant(), 5)).toBe('refused');
  });

  it.each([
    ['{"a":{"b":[1,"x"]}}', true],
    ['{}', true],
    ['{"a":"says \\\\u0000"}', true],
    ['{"a":"\\u0000"}', false],
    ['{"a":"\\\\\\u0000"}', false],
    ['{"a":"\\ud800"}', false],
    ['{"a":["\\ufffe"]}', false],
    ['{"a":{"\\u0000":1}}', false],
    ['{"a":[{"b\\"":1}]}', false],
    ['{"b\\\\":1}', false],
    ['{"b\\n":1}', false],
    ['{"\\udc00":1}', false],
    ['[]', false],
    ['"a"', false],
    ['{"a":"12345678901234567890123456789012345678901234"}', false],
    ['{"a":"123456789012345678901234567890123456789012"}', true],
    ['{"a":"ü2345678901234567890123456789012345678901"}', true],
    ['{"a":"ü23456789012345678901234567890123456789012"}', false],
    ['{"a":1e999}', false],
    ['{"a":[1,{"b":-1e999},2]}', false],
    ['{"a":[null,{"b":null}]}', true],
    ['null', false],
    ['5', false],
  ])('that is a free object: %s', (json, ok) => {
    expect(check(IsFreeObject(50), JSON.parse(json)) !== 'refused').toBe(ok);
  });

  it('that is an https URL has its own length limit, or 2,000', () => {
    const url = (length: number) => 'https://example.com/'.padEnd(length, 'x');
    expect(check(IsSafeHttpsUrl(), url(2_000))).toBe(url(2_000));
    expect(check(IsSafeHttpsUrl(), url(2_001))).toBe('refused');
    expect(check(IsSafeHttpsUrl(30), url(30))).toBe(url(30));
    expect(check(IsSafeHttpsUrl(30), url(31))).toBe('refused');
    expect(check(IsSafeHttpsUrl(), 'http://example.com/')).toBe('refused');
  });
});
