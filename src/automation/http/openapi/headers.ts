import type { OpenAPIObject } from '@nestjs/swagger';

type Components = NonNullable<OpenAPIObject['components']>;

const VISIBLE_ASCII = '^[!-~]+$';
const POSITION = { type: 'string', pattern: String.raw`^\d{1,19}$` };
const VERSION_TAG = { type: 'string', pattern: String.raw`^"(0|[1-9]\d*)"$` };
const UUID = { type: 'string', format: 'uuid' };

/** Headers of answers. `required`: it is on every answer that names it. */
export const HEADERS: NonNullable<Components['headers']> = {
  'X-Request-Id': { required: true, description: 'Of this call, in logs and problems', schema: UUID },
  'X-Correlation-Id': {
    required: true,
    description: 'As it was sent, or made',
    schema: { type: 'string', pattern: VISIBLE_ASCII, maxLength: 128 },
  },
  'RateLimit-Policy': {
    description: 'How many calls the caller may make in how many seconds, where calls are limited',
    schema: { type: 'string' },
    example: '"calls";q=600;w=60',
  },
  RateLimit: {
    description: 'How many of them are left, and for how many seconds that holds',
    schema: { type: 'string' },
    example: '"calls";r=599;t=1',
  },
  ETag: { required: true, description: 'The version of the request', schema: VERSION_TAG, example: '"0"' },
  Location: {
    required: true,
    description: 'Where that which is new is to be found',
    schema: { type: 'string', format: 'uri-reference' },
  },
  Link: {
    description: 'The next page, with `rel="next"`; the last page has none',
    schema: { type: 'string', pattern: '^<[^>]+>; rel="next"$' },
  },
  'Automation-Position': {
    required: true,
    description: 'Sent back with a read, on any instance, it makes the read show what was written here',
    schema: POSITION,
    example: '1024',
  },
  'Automation-Consistency': {
    description: 'Only when the list may be behind what the caller has written',
    schema: { type: 'string', enum: ['eventual'] },
  },
  'Idempotent-Replayed': {
    description: 'Only on an answer that is given again, to a command that was carried out before',
    schema: { type: 'string', enum: ['true'] },
  },
  'Retry-After': { required: true, description: 'Seconds', schema: { type: 'string', pattern: String.raw`^\d+$` } },
  'WWW-Authenticate': {
    required: true,
    description: 'How to authenticate',
    schema: { type: 'string', pattern: '^Bearer' },
  },
  'Accept-Patch': { description: 'What a PATCH may be sent as', schema: { type: 'string' } },
  'Accept-Encoding': { description: 'How a body may be encoded: not at all', schema: { type: 'string' } },
};

/** On every answer. */
export const COMMON_HEADERS: readonly string[] = ['X-Request-Id', 'X-Correlation-Id', 'RateLimit-Policy', 'RateLimit'];

/** Headers of calls, all optional. They have no examples: the page of the documentation would send those with each call that is tried out. */
export const PARAMETERS: NonNullable<Components['parameters']> = {
  'X-Correlation-Id': {
    name: 'X-Correlation-Id',
    in: 'header',
    description:
      'Ties calls together, such as `build-4711`: it comes back with the answer, and is in every event of the call',
    schema: { type: 'string', pattern: VISIBLE_ASCII, maxLength: 128 },
  },
  'Idempotency-Key': {
    name: 'Idempotency-Key',
    in: 'header',
    description: 'Makes the command safe to repeat: the same key, path and body are carried out once',
    schema: { type: 'string', pattern: VISIBLE_ASCII, minLength: 1, maxLength: 255 },
  },
  'If-Match': {
    name: 'If-Match',
    in: 'header',
    description:
      'Only when the request is still at this version, as it came in `ETag`, such as `"0"`, or at one of a list; `*` is any',
    schema: { type: 'string' },
  },
  'If-None-Match': {
    name: 'If-None-Match',
    in: 'header',
    description: 'Entity tags the caller has: 304 when the request is still at one of them',
    schema: { type: 'string' },
  },
  'Automation-Position': {
    name: 'Automation-Position',
    in: 'header',
    description: "From a command's answer: the read waits up to a second to show what it wrote",
    schema: POSITION,
  },
};

export const SECURITY_SCHEMES: NonNullable<Components['securitySchemes']> = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description:
      'An API key, where keys are configured; the scopes of a route are what the key needs. Without keys the service answers on the loopback interface only, and every scope is open without credentials.',
  },
  attempt_token: {
    type: 'http',
    scheme: 'bearer',
    description: "The worker's token of a claim: it opens what belongs to its own request and attempt.",
  },
  agent_token: {
    type: 'http',
    scheme: 'bearer',
    description:
      "The agent's token of a claim: it opens its own request, without the right to rewrite its orders, to end it without evidence, or to leave a block.",
  },
};
