import type { OpenAPIObject } from '@nestjs/swagger';
import type { ProblemType } from '../../../infrastructure/http/problems/problem-details.ts';
import { HTTP_PROBLEMS, PROBLEM_MEDIA_TYPE } from '../../../infrastructure/http/problems/problem-details.ts';
import type { Route } from '../../../infrastructure/http/http-route.ts';
import { PROBLEM_TYPE_BASE, PROBLEM_TYPES } from '../problems.ts';
import { submitted } from '../requests/resource.ts';
import { PROBLEM_EXAMPLES } from './problem-examples.ts';
import { COMMON_HEADERS } from './headers.ts';

const TYPES: Readonly<Record<string, ProblemType>> = { ...HTTP_PROBLEMS, ...PROBLEM_TYPES };

type Responses = NonNullable<NonNullable<OpenAPIObject['components']>['responses']>;
type Response = Exclude<Responses[string], { $ref: string }>;

/** Problems that any call can get. */
const OF_EVERY_ROUTE = [
  'validation-failed',
  'invalid-header',
  'unauthenticated',
  'forbidden',
  'not-acceptable',
  'headers-too-large',
  'rate-limited',
  'shutting-down',
  // Any call may carry credentials whose verification needs another service.
  'event-store-unavailable',
  'identity-provider-unavailable',
];
const OF_PATHS_WITH_PARAMETERS = ['invalid-id'];
const OF_PATHS_WITH_IDS = ['not-found'];
const OF_BODIES = ['malformed-json', 'request-timeout', 'payload-too-large', 'unsupported-media-type'];
const OF_COMMANDS_ON_REQUESTS = ['conflict', 'idempotency-key-reused', 'foreign-log'];
const OF_COMMANDS_ON_ONE_REQUEST = ['version-mismatch', 'history-truncated'];

/** Whether a route is about requests, whose commands have versions and idempotency keys. Other resources have rules of their own. */
export function isOfRequests({ path }: Route): boolean {
  return path.includes('/requests');
}

/** All problem codes of a route: those implied by its method and path, and those it declares. Throws on an unknown code. */
function codesOf(route: Route): string[] {
  const isCommand = route.method !== 'GET';
  const hasParameters = route.path.includes('/:');
  const codes = [
    ...OF_EVERY_ROUTE,
    ...(hasParameters ? OF_PATHS_WITH_PARAMETERS : []),
    ...(route.path.includes('/:id') ? OF_PATHS_WITH_IDS : []),
    ...(isCommand ? OF_BODIES : []),
    ...(isCommand && isOfRequests(route) ? OF_COMMANDS_ON_REQUESTS : []),
    ...(isCommand && isOfRequests(route) && hasParameters ? OF_COMMANDS_ON_ONE_REQUEST : []),
    ...(route.codes ?? []),
  ];
  const unknown = codes.filter((code) => !(code in TYPES));
  if (unknown.length > 0) throw new Error(`${route.id} declares problems that are not known: ${unknown.join(', ')}.`);
  return Object.keys(TYPES).filter((code) => codes.includes(code));
}

/** Whether the route answers with Server-Sent Events. */
export function isEventStream({ produces }: Route): boolean {
  return produces.includes('text/event-stream');
}

/** All problem codes of a route by status, with unforeseen errors under `default`. */
export function byStatus(route: Route): [string, readonly string[]][] {
  return [
    ...Map.groupBy(codesOf(route), (code) => String(TYPES[code]?.status)),
    // Here it is the position that belongs to another log, and not the read model.
    ...(isEventStream(route) ? [['409', ['foreign-log']] as [string, string[]]] : []),
    ['default', ['internal-error']],
  ];
}

/** A reference to the response for these codes in `components`, shared by routes with the same problems. */
export function sharedResponse(codes: readonly string[], status: string, components: Responses): { $ref: string } {
  const name = codes.map(pascal).join('Or');
  components[name] ??= problemResponse(codes, status);
  return { $ref: `#/components/responses/${name}` };
}

/** The response for `codes` with this status, or `default`. */
export function problemResponse(codes: readonly string[], given: string): Response {
  const status = given === 'default' ? 500 : Number(given);
  return {
    description: codes.map((code) => `\`${code}\`: ${TYPES[code]?.title}.`).join(' '),
    headers: headersOf(status),
    content: {
      [PROBLEM_MEDIA_TYPE]: {
        schema: {
          allOf: [
            { $ref: '#/components/schemas/ProblemResource' },
            { type: 'object', required: ['code'], properties: { code: { type: 'string', enum: [...codes] } } },
          ],
        },
        examples: Object.fromEntries(codes.map((code) => [code, { value: problemExample(code, status) }])),
      },
    },
  };
}

function headersOf(status: number): Record<string, { $ref: string }> {
  const own: Readonly<Record<number, readonly string[]>> = {
    401: ['WWW-Authenticate'],
    412: ['ETag'],
    415: ['Accept-Patch', 'Accept-Encoding'],
    429: ['Retry-After'],
    503: ['Retry-After'],
  };
  return headerReferences([...COMMON_HEADERS, ...(own[status] ?? [])]);
}

export function headerReferences(names: readonly string[]): Record<string, { $ref: string }> {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

function problemExample(code: string, status: number): object {
  return {
    type: PROBLEM_TYPE_BASE + code,
    title: TYPES[code]?.title,
    status,
    detail: `${TYPES[code]?.title}.`,
    instance: `/api/v1/automation/requests/${submitted.id}`,
    code,
    request_id: '5f0c7f0a-52f5-4f6e-9f3e-0b7f2f0d9e33',
    ...PROBLEM_EXAMPLES[code],
  };
}

function pascal(code: string): string {
  return code.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
}
