import type { OpenAPIObject } from '@nestjs/swagger';

type Components = NonNullable<OpenAPIObject['components']>;

const VISIBLE_ASCII = '^[!-~]+$';
const POSITION = { type: 'string', pattern: String.raw`^\d{1,19}$` };
const VERSION_TAG = { type: 'string', pattern: String.raw`^"(0|[1-9]\d*)"$` };
const UUID = { type: 'string', format: 'uuid' };

/** Response headers. `required`: sent with every response that lists the header. */
export const HEADERS: NonNullable<Components['headers']> = {
  'X-Request-Id': { required: true, description: 'Identifies this call in logs and problems', schema: UUID },
  'X-Correlation-Id': {
    required: true,
    description: 'As sent with the call, or else generated',
    schema: { type: 'string', pattern: VISIBLE_ASCII, maxLength: 128 },
  },
  'RateLimit-Policy': {
    description: 'The quota of calls (`q`) per window of seconds (`w`), if calls are limited',
    schema: { type: 'string' },
    example: '"calls";q=600;w=60',
  },
  RateLimit: {
    description: 'The calls remaining (`r`), and the seconds until the quota is restored (`t`)',
    schema: { type: 'string' },
    example: '"calls";r=599;t=1',
  },
  ETag: { required: true, description: 'The version of the request', schema: VERSION_TAG, example: '"0"' },
  Location: {
    required: true,
    description: 'URL of the new resource',
    schema: { type: 'string', format: 'uri-reference' },
  },
  Link: {
    description: 'URL of the next page, with `rel="next"`; not on the last page',
    schema: { type: 'string', pattern: '^<[^>]+>; rel="next"$' },
  },
  'Automation-Position': {
    required: true,
    description: 'Send it with a read, to any instance, and the read reflects this write',
    schema: POSITION,
    example: '1024',
  },
  'Automation-Consistency': {
    description: 'Only if the list may not reflect the latest writes of the caller yet',
    schema: { type: 'string', enum: ['eventual'] },
  },
  'Idempotent-Replayed': {
    description: 'Only on the repeated answer to a command that was already carried out',
    schema: { type: 'string', enum: ['true'] },
  },
  'Retry-After': {
    required: true,
    description: 'Seconds to wait before the next call',
    schema: { type: 'string', pattern: String.raw`^\d+$` },
  },
  'WWW-Authenticate': {
    required: true,
    description: 'How to authenticate',
    schema: { type: 'string', pattern: '^Bearer' },
  },
  'Accept-Patch': { description: 'The media types that a PATCH accepts', schema: { type: 'string' } },
  'Accept-Encoding': { description: 'The content encodings that are accepted: none', schema: { type: 'string' } },
};

/** Sent with every response. */
export const COMMON_HEADERS: readonly string[] = ['X-Request-Id', 'X-Correlation-Id', 'RateLimit-Policy', 'RateLimit'];

/** Request headers, all optional. They have no examples, since Swagger UI would send those with every call from "Try it out". */
export const PARAMETERS: NonNullable<Components['parameters']> = {
  'X-Correlation-Id': {
    name: 'X-Correlation-Id',
    in: 'header',
    description:
      'Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call.',
    schema: { type: 'string', pattern: VISIBLE_ASCII, maxLength: 128 },
  },
  'Idempotency-Key': {
    name: 'Idempotency-Key',
    in: 'header',
    description: 'Makes the command safe to retry: the same key, path and body are carried out once.',
    schema: { type: 'string', pattern: VISIBLE_ASCII, minLength: 1, maxLength: 255 },
  },
  'If-Match': {
    name: 'If-Match',
    in: 'header',
    description:
      'The command is only carried out if the request is at this version, as returned in `ETag`, such as `"0"`, or at one of several. `*` matches any version.',
    schema: { type: 'string' },
  },
  'If-None-Match': {
    name: 'If-None-Match',
    in: 'header',
    description: 'Entity tags that the caller has. If the request is at one of these versions, the response is 304.',
    schema: { type: 'string' },
  },
  'Automation-Position': {
    name: 'Automation-Position',
    in: 'header',
    description: "From the answer to a command: the read waits up to a second for the command's changes.",
    schema: POSITION,
  },
  'Last-Event-ID': {
    name: 'Last-Event-ID',
    in: 'header',
    description: 'The `id` of the last event that the client has. It wins over `after`.',
    schema: POSITION,
  },
};

export const SECURITY_SCHEMES: NonNullable<Components['securitySchemes']> = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description:
      'An API key. It needs the scopes of the operation. As long as there are no API keys, the service only answers on the loopback interface, and every operation is open without credentials.',
  },
  attempt_token: {
    type: 'http',
    scheme: 'bearer',
    description: "The worker's token of a claim, valid for its own request and attempt.",
  },
  agent_token: {
    type: 'http',
    scheme: 'bearer',
    description:
      "The agent's token of a claim, valid for its own request. It cannot change what was asked for, complete the request without evidence, or unblock it.",
  },
};
