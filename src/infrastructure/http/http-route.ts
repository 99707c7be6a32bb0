import 'reflect-metadata';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { NextFunction, Request, Response } from 'express';
import type { Dto } from './fields/field-context.ts';

/** What a handler declares about its route beside method and path. */
export interface RouteRules {
  /** Any one of these opens the route to a caller. None: open to everyone. What they mean is up to `authorize`. */
  readonly scopes: readonly string[];
  /** Calls without credentials do not count against the caller's limit: who watches must not be locked out. */
  readonly isUncounted?: boolean;
  /** The media types it can answer with, the first preferred; JSON when left out. */
  readonly produces?: readonly string[];
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

/** Method decorator that every handler needs: without it the application does not start, so that no route is open by accident. */
export function HttpRoute(rules: RouteRules): MethodDecorator {
  return (target, method, descriptor) => {
    const mark = { rules, controller: target.constructor, method };
    Reflect.defineMetadata(HTTP_ROUTE, mark, descriptor.value as object);
  };
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
