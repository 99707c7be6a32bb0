import { describe, expect, it } from '@jest/globals';
import { clientConnectionString, parseConnectionString, redactor } from './connection-string.ts';

describe('parseConnectionString', () => {
  it('completes one host with options that detect a lost server in time', () => {
    const connection = parseConnectionString('esdb://localhost:2113?tls=false');
    expect(clientConnectionString(connection, 0)).toBe(
      'esdb://localhost:2113?tls=false&keepAliveInterval=5000&keepAliveTimeout=3000&defaultDeadline=2000',
    );
    expect(connection.credentials).toBeNull();
  });

  it.each([
    ['kurrentdb://u:p@h:2113?tls=false', 'esdb://h:2113'],
    ['kurrentdb+discover://cluster.example:2113', 'esdb+discover://cluster.example:2113'],
  ])('knows %s by its newer name', (text, target) => {
    expect(parseConnectionString(text).target).toBe(target);
  });

  it.each(['esdb://h:port', 'esdb://h:123456', 'esdb://a:1,,b:2', 'esdb://me:pa#ss@h:1', 'kurrent://h:1'])(
    'is not of the form: %s',
    (text) => {
      expect(() => parseConnectionString(text)).toThrow('is not of the form');
    },
  );

  it.each(['esdb://a:1,b:2,c:3', 'esdb+discover://cluster.example:2113'])('completes a cluster, %s', (text) => {
    const completed = clientConnectionString(parseConnectionString(text), 0);
    expect(completed.startsWith(`${text}?`)).toBe(true);
    for (const option of [
      'nodePreference=leader',
      'maxDiscoverAttempts=10',
      'discoveryInterval=200',
      'gossipTimeout=2',
    ]) {
      expect(completed).toContain(option);
    }
  });

  it("keeps the user's options, however they are spelled", () => {
    const text = 'esdb://h1:2113,h2:2113?Keep_Alive_Interval=9000&keepalivetimeout=-1&node-preference=follower';
    const completed = clientConnectionString(parseConnectionString(text), 0);
    expect(completed).toContain('Keep_Alive_Interval=9000');
    expect(completed.toLowerCase().match(/keep_?aliveinterval|keep_alive_interval/g)).toHaveLength(1);
    expect(completed).toContain('keepalivetimeout=-1');
    expect(completed).toContain('node-preference=follower');
    expect(completed).not.toContain('nodePreference');
  });

  it('never lets a failed append look like a success', () => {
    const completed = clientConnectionString(parseConnectionString('esdb://h:1?throwOnAppendFailure=false'), 0);
    expect(completed).not.toContain('throwOnAppendFailure');
  });

  it('removes user and password from the string, and decodes them', () => {
    const connection = parseConnectionString('esdb://svc%40corp:p%2Fs:s%26%3D@host:2113?tls=true');
    expect(connection.credentials).toEqual({ username: 'svc@corp', password: 'p/s:s&=' });
    expect(clientConnectionString(connection, 0).startsWith('esdb://host:2113?tls=true&')).toBe(true);
  });

  it.each([
    'postgres://user:hunter2@host',
    'esdb://user:hunter2@',
    'esdb://user:hun@ter2@host:2113',
    'esdb://user:hun/ter2@host:2113',
    'esdb://user:hunter2?@host:2113',
    'esdb://user:hunter2%@host:2113',
    'esdb://user:hunter2@host:2113?hunter2',
    'hunter2',
    '',
  ])('refuses %s without quoting any of it', (text) => {
    let message = '';
    try {
      parseConnectionString(text);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain('connection string');
    for (const part of ['hunter2', 'ter2', '@host:2113'])
      expect(message.replace('@]host:port', '')).not.toContain(part);
  });
});

describe('clientConnectionString', () => {
  it('differs for each generation, so that a new client does not share the connection of the last', () => {
    const connection = parseConnectionString('esdb://localhost:2113?tls=false');
    expect(clientConnectionString(connection, 1)).toContain('keepAliveTimeout=3001');
    expect(clientConnectionString(connection, 2)).toContain('keepAliveTimeout=3002');
    const without = parseConnectionString('esdb://localhost:2113?keepAliveTimeout=-1');
    expect(clientConnectionString(without, 0)).toContain('keepAliveTimeout=-1');
    expect(clientConnectionString(without, 1)).toContain('keepAliveTimeout=86400001');
  });
});

describe('redactor', () => {
  it('removes the password from a text in all its spellings', () => {
    const redact = redactor(parseConnectionString('esdb://svc:p%40ss%20word@host:2113'));
    const basic = Buffer.from('svc:p@ss word').toString('base64');
    for (const secret of ['p@ss word', 'p%40ss%20word', 'p@ss%20word', basic]) {
      expect(redact(`before ${secret} after`)).toBe('before [redacted] after');
    }
  });

  it('leaves texts without a password alone', () => {
    expect(redactor(parseConnectionString('esdb://host:2113'))('as it is')).toBe('as it is');
    expect(redactor(null)('as it is')).toBe('as it is');
  });
});
