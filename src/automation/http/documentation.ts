import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiParam, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { FollowerHealthResource } from './health-resources.ts';
import { WorkerResource } from './worker-bodies.ts';
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

/**
 * What the OpenAPI document says of answers, one decorator for each kind: their schemas, and the names of the headers of their own.
 * Refusals, and what all answers have in common, are added by openapi/complete-document.ts.
 */

const NAMED = { schema: { type: 'string' } };
const VERSION = { ETag: NAMED };

const models = () =>
  ApiExtraModels(ProblemResource, RequestResource, EventResource, AttemptResource, FollowerHealthResource);

const itemsOf = (model: new () => object, more: Record<string, object> = {}) => ({
  type: 'object',
  required: ['items'],
  properties: { items: { type: 'array', items: { $ref: getSchemaPath(model) } }, ...more },
});

const pageOf = (model: new () => object, more: Record<string, object> = {}) => ({
  ...itemsOf(model, { next_cursor: { type: ['string', 'null'] as unknown as 'string' }, ...more }),
  required: ['items', 'next_cursor'],
});

export const ApiRequestParam = () =>
  ApiParam({ name: 'id', format: 'uuid', description: 'Of the request, in any case' });

export const ApiRequestAnswer = (status: number, description: string) => {
  const headers = { ...VERSION, ...(status === 201 ? { Location: NAMED } : {}) };
  return applyDecorators(models(), ApiResponse({ status, description, type: RequestResource, headers }));
};

export const ApiRequestListAnswer = (description: string, { paged }: { paged: boolean }) =>
  applyDecorators(
    models(),
    ApiResponse({
      status: 200,
      description,
      headers: { 'Automation-Consistency': NAMED, ...(paged ? { Link: NAMED } : {}) },
      schema: paged
        ? pageOf(RequestResource, {
            total: { type: 'integer', minimum: 0, description: 'Of all pages, when asked for' },
          })
        : itemsOf(RequestResource),
    }),
  );

export const ApiClaimAnswer = () =>
  applyDecorators(
    models(),
    ApiResponse({
      status: 201,
      description: 'The attempt, with its tokens.',
      type: ClaimResource,
      headers: VERSION,
    }),
  );

export const ApiHeartbeatAnswer = () =>
  applyDecorators(
    models(),
    ApiResponse({
      status: 200,
      description: 'The lease is whole again.',
      type: HeartbeatResource,
    }),
  );

export const ApiAttemptListAnswer = () =>
  applyDecorators(
    models(),
    ApiResponse({ status: 200, description: 'The attempts.', schema: itemsOf(AttemptResource) }),
  );

export const ApiEventListAnswer = () =>
  applyDecorators(
    models(),
    ApiResponse({
      status: 200,
      description: 'A page of events.',
      schema: pageOf(EventResource),
    }),
  );

export const ApiKeyParam = () => ApiParam({ name: 'id', format: 'uuid', description: 'Of the key, in any case' });

export const ApiKeyAnswer = (status: number, description: string, { withSecret = false } = {}) =>
  applyDecorators(
    models(),
    ApiResponse({
      status,
      description,
      type: withSecret ? IssuedKeyResource : KeyResource,
      headers: {
        ...(status === 201 ? { Location: NAMED } : {}),
        ...(withSecret ? { 'Idempotent-Replayed': NAMED } : {}),
      },
    }),
  );

export const ApiKeyListAnswer = () =>
  applyDecorators(
    models(),
    ApiExtraModels(KeyResource),
    ApiResponse({ status: 200, description: 'The keys.', schema: itemsOf(KeyResource) }),
  );

export const ApiRefusalListAnswer = () =>
  applyDecorators(
    models(),
    ApiExtraModels(RefusalsResource),
    ApiResponse({
      status: 200,
      description: 'A page of what was refused.',
      schema: pageOf(RefusalsResource),
    }),
  );

export const ApiHealthAnswer = () =>
  applyDecorators(
    models(),
    ApiResponse({ status: 200, description: '`ok` or `degraded`.', type: HealthResource }),
    ApiResponse({ status: 503, description: '`down`.', type: HealthResource }),
  );

export const ApiWorkerParam = () =>
  ApiParam({
    name: 'worker',
    description: "The worker's name, percent-encoded",
    schema: { type: 'string', maxLength: 200 },
  });

export const ApiWorkerListAnswer = () =>
  applyDecorators(
    models(),
    ApiExtraModels(WorkerResource),
    ApiResponse({ status: 200, description: 'The workers.', schema: itemsOf(WorkerResource) }),
  );

export const ApiNoContentAnswer = () => applyDecorators(models(), ApiResponse({ status: 204, description: 'Noted.' }));
