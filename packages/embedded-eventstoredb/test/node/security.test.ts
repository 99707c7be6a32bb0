import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AccessDeniedError, UnavailableError } from '@eventstore/db-client';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { firstLine, startCommand } from '../support/command-line.ts';
import { contentOf, controlsTheNode, events, newStream, NodeBench } from '../support/node.ts';

const hasOpenSsl = (() => {
  try {
    execFileSync('openssl', ['version']);
    return true;
  } catch {
    return false;
  }
})();

/** A certificate authority of our own and a certificate for localhost that it signed, as files. */
function makeCertificates(directory: string) {
  const file = (name: string) => join(directory, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '2', '-subj', '/CN=test ca');
  openssl('req', ...key, '-keyout', 'node.key', '-out', 'node.csr', '-subj', '/CN=localhost');
  writeFileSync(file('ext'), 'subjectAltName=DNS:localhost,IP:127.0.0.1');
  openssl(
    'x509',
    '-req',
    '-in',
    'node.csr',
    '-CA',
    'ca.crt',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-out',
    'node.crt',
    '-days',
    '2',
    '-extfile',
    'ext',
  );
  return { caFile: file('ca.crt'), certificateFile: file('node.crt'), keyFile: file('node.key') };
}

(controlsTheNode && hasOpenSsl ? describe : describe.skip)('TLS and users', () => {
  const bench = new NodeBench();
  let files: ReturnType<typeof makeCertificates>;
  beforeEach(() => {
    files = makeCertificates(bench.directory());
  });
  afterEach(() => bench.clean());

  const tls = () => ({
    certificate: readFileSync(files.certificateFile, 'utf8'),
    key: readFileSync(files.keyFile, 'utf8'),
    caFile: files.caFile,
  });

  it('serves clients that trust the certificate, and none in plain text', async () => {
    const { connectionString, port } = await bench.node({ inMemory: true, tls: tls() });
    expect(connectionString).toBe(`esdb://127.0.0.1:${port}?tls=true&tlsCAFile=${files.caFile}`);
    const client = bench.client(connectionString);
    const stream = newStream();
    await client.appendToStream(stream, events('ab'));
    expect(await contentOf(client, stream)).toBe('0:a 1:b');
    const plain = bench.client(`esdb://127.0.0.1:${port}?tls=false`);
    expect(await contentOf(plain, stream)).toBe(UnavailableError.name);
  });

  it('admits callers with a password, on every path, and no one else', async () => {
    const users = { admin: 'changeit', zoë: 'pass:word' };
    const { port } = await bench.node({ inMemory: true, tls: tls(), users });
    const url = (credentials: string, name: string) =>
      `esdb://${credentials}127.0.0.1:${port}?tls=true&tlsCAFile=${files.caFile}&connectionName=${name}`;
    const known = bench.client(url('admin:changeit@', 'known'));
    const stream = newStream();
    await known.appendToStream(stream, events('a'));
    await known.appendToStream(stream, events('b'), { credentials: { username: 'zoë', password: 'pass:word' } });
    expect(await contentOf(known, stream)).toBe('0:a 1:b');
    const refused = { credentials: { username: 'admin', password: 'wrong' } };
    await expect(known.appendToStream(stream, events('c'), refused)).rejects.toBeInstanceOf(AccessDeniedError);
    expect(await contentOf(bench.client(url('admin:wrong@', 'wrong')), stream)).toBe('AccessDeniedError');
    const anonymous = bench.client(url('', 'anonymous'));
    expect(await contentOf(anonymous, stream)).toBe('AccessDeniedError');
    await expect(anonymous.deleteStream(stream)).rejects.toBeInstanceOf(AccessDeniedError);
    expect(await contentOf(known, stream)).toBe('0:a 1:b');
  });

  it('are set up from files on the command line', async () => {
    const usersFile = join(bench.directory(), 'users.json');
    writeFileSync(usersFile, JSON.stringify({ ops: 'secret' }));
    const args = ['--tls-cert', files.certificateFile, '--tls-key', files.keyFile, '--tls-ca', files.caFile];
    const child = startCommand(bench, '--in-memory', '--port', '0', ...args, '--users-file', usersFile);
    const line = await firstLine(child);
    expect(line).not.toContain('secret');
    const client = bench.client(line.replace('esdb://', 'esdb://ops:secret@'));
    const stream = newStream();
    await client.appendToStream(stream, events('a'));
    expect(await contentOf(client, stream)).toBe('0:a');
  });
});
