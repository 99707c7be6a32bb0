import type { OpenAPIObject } from '@nestjs/swagger';
import type { Route } from '../../../infrastructure/http/http-route.ts';
import { ANSWERS } from './examples.ts';
import { COMMON_HEADERS, HEADERS, PARAMETERS, SECURITY_SCHEMES } from './headers.ts';
import type { OperationNotes } from './operations.ts';
import { OPERATIONS } from './operations.ts';
import { byStatus, codesOf, headerReferences, isOfRequests, problemResponse, sharedResponse } from './refusals.ts';

type Paths = OpenAPIObject['paths'];
type Operation = NonNullable<Paths[string]['get']>;
type Method = 'get' | 'post' | 'patch' | 'put' | 'delete';
type Components = NonNullable<OpenAPIObject['components']>;
type Response = Exclude<NonNullable<Operation['responses'][string]>, { $ref: string }>;
type Schema = Exclude<NonNullable<Components['schemas']>[string], { $ref: string }>;
type Body = Exclude<NonNullable<Operation['requestBody']>, { $ref: string }>;

const DESCRIPTION = `Autonomous software development with Claude Code: submit requests, follow them, look back.

Every error is \`application/problem+json\` (RFC 9457): decide by its \`code\`; its \`type\` leads to what can be done about it. HEAD is
answered as GET, OPTIONS with \`Allow\`; another method is 405 \`method-not-allowed\` with \`Allow\`, a path that is not here 404
\`not-found\`. What is no HTTP at all is 400 \`invalid-header\`, and a request that does not arrive in time 408 \`request-timeout\`, wherever
it was meant for.

Null for an optional member of a body is the same as leaving it out, except in PATCH, where it clears what can be cleared.

A command with an \`Idempotency-Key\` can be sent again when its answer was lost: it is carried out once, and the first answer comes again.`;

/**
 * Adds to the framework's document what it cannot know: every refusal of every route, headers in both directions, credentials, names
 * and examples. The document given is changed and returned.
 *
 * @param routes all routes of the application, as the table that dispatches them has them
 */
export function completeDocument(document: OpenAPIObject, routes: readonly Route[]): OpenAPIObject {
  document.info.description = DESCRIPTION;
  document.info.license = { name: 'Apache 2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' };
  delete document.info.contact;
  document.servers = [{ url: '/', description: 'The service that answered with this document.' }];
  document.tags = [
    { name: 'requests', description: 'Submit, look, change.' },
    { name: 'attempts', description: 'What workers do: claim, run, report.' },
    { name: 'workers', description: 'Who works, and who has stopped working.' },
    { name: 'history', description: 'Looking back: what happened, in order, and who did it.' },
    { name: 'keys', description: 'Who may come in: API keys, for administrators.' },
    { name: 'health', description: 'How the service is.' },
  ];
  const components: Components = (document.components ??= {});
  components.headers = HEADERS;
  components.parameters = PARAMETERS;
  components.securitySchemes = { ...components.securitySchemes, ...SECURITY_SCHEMES };
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    const operation = document.paths[path]?.[route.method.toLowerCase() as Method];
    if (operation) complete(operation, route, OPERATIONS[`${route.method} ${path}`], components);
  }
  return document;
}

function complete(operation: Operation, route: Route, notes: OperationNotes | undefined, components: Components): void {
  const isCommand = route.method !== 'GET';
  if (notes) {
    operation.operationId = notes.id;
    operation.summary = notes.summary;
    if (notes.description !== undefined) operation.description = notes.description;
  }
  operation.security = securityOf(route.scopes);
  const isRequestCommand = isCommand && isOfRequests(route);
  operation.parameters = [...pathAndQuery(operation, route), ...headerParameters(route, isCommand)];
  if (operation.requestBody) completeBody(operation.requestBody as Body, route, notes, components);
  for (const [status, response] of Object.entries(operation.responses)) {
    if (status.startsWith('2') && response) completeAnswer(response as Response, isRequestCommand, notes);
  }
  if (hasVersion(route, isCommand)) {
    operation.responses['304'] = {
      description: 'The caller has this version already (`If-None-Match`).',
      headers: headerReferences([...COMMON_HEADERS, 'ETag']),
    };
  }
  for (const [status, codes] of byStatus(codesOf(route, notes?.codes ?? []))) {
    const own = operation.responses[status] as Response | undefined;
    operation.responses[status] = own?.content
      ? beside(own, problemResponse(codes))
      : sharedResponse(codes, (components.responses ??= {}));
  }
}

