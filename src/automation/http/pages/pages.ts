import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Route } from '../../../infrastructure/http/http-route.ts';
import { INDEX, indexPage } from './index-page.ts';
import { problemPage } from './problem-page.ts';

/** Paths of public pages, including everything below them. */
export const PAGES = ['/', '/docs', '/openapi.json'];

/** Serves the pages for people: the index, the problems and the API documentation. */
export function servePages(
  app: NestExpressApplication,
  { routes, isOpen }: { readonly routes: () => readonly Route[]; readonly isOpen: () => boolean },
): void {
  const express = app.getHttpAdapter().getInstance();
  express.get('/', (request: Request, response: Response) => {
    // Clients that accept anything get JSON; browsers ask for HTML.
    if (request.accepts(['json', 'html']) === 'json') response.json(INDEX);
    else response.type('html').send(indexPage(`${request.protocol}://${request.get('host')}`, isOpen()));
  });
  const problems = problemPage();
  express.get('/docs/problems', (_request: Request, response: Response) => {
    response.type('html').send(problems);
  });
  // Loaded at the first request: most services are never asked, and it takes megabytes.
  let documentation: Promise<RequestHandler> | undefined;
  express.use(async (request: Request, response: Response, next: NextFunction) => {
    documentation ??= import('./documentation.ts').then(({ createDocumentation }) => createDocumentation(app, routes));
    (await documentation)(request, response, next);
  });
}
