import { describe, expect, it } from '@jest/globals';
import type { Request } from 'express';
import { checkHost } from './request-head.ts';
import { Problem } from '../problems/problem-details.ts';
import type { RequestTarget } from './request-head.ts';

interface Sent {
  readonly hosts?: readonly string[];
  readonly authority?: string;
  readonly httpVersion?: string;
}

/** `ok`, or the code of the problem. */
function check({ hosts = ['localhost'], authority, httpVersion = '1.1' }: Sent, loopbackOnly: boolean): string {
  const request = { httpVersion, headers: { host: hosts[0] }, rawHeaders: hosts.flatMap((host) => ['Host', host]) };
  try {
    checkHost(request as unknown as Request, { authority } as RequestTarget, loopbackOnly);
    return 'ok';
  } catch (error) {
    if (error instanceof Problem) return `${error.status} ${error.code}`;
    throw error;
  }
}

describe('the Host header', () => {
  it.each([true, false])('is required exactly once (loopback only: %s)', (loopbackOnly) => {
    expect(check({ hosts: [] }, loopbackOnly)).toBe('400 invalid-header');
    expect(check({ hosts: ['localhost', 'localhost'] }, loopbackOnly)).toBe('400 invalid-header');
    expect(check({ hosts: ['localhost', 'localhost'], httpVersion: '1.0' }, loopbackOnly)).toBe('400 invalid-header');
  });

  it('may be absent in HTTP/1.0 if any host is served', () => {
    expect(check({ hosts: [], httpVersion: '1.0' }, false)).toBe('ok');
    expect(check({ hosts: [], httpVersion: '1.0' }, true)).toBe('403 forbidden');
  });

  it.each(['localhost', 'LocalHost', 'localhost:8000', '127.0.0.1', '127.0.0.1:1', '[::1]', '[::1]:65535'])(
    '%s is this machine',
    (host) => {
      expect(check({ hosts: [host] }, true)).toBe('ok');
    },
  );

  it.each([
    '',
    'example.com',
    'localhost.example.com',
    'evil-localhost',
    'localhost:',
    'localhost:123456',
    'localhost:80a',
    '127.0.0.11',
    '127x0x0x1',
    '127.1',
    '::1',
    '[::1',
    '[::2]',
    'localhost\n',
  ])('%j is not, unless any host is served', (host) => {
    expect(check({ hosts: [host] }, true)).toBe('403 forbidden');
    expect(check({ hosts: [host] }, false)).toBe('ok');
  });

  it('does not override a target that names another host', () => {
    expect(check({ authority: 'example.com' }, true)).toBe('403 forbidden');
    expect(check({ authority: 'localhost:8000' }, true)).toBe('ok');
    expect(check({ authority: 'example.com' }, false)).toBe('ok');
  });
});