/** An answer of the route's own, and a problem of the same status. */
function beside(own: Response, problem: Response): Response {
  return {
    description: `${own.description} Or ${problem.description}`,
    headers: { ...problem.headers, ...own.headers },
    content: { ...own.content, ...problem.content },
  };
}

/** What need not be sent to a caller that has it. */
function hasVersion(route: Route, isCommand: boolean): boolean {
  return !isCommand && route.path.endsWith('/requests/:id');
}

function pathAndQuery(operation: Operation, route: Route): NonNullable<Operation['parameters']> {
  for (const parameter of operation.parameters ?? []) {
    if (!('in' in parameter) || parameter.in !== 'path') continue;
    if (parameter.name === 'id' && isOfRequests(route)) Object.assign(parameter, PATH_ID);
    if (parameter.name === 'attempt') Object.assign(parameter, PATH_ATTEMPT);
  }
  return operation.parameters ?? [];
}

const PATH_ID = { description: 'Of the request, in any case', schema: { type: 'string', format: 'uuid' } };
const PATH_ATTEMPT = {
  description: 'Number of the attempt',
  schema: { type: 'integer', minimum: 0, maximum: 999_999_999 },
};

function headerParameters(route: Route, isCommand: boolean): { $ref: string }[] {
  const isOnOne = isOfRequests(route) && route.path.includes('/:id');
  // Keys are read from their stream, which is never behind.
  const mayBeBehind = !route.path.includes('/keys') && !route.path.includes('/workers');
  const names = [
    'X-Correlation-Id',
    ...(isCommand ? ['Idempotency-Key'] : mayBeBehind ? ['Automation-Position'] : []),
    ...(isCommand && isOnOne ? ['If-Match'] : []),
    ...(hasVersion(route, isCommand) ? ['If-None-Match'] : []),
  ];
  return names.map((name) => ({ $ref: `#/components/parameters/${name}` }));
}

/** Any one of them opens the route. None: open to everyone. */
function securityOf(scopes: readonly string[]): Record<string, string[]>[] {
  return scopes.map((scope): Record<string, string[]> => {
    if (scope === 'token:worker') return { attempt_token: [] };
    if (scope === 'token:agent') return { agent_token: [] };
    return { bearer: [scope] };
  });
}

function completeBody(body: Body, route: Route, notes: OperationNotes | undefined, components: Components): void {
  const json = body.content['application/json'];
  if (!json) return;
  const examples = notes?.bodies && {
    examples: Object.fromEntries(Object.entries(notes.bodies).map(([name, value]) => [name, { value }])),
  };
  const content = { ...json, ...examples };
  body.content = {
    'application/json': content,
    ...(route.method === 'PATCH' ? { 'application/merge-patch+json': content } : {}),
  };
  const name = json.schema && '$ref' in json.schema ? (json.schema.$ref.split('/').at(-1) ?? '') : '';
  // In a merge patch null clears, so what takes it says so itself.
  const schema = closeBody(components, name, { nullIsAbsent: route.method !== 'PATCH' });
  // No body is `{}`.
  body.required = (schema?.required?.length ?? 0) > 0;
}

/** Unknown fields are refused, and null for an optional one is the same as leaving it out: the schemas of bodies, and those in them, say so. */
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

/** As JSON Schema 2020-12 puts it, which the types of the framework do not know. */
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

function completeAnswer(answer: Response, isRequestCommand: boolean, notes: OperationNotes | undefined): void {
  const own = Object.keys(answer.headers ?? {}).filter((name) => name in HEADERS);
  const names = [
    ...COMMON_HEADERS,
    ...own,
    ...(isRequestCommand ? ['Automation-Position', 'Idempotent-Replayed'] : []),
  ];
  answer.headers = headerReferences([...new Set(names)]);
  const json = answer.content?.['application/json'];
  const example = notes && ANSWERS[notes.answer];
  if (json && notes && example) json.examples = { [notes.answer]: { value: example } };
}
