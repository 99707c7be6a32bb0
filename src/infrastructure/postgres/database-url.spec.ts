import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { clientOptionsOf, databaseUrlFault } from './database-url.ts';

describe('a DATABASE_URL', () => {
  it.each([
    'postgres://localhost/x',
    'postgresql://me:p%23s%2Fs@db.example:6432/x?sslmode=disable',
    'postgres://me:p@ss@db.example/x',
    'postgres://me:50%off@db.example/x',
    'postgres:///x?host=/var/run/postgresql&user=me@tenant',
    'postgres://me:secret@/x?host=/var/run/postgresql',
    'postgres://[::1]:5432/x',
    'postgres://h/x?options=-c%20statement_timeout%3D5s',
  ])('can be %s', (url) => {
    expect(databaseUrlFault(url)).toBeNull();
  });

  it.each([
    ['mysql://me:canary@h/x', /must be a URL such as postgres/],
    ['localhost', /must be a URL such as postgres/],
    ['postgres:me:canary@h/x', /must be a URL such as postgres/],
    ['postgres://me:can#ary@h/x', /#.*%23/],
    ['postgres://me:1/canary@h/x', /%2F/],
    ['postgres://me:1?canary@h/x', /%3F/],
    ['postgres://me:canary@h:port/x', /percent-encoded/],
    ['postgres://me:canary@h:65536/x', /percent-encoded/],
    ['postgres://me:canary@h/x?port=abc', /percent-encoded/],
    ['postgres://one:5432,two:5432/canary', /percent-encoded/],
    ['postgres://me:canary@h/x?sslmode=requrie', /unknown sslmode; use one of disable/],
    ['postgres://me:canary@h/x?sslrootcert=/missing/ca.pem', /file that cannot be read: \/missing\/ca.pem \(ENOENT\)/],
  ])('cannot be %s, which the message does not quote', (url, said) => {
    expect(databaseUrlFault(url)).toMatch(said);
    expect(databaseUrlFault(url)).not.toMatch(/canary|ary@/);
  });
});

describe('sslmode', () => {
  const warn = jest.fn();
  beforeAll(() => void process.on('warning', warn));
  afterAll(() => void process.off('warning', warn));
  const ssl = (query: string) => clientOptionsOf(`postgres://h/x?${query}`).ssl;

  it('verifies the certificate or disables TLS, without warnings from the library', async () => {
    for (const mode of ['prefer', 'require', 'verify-ca', 'verify-full']) expect(ssl(`sslmode=${mode}`)).toEqual({});
    expect(ssl('sslmode=disable')).toBe(false);
    expect(ssl('sslmode=no-verify')).toEqual({ rejectUnauthorized: false });
    expect(ssl('application_name=x&sslmode=require')).toEqual({});
    // With uselibpqcompat, sslmode means what it means to libpq.
    expect(ssl('sslmode=require&uselibpqcompat=true')).toEqual({ rejectUnauthorized: false });
    expect(ssl('application_name=x')).toBeUndefined();
    await new Promise((resolve) => setImmediate(resolve));
    expect(warn).not.toHaveBeenCalled();
  });
});
