import type { OpenAPIObject } from '@nestjs/swagger';
import type { Answer } from '../../../infrastructure/http/answers.ts';
import type { Route } from '../../../infrastructure/http/http-route.ts';
import { COMMON_HEADERS, HEADERS, PARAMETERS, SECURITY_SCHEMES } from './headers.ts';
import {
  byStatus,
  headerReferences,
  isEventStream,
  isOfRequests,
  problemResponse,
  sharedResponse,
} from './refusals.ts';

type Paths = OpenAPIObject['paths'];
type Operation = NonNullable<Paths[string]['get']>;
type Method = 'get' | 'post' | 'patch' | 'put' | 'delete';
type Components = NonNullable<OpenAPIObject['components']>;
type Response = Exclude<NonNullable<Operation['responses'][string]>, { $ref: string }>;
type Schema = Exclude<NonNullable<Components['schemas']>[string], { $ref: string }>;
type Body = Exclude<NonNullable<Operation['requestBody']>, { $ref: string }>;

const DESCRIPTION = `Autonomous software development with Claude Code: submit requests, follow their progress, review their history.

Errors are \`application/problem+json\` (RFC 9457). Programs match on \`code\`; \`type\` links to what can be done about the problem. HEAD is
answered like GET, and OPTIONS with \`Allow\`. A method that a path does not support is answered with 405 \`method-not-allowed\` and \`Allow\`,
an unknown path with 404 \`not-found\`. Bytes that are not valid HTTP are answered with 400 \`invalid-header\`, and requests that do not
arrive in time with 408 \`request-timeout\`, whatever their path.

In bodies, null for an optional field means the same as omitting the field, except in PATCH, where it clears fields that can be cleared.

Commands with an \`Idempotency-Key\` are safe to retry: if the answer to a command is lost, send the command again with the same key. It is
carried out once, and the first answer is returned again.`;

/**
 * Adds to the generated document what the framework does not know: problems, headers, security and examples of every route. Changes and
 * returns the given document.
 *
 * @param routes all routes of the application, from the table that dispatches them
 */
export function completeDocument(document: OpenAPIObject, routes: readonly Route[]): OpenAPIObject {
  document.info.description = DESCRIPTION;
  document.info.license = { name: 'Apache 2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' };
  delete document.info.contact;
  document.servers = [{ url: '/', description: 'The service that served this document.' }];
  document.tags = [
    { name: 'requests', description: 'Submit, follow and change requests.' },
    { name: 'attempts', description: 'For workers: claim a request, keep its lease, report the end.' },
    { name: 'workers', description: 'Which workers there are, and how they are.' },
    { name: 'history', description: 'What happened, in order, and who did it.' },
    { name: 'projections', description: 'Read models and forwarders: their state, and whether it is right.' },
    { name: 'access', description: 'Who the caller is.' },
    { name: 'keys', description: 'API keys, for administrators.' },
    { name: 'health', description: 'The health of the service.' },
  ];
  const components: Components = (document.components ??= {});
  components.headers = HEADERS;
  components.parameters = PARAMETERS;
  components.securitySchemes = { ...components.securitySchemes, ...SECURITY_SCHEMES };
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    const operation = document.paths[path]?.[route.method.toLowerCase() as Method];
    if (operation) complete(operation, route, components);
  }
  return document;
}

function complete(operation: Operation, route: Route, components: Components): void {
  operation.security = securityOf(route.scopes);
  operation.parameters = [...pathAndQuery(operation, route), ...headerParameters(route)];
  if (operation.requestBody) completeBody(operation.requestBody as Body, route, components);
  for (const [status, answer] of Object.entries(route.answers)) {
    const response = operation.responses[status] as Response;
    describe(response, answer, components);
    if (status.startsWith('2')) completeAnswer(response, answer, route);
  }
  if (hasVersion(route)) {
    operation.responses['304'] = {
      description: 'The caller already has this version (`If-None-Match`).',
      headers: headerReferences([...COMMON_HEADERS, 'ETag']),
    };
  }
  for (const [status, codes] of byStatus(route)) {
    const own = operation.responses[status] as Response | undefined;
    operation.responses[status] = own?.content
      ? beside(own, problemResponse(codes, status))
      : sharedResponse(codes, status, (components.responses ??= {}));
  }
}

