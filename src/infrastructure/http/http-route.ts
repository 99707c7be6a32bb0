import 'reflect-metadata';
import { HttpCode } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { ApiExtraModels, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { NextFunction, Request, Response } from 'express';
import type { Answers, Content } from './answers.ts';
import { modelsOf, responseOf } from './answers.ts';
import type { Dto } from './fields/validation.ts';

/** Access rules and documentation of a route. Its method, path and fields come from the handler's other decorators. */
export interface RouteRules<A extends Answers = Answers> {
  /** The operation id in the OpenAPI document and in generated clients. */
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  /** A caller needs any one of these; with none, the route is open to everyone. `authorize` defines their meaning. */
  readonly scopes: readonly string[];
  /** Accepted calls do not count against the rate limit, so that monitoring is not locked out; calls with refused credentials do. */
  readonly isUncounted?: boolean;
  /** Media types of the answer, the preferred one first. Defaults to JSON. */
  readonly produces?: readonly string[];
  /** For media types that the handler writes itself: what the answer holds, with an example. */
  readonly streams?: Readonly<Record<string, { readonly description: string; readonly example: string }>>;
  /** Answers by status. The lowest status is used when the handler returns normally. */
  readonly answers: A;
  /** Headers of its answers, in addition to those of all answers and of the resource. */
  readonly headers?: readonly string[];
  /** Examples of the answer, by name. */
  readonly examples?: Readonly<Record<string, Content<A>>>;
  /** Examples of the body, by name. */
  readonly bodies?: Readonly<Record<string, object>>;
  /** Problem codes of the route, in addition to those implied by its method and path. */
  readonly codes?: readonly string[];
}

/** The rules of a route, and the classes of its `@Body()` and `@Query()` parameters. */
export interface RouteDeclaration extends RouteRules {
  readonly body: Dto | undefined;
  readonly query: Dto | undefined;
}

/** A declared route, with its method and path as registered by the framework. */
export interface Route extends RouteDeclaration {
  readonly method: string;
  /** As declared, for example `/things/:id`. */
  readonly path: string;
  readonly produces: readonly string[];
  /** Calls the framework's handler. */
  readonly dispatch: (request: Request, response: Response, next: NextFunction) => void;
}

const HTTP_ROUTE = Symbol('http-route');

interface Marked {
  readonly rules: RouteRules;
  readonly controller: new (...args: never[]) => object;
  readonly method: string | symbol;
}

/** Checks a handler's return type against the declared answers. Undefined is an answer without content, such as 304. */
type Handler<A extends Answers> = (...args: never[]) => Returned<A> | Promise<Returned<A>>;
type Returned<A extends Answers> = keyof A extends never ? unknown : Content<A> | undefined;

/** Required method decorator of every handler: the application does not start without it, so no route is open by accident. */
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

/** Decorators of the framework and its OpenAPI module. */
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

/** The declaration of a handler, or undefined. The framework copies a method's metadata to the function it passes to the router. */
export function declarationOf(handler: object): RouteDeclaration | undefined {
  const mark = Reflect.getMetadata(HTTP_ROUTE, handler) as Marked | undefined;
  if (mark === undefined) return undefined;
  return { ...mark.rules, body: takenBy(mark, RouteParamtypes.BODY), query: takenBy(mark, RouteParamtypes.QUERY) };
}

/** The class of the parameter that takes the whole body or query. Throws if it takes only a part, or not as a class. */
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
