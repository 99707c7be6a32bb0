import 'reflect-metadata';
import { HttpCode } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { ApiExtraModels, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { NextFunction, Request, Response } from 'express';
import type { Answers, Content } from './answers.ts';
import { modelsOf, responseOf } from './answers.ts';
import type { Dto } from './fields/field-context.ts';

/** Everything about a route beside its method, its path, and what its handler takes: who may call it, and how it is documented. */
export interface RouteRules<A extends Answers = Answers> {
  /** Names the operation in the OpenAPI document and in clients made from it. */
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  /** Any one of these lets a caller in. None: open to everyone. What they mean is up to `authorize`. */
  readonly scopes: readonly string[];
  /** Calls without credentials do not count against the caller's limit: monitoring must not be locked out. */
  readonly isUncounted?: boolean;
  /** The media types it can answer with, the preferred one first; JSON when left out. */
  readonly produces?: readonly string[];
  /** What it answers with, by status. The lowest status is the one of a handler that returns normally. */
  readonly answers: A;
  /** Headers of its answers, beside those that all answers or the resource have. */
  readonly headers?: readonly string[];
  /** Examples of the answer, by name. */
  readonly examples?: Readonly<Record<string, Content<A>>>;
  /** Examples of the body, by name. */
  readonly bodies?: Readonly<Record<string, object>>;
  /** Codes of the problems it can answer with, beside those that follow from its method and path. */
  readonly codes?: readonly string[];
}

/** The rules, and the fields that the handler takes by `@Body()` and `@Query()`. */
export interface RouteDeclaration extends RouteRules {
  readonly body: Dto | undefined;
  readonly query: Dto | undefined;
}

/** A declared route, with the method and path that the framework found for it. */
export interface Route extends RouteDeclaration {
  readonly method: string;
  /** As declared: `/things/:id`. */
  readonly path: string;
  readonly produces: readonly string[];
  /** Hands the request to the framework's handler. */
  readonly dispatch: (request: Request, response: Response, next: NextFunction) => void;
}

const HTTP_ROUTE = Symbol('http-route');

interface Marked {
  readonly rules: RouteRules;
  readonly controller: new (...args: never[]) => object;
  readonly method: string | symbol;
}

/** What a handler returns, which is checked against what the route declares. Undefined stands for an answer without content, as 304 is. */
type Handler<A extends Answers> = (...args: never[]) => Returned<A> | Promise<Returned<A>>;
type Returned<A extends Answers> = keyof A extends never ? unknown : Content<A> | undefined;

/** Method decorator that every handler needs: without it the application does not start, so no route is open by accident. */
export function HttpRoute<const A extends Answers>(rules: RouteRules<A>) {
  return <T extends Handler<A>>(
    target: object,
    method: string | symbol,
    descriptor: TypedPropertyDescriptor<T>,
  ): void => {
    const mark = { rules, controller: target.constructor, method };
    Reflect.defineMetadata(HTTP_ROUTE, mark, descriptor.value as object);
    for (const decorate of decoratorsOf(rules)) decorate(target, method, descriptor);
  };
}

/** What the framework and its OpenAPI module should know of the route. */
function decoratorsOf({ id, summary, description, answers }: Omit<RouteRules, 'examples'>): MethodDecorator[] {
  const [success] = Object.keys(answers).map(Number);
  return [
    ApiOperation({ operationId: id, summary, ...(description === undefined ? {} : { description }) }),
    ...(success === undefined ? [] : [HttpCode(success)]),
    ...Object.entries(answers).flatMap(([status, answer]) => [
      ApiExtraModels(...modelsOf(answer)),
      ApiResponse({ status: Number(status), ...responseOf(answer) }),
    ]),
  ];
}

/** What was declared about a handler; the framework copies the metadata of a method to the function it gives the router. */
export function declarationOf(handler: object): RouteDeclaration | undefined {
  const mark = Reflect.getMetadata(HTTP_ROUTE, handler) as Marked | undefined;
  if (mark === undefined) return undefined;
  return { ...mark.rules, body: takenBy(mark, RouteParamtypes.BODY), query: takenBy(mark, RouteParamtypes.QUERY) };
}

/** The DTO of the parameter that takes the whole body or query. */
function takenBy({ controller, method }: Marked, kind: RouteParamtypes): Dto | undefined {
  const taken = Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, method) as Record<string, Taken> | undefined;
  const types = Reflect.getMetadata('design:paramtypes', controller.prototype as object, method) as Dto[] | undefined;
  const [found, ...more] = Object.entries(taken ?? {}).filter(([key]) => key.startsWith(`${kind}:`));
  if (found === undefined) return undefined;
  const { index, data } = found[1];
  const type = types?.[index];
  if (more.length > 0 || data !== undefined || type === undefined || (type as unknown) === Object) {
    throw new Error(`${controller.name}.${String(method)} must take its body and query whole, each as one class.`);
  }
  return type;
}

interface Taken {
  readonly index: number;
  readonly data: unknown;
}
