/** The change that the demo's stand-in agent makes: prepared in advance, with tests that really run. */

export const PLAN = `# Rate limiting for public endpoints

A fixed one-minute window per client address, kept in memory: simple, and enough for one instance.

1. A limiter that counts requests and returns how long to wait.
2. Middleware for /api/v1/public/* that answers 429 with Retry-After.

Out of scope: limits shared between instances, which need shared storage.
`;

export interface DemoMilestone {
  readonly id: string;
  readonly title: string;
  readonly files: Readonly<Record<string, string>>;
}

export const MILESTONES: readonly DemoMilestone[] = [
  {
    id: 'limiter',
    title: 'A limiter per client address',
    files: {
      'rate-limiter.mjs': `/** Allows \`limit\` calls per key in a window of \`windowMs\`. Returns 0 if allowed, otherwise the seconds to wait. */
export function createLimiter({ limit, windowMs, now = Date.now }) {
  const windows = new Map();
  return (key) => {
    const time = now();
    const window = windows.get(key);
    if (!window || time >= window.endsAt) {
      windows.set(key, { endsAt: time + windowMs, count: 1 });
      return 0;
    }
    window.count += 1;
    return window.count <= limit ? 0 : Math.ceil((window.endsAt - time) / 1000);
  };
}
`,
      'rate-limiter.test.mjs': `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLimiter } from './rate-limiter.mjs';

test('a client may send 100 requests a minute, then waits for the rest of the minute', () => {
  let time = 0;
  const limiter = createLimiter({ limit: 100, windowMs: 60_000, now: () => time });
  for (let i = 0; i < 100; i += 1) assert.equal(limiter('10.0.0.1'), 0);
  time = 20_000;
  assert.equal(limiter('10.0.0.1'), 40);
});

test('other clients are not affected', () => {
  const limiter = createLimiter({ limit: 1, windowMs: 60_000, now: () => 0 });
  limiter('10.0.0.1');
  assert.equal(limiter('10.0.0.2'), 0);
});

test('the next minute starts with a full limit', () => {
  let time = 0;
  const limiter = createLimiter({ limit: 1, windowMs: 60_000, now: () => time });
  limiter('10.0.0.1');
  time = 60_000;
  assert.equal(limiter('10.0.0.1'), 0);
});
`,
    },
  },
  {
    id: 'middleware',
    title: 'Middleware for /api/v1/public/*',
    files: {
      'middleware.mjs': `import { createLimiter } from './rate-limiter.mjs';

/** Answers 429 with Retry-After when a client exceeds its limit; paths outside /api/v1/public/ are not limited. */
export function limitPublic(limiter = createLimiter({ limit: 100, windowMs: 60_000 })) {
  return (request, response, next) => {
    if (!request.url.startsWith('/api/v1/public/')) return next();
    const waitSeconds = limiter(request.socket.remoteAddress);
    if (waitSeconds === 0) return next();
    response.writeHead(429, { 'Retry-After': String(waitSeconds) }).end();
  };
}
`,
      'middleware.test.mjs': `import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { limitPublic } from './middleware.mjs';
import { createLimiter } from './rate-limiter.mjs';

test('only public endpoints are limited', async (t) => {
  const limited = limitPublic(createLimiter({ limit: 2, windowMs: 60_000 }));
  const server = createServer((request, response) => limited(request, response, () => response.end('ok')));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const get = async (path) => (await fetch(\`http://127.0.0.1:\${server.address().port}\${path}\`)).status;
  assert.deepEqual([await get('/api/v1/public/a'), await get('/api/v1/public/b'), await get('/api/v1/public/c')], [200, 200, 429]);
  assert.equal(await get('/api/v1/private'), 200);
});
`,
    },
  },
];
