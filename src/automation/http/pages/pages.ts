import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { Route } from '../../../infrastructure/http/http-route.ts';
import { SERVICE_VERSION } from '../../../version.ts';
import { INDEX, indexPage } from './index-page.ts';
import { completeDocument } from '../openapi/complete-document.ts';
import { ProblemResource } from '../openapi/problem-resource.ts';
import { foldRefusals } from '../openapi/fold-refusals.ts';
import { problemPage } from './problem-page.ts';

/** Paths of public pages, including everything below them. */
export const PAGES = ['/', '/docs', '/openapi.json'];

const TITLE = 'Automation backend';

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
  const description = new DocumentBuilder()
    .setTitle(TITLE)
    .setVersion(SERVICE_VERSION)
    .setOpenAPIVersion('3.1.0')
    .build();
  SwaggerModule.setup(
    'docs',
    app,
    () =>
      completeDocument(SwaggerModule.createDocument(app, description, { extraModels: [ProblemResource] }), routes()),
    {
      jsonDocumentUrl: 'openapi.json',
      yamlDocumentUrl: 'docs/openapi.yaml',
      customSiteTitle: `${TITLE}: API`,
      customCss: '.swagger-ui .topbar { display: none }',
      swaggerOptions: { plugins: [foldRefusals], docExpansion: 'list', defaultModelsExpandDepth: -1 },
    },
  );
}