/** Uses the description of the resource for a response that returns one. */
function describe(response: Response, answer: Answer, components: Components): void {
  const schema = typeof answer === 'function' ? components.schemas?.[answer.name] : undefined;
  if (schema && 'description' in schema && schema.description) response.description = schema.description;
}

/** Merges a response of the route with a problem of the same status. */
function beside(own: Response, problem: Response): Response {
  return {
    description: `${own.description} Or ${problem.description}`,
    headers: { ...problem.headers, ...own.headers },
    content: { ...own.content, ...problem.content },
  };
}

function isCommand({ method }: Route): boolean {
  return method !== 'GET';
}

/** Whether the route supports `If-None-Match`. */
function hasVersion(route: Route): boolean {
  return !isCommand(route) && route.path.endsWith('/requests/:id');
}

function pathAndQuery(operation: Operation, route: Route): NonNullable<Operation['parameters']> {
  for (const parameter of operation.parameters ?? []) {
    if (!('in' in parameter) || parameter.in !== 'path') continue;
    const found = Object.entries(PATH_PARAMETERS).find(
      ([part]) => `${route.path}/`.includes(`/${part}/`) && part.endsWith(`:${parameter.name}`),
    );
    Object.assign(parameter, found?.[1]);
  }
  return operation.parameters ?? [];
}

const UUID = { type: 'string', format: 'uuid' };

const TILE_PATH = {
  description: 'A part of the index of the tile in C2SP form, or its width.',
  schema: { type: 'string', maxLength: 64 },
};

/** By parameter and the path segment before it. */
const PATH_PARAMETERS: Readonly<Record<string, { description: string; schema: object }>> = {
  'requests/:id': { description: "The request's id. Case-insensitive.", schema: UUID },
  'attempts/:attempt': {
    description: 'The number of the attempt.',
    schema: { type: 'integer', minimum: 0, maximum: 999_999_999 },
  },
  'versions/:version': {
    description: "The version of the request: the revision of an event in the request's stream.",
    schema: { type: 'integer', minimum: 0, maximum: 999_999_999 },
  },
  'keys/:id': { description: "The key's id. Case-insensitive.", schema: UUID },
  'projections/:projection': {
    description: "The projection's name.",
    schema: { type: 'string', pattern: '^[\\w.-]{1,64}$' },
  },
  'tile/:level': {
    description: 'The level of the tile, 0 to 63, or `entries`.',
    schema: { type: 'string', maxLength: 64 },
  },
  ':level/:first': TILE_PATH,
  ':first/:second': TILE_PATH,
  ':second/:third': TILE_PATH,
  'workers/:worker': { description: "The worker's name, percent-encoded.", schema: { type: 'string', maxLength: 200 } },
};

function headerParameters(route: Route): { $ref: string }[] {
  const isOnOne = isOfRequests(route) && route.path.includes('/:id');
  // Keys are read from their stream, which is always current, and a checkpoint is asked for by a command.
  const mayBeBehind =
    !route.path.includes('/keys') && !route.path.includes('/workers') && !route.path.includes('/proof');
  const names = [
    'X-Correlation-Id',
    ...(isCommand(route) ? ['Idempotency-Key'] : mayBeBehind && !isEventStream(route) ? ['Automation-Position'] : []),
    ...(isCommand(route) && isOnOne ? ['If-Match'] : []),
    ...(hasVersion(route) ? ['If-None-Match'] : []),
    ...(isEventStream(route) ? ['Last-Event-ID'] : []),
  ];
  return names.map((name) => ({ $ref: `#/components/parameters/${name}` }));
}

