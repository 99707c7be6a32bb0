import { applyDecorators } from '@nestjs/common';
import { ApiDefaultResponse, ApiExtraModels, ApiParam, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { IssuedKeyResource, KeyResource } from './key-resources.ts';
import { RefusalsResource } from './refusal-resources.ts';
import {
  AttemptResource,
  ClaimResource,
  EventResource,
  HealthResource,
  HeartbeatResource,
  ProblemResource,
  RequestResource,
} from './resources.ts';

/** What the OpenAPI document says of answers, one decorator for each kind. */

const CORRELATION = { 'X-Correlation-Id': { schema: { type: 'string' }, description: 'As sent, or made' } };
const VERSION = { ETag: { schema: { type: 'string', example: '"0"' }, description: 'The version of the request' } };
const POSITION = {
  'Automation-Position': {
    schema: { type: 'string', example: '1024' },
    description: 'Sent back with a read, it makes the read show what was written here',
  },
};
const CONSISTENCY = {
  'Automation-Consistency': {
    schema: { type: 'string', enum: ['eventual'] },
    description: 'Only when the list may be behind what the caller has written',
  },
};

const problems = () =>
  ApiDefaultResponse({
    description: 'A problem (RFC 9457)',
    headers: CORRELATION,
    content: { 'application/problem+json': { schema: { $ref: getSchemaPath(ProblemResource) } } },
  });

const models = () => ApiExtraModels(ProblemResource, RequestResource, EventResource, AttemptResource);

const itemsOf = (model: new () => object, more: Record<string, object> = {}) => ({
  type: 'object',
  required: ['items'],
  properties: { items: { type: 'array', items: { $ref: getSchemaPath(model) } }, ...more },
});

const NEXT_CURSOR = { next_cursor: { type: 'string', nullable: true } };

export const ApiRequestParam = () =>
  ApiParam({ name: 'id', format: 'uuid', description: 'Of the request, in any case' });

export const ApiRequestAnswer = (status: number, description: string) => {
  const headers = {
    ...CORRELATION,
    ...VERSION,
    ...(status === 201 ? { Location: { schema: { type: 'string' } } } : {}),
  };
  return applyDecorators(
    models(),
    ApiResponse({ status, description, type: RequestResource, headers: { ...headers, ...POSITION } }),
    problems(),
  );
};

export const ApiRequestListAnswer = (description: string, { paged }: { paged: boolean }) =>
  applyDecorators(
    models(),
    ApiResponse({
      status: 200,
      description,
      headers: { ...CORRELATION, ...CONSISTENCY, ...(paged ? { Link: { schema: { type: 'string' } } } : {}) },
      schema: itemsOf(RequestResource, paged ? { ...NEXT_CURSOR, total: { type: 'integer' } } : {}),
    }),
    problems(),
  );

export const ApiClaimAnswer = () =>
  applyDecorators(
    models(),
    ApiResponse({
      status: 201,
      description: 'The attempt, with its tokens.',
      type: ClaimResource,
      headers: { ...CORRELATION, ...VERSION, ...POSITION },
    }),
    problems(),
  );

export const ApiHeartbeatAnswer = () =>
  applyDecorators(
    models(),
    ApiResponse({
      status: 200,
      description: 'The lease is whole again.',
      type: HeartbeatResource,
      headers: CORRELATION,
    }),
    problems(),
  );

export const ApiAttemptListAnswer = () =>
  applyDecorators(
    models(),
    ApiResponse({ status: 200, description: 'The attempts.', headers: CORRELATION, schema: itemsOf(AttemptResource) }),
    problems(),
  );

export const ApiEventListAnswer = () =>
  applyDecorators(
    models(),
    ApiResponse({
      status: 200,
      description: 'A page of events.',
      headers: CORRELATION,
      schema: itemsOf(EventResource, NEXT_CURSOR),
    }),
    problems(),
  );

export const ApiKeyParam = () => ApiParam({ name: 'id', format: 'uuid', description: 'Of the key, in any case' });

export const ApiKeyAnswer = (status: number, description: string, { withSecret = false } = {}) =>
  applyDecorators(
    models(),
    ApiResponse({
      status,
      description,
      type: withSecret ? IssuedKeyResource : KeyResource,
      headers: { ...CORRELATION, ...(status === 201 ? { Location: { schema: { type: 'string' } } } : {}) },
    }),
    problems(),
  );

export const ApiKeyListAnswer = () =>
  applyDecorators(
    models(),
    ApiExtraModels(KeyResource),
    ApiResponse({ status: 200, description: 'The keys.', headers: CORRELATION, schema: itemsOf(KeyResource) }),
    problems(),
  );

export const ApiRefusalListAnswer = () =>
  applyDecorators(
    models(),
    ApiExtraModels(RefusalsResource),
    ApiResponse({
      status: 200,
      description: 'A page of what was refused.',
      headers: CORRELATION,
      schema: itemsOf(RefusalsResource, NEXT_CURSOR),
    }),
    problems(),
  );

export const ApiHealthAnswer = () =>
  applyDecorators(
    models(),
    ApiResponse({ status: 200, description: '`ok` or `degraded`.', type: HealthResource, headers: CORRELATION }),
    ApiResponse({ status: 503, description: '`down`.', type: HealthResource, headers: CORRELATION }),
    problems(),
  );
