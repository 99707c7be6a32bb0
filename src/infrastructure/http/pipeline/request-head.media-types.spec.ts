import { describe, expect, it } from '@jest/globals';
import { isUtf8Of, negotiate } from './request-head.ts';

const JSON_ONLY = ['application/json'];
const LOG = ['application/json', 'application/x-ndjson'];

describe('negotiate', () => {
  it.each([
    undefined,
    '',
    '*/*',
    'application/json',
    'APPLICATION/JSON',
    'application/*',
    'application/json; charset=utf-8',
    'text/html, application/xhtml+xml, */*;q=0.8',
    'text/html,application/json;q=0.1',
    'application/json;q=0.5',
    'application/json ; q=1.000',
    'garbage, */*',
    '*/*;q=0.1, text/html;q=0',
  ])('finds JSON in %j', (accept) => {
    expect(negotiate(accept, JSON_ONLY)).toBe('application/json');
  });

  it.each([
    'text/html',
    'application/xml',
    'application/problem+json',
    'application/jsonp',
    'text/*',
    'application/json;q=0',
    'application/json;q=0.000',
    '*/*;q=0',
    'application/json;q=0, */*',
    'application/*;q=0, */*;q=0.5',
    'application/json;q=2',
    'application/json;q=',
    '*',
    'json',
    '/',
    ',',
    ';q=1',
  ])('finds none in %j', (accept) => {
    expect(negotiate(accept, JSON_ONLY)).toBeUndefined();
  });

  it.each([
    ['application/x-ndjson', 'application/x-ndjson'],
    ['*/*', 'application/json'],
    ['application/*', 'application/json'],
    ['application/x-ndjson, */*', 'application/x-ndjson'],
    ['application/x-ndjson;q=0.5, application/json', 'application/json'],
    ['application/json;q=0.5, application/x-ndjson', 'application/x-ndjson'],
    ['application/json, application/x-ndjson', 'application/json'],
    ['application/json;q=0, */*', 'application/x-ndjson'],
    [undefined, 'application/json'],
  ])('%j prefers %s of two types', (accept, type) => {
    expect(negotiate(accept, LOG)).toBe(type);
  });

  it('accepts anything if nothing is named', () => {
    expect(negotiate('text/html', [])).toBe('');
  });
});

describe('isUtf8Of', () => {
  it.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/json; charset="utf-8"',
    'application/json ; charset=utf-8 ;',
    'application/json; version=1',
  ])('takes %s', (type) => {
    expect(isUtf8Of(type, JSON_ONLY)).toBe(true);
  });

  it.each([
    '',
    'application/x-www-form-urlencoded',
    'text/plain',
    'text/json',
    'application/merge-patch+json',
    'application/jsonx',
    'application/json, text/plain',
    'application/json; charset=latin1',
    'application/json; charset=utf-16',
    'application/json; charset=utf8',
    'application/json; charset=',
    'application/json; charset=utf-8; charset=utf-8',
    'application/json; charset=utf-8; charset=latin1',
    'application/json charset=utf-8',
    'application/json; "',
    'json',
  ])('refuses %j', (type) => {
    expect(isUtf8Of(type, JSON_ONLY)).toBe(false);
  });
});