/** Alternatives, each of which is sufficient. Empty: public. */
function securityOf(scopes: readonly string[]): Record<string, string[]>[] {
  return scopes.flatMap((scope): Record<string, string[]>[] => {
    if (scope === 'token:any') return [{ attempt_token: [] }, { agent_token: [] }];
    if (scope === 'token:worker') return [{ attempt_token: [] }];
    if (scope === 'token:agent') return [{ agent_token: [] }];
    return [{ bearer: [scope] }];
  });
}

function completeBody(body: Body, route: Route, components: Components): void {
  const json = body.content['application/json'];
  if (!json) return;
  const examples = route.bodies && { examples: examplesOf(route.bodies) };
  const content = { ...json, ...examples };
  body.content = {
    'application/json': content,
    ...(route.method === 'PATCH' ? { 'application/merge-patch+json': content } : {}),
  };
  const name = json.schema && '$ref' in json.schema ? (json.schema.$ref.split('/').at(-1) ?? '') : '';
  // In a merge patch, null clears a field, so nullable fields are declared as such.
  const schema = closeBody(components, name, { nullIsAbsent: route.method !== 'PATCH' });
  // An empty body is treated as `{}`.
  body.required = (schema?.required?.length ?? 0) > 0;
}

/** Marks the schemas of a body and its nested objects as rejecting unknown fields, and as accepting null for an omitted field. */
function closeBody(
  components: Components,
  name: string,
  { nullIsAbsent }: { readonly nullIsAbsent: boolean },
): Schema | undefined {
  const schema = components.schemas?.[name];
  if (!schema || '$ref' in schema) return undefined;
  schema.additionalProperties = false;
  for (const [, nested] of JSON.stringify(schema).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    if (nested) closeBody(components, nested, { nullIsAbsent: true });
  }
  for (const [property, declared] of Object.entries(schema.properties ?? {})) {
    if (!nullIsAbsent || schema.required?.includes(property)) continue;
    schema.properties = { ...schema.properties, [property]: orNull(declared) };
  }
  return schema;
}

/** In the notation of JSON Schema 2020-12, which the framework's types do not cover. */
function orNull(declared: Schema | { $ref: string }): Schema {
  if ('$ref' in declared) return { anyOf: [declared, NULL] };
  const { type, allOf, anyOf, oneOf, enum: values } = declared;
  if (anyOf) return anyOf.includes(NULL) ? declared : { ...declared, anyOf: [...anyOf, NULL] };
  if (oneOf) return oneOf.includes(NULL) ? declared : { ...declared, oneOf: [...oneOf, NULL] };
  if (allOf) return { anyOf: [{ allOf }, NULL] };
  const types: readonly unknown[] = [type].flat();
  if (types.includes('null')) return declared;
  return {
    ...declared,
    type: [...types, 'null'] as unknown as string,
    ...(values ? { enum: [...(values as unknown[]), null] } : {}),
  };
}

const NULL = { type: 'null' } as const;

function completeAnswer(response: Response, answer: Answer, route: Route): void {
  const names = [
    ...COMMON_HEADERS,
    ...(typeof answer === 'function' ? (answer.headers ?? []) : []),
    ...(route.headers ?? []),
    ...(isCommand(route) && isOfRequests(route) ? ['Automation-Position', 'Idempotent-Replayed'] : []),
  ];
  response.headers = headerReferences(names);
  const json = response.content?.['application/json'];
  if (json) {
    if (route.examples) json.examples = examplesOf(route.examples);
    response.content = Object.fromEntries(route.produces.filter(isJson).map((type) => [type, json]));
  }
  for (const [type, { description, example }] of Object.entries(route.streams ?? {})) {
    const schema = { type: 'string', description };
    response.content = { ...response.content, [type]: { schema, examples: examplesOf({ stream: example }) } };
    response.description ||= description;
  }
}

/** JSON, or a media type that is written as JSON. */
function isJson(mediaType: string): boolean {
  return /^application\/(?:[\w.-]+\+)?json$/.test(mediaType);
}

function examplesOf(values: Readonly<Record<string, unknown>>): Record<string, { value: unknown }> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
}
