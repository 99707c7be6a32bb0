import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { RequestHandler } from 'express';
import type { Route } from '../../../infrastructure/http/http-route.ts';
import { SERVICE_VERSION } from '../../../version.ts';
import { completeDocument } from '../openapi/complete-document.ts';
import { foldRefusals } from '../openapi/fold-refusals.ts';
import { ProblemResource } from '../openapi/problem-resource.ts';

const TITLE = 'Automation backend';

/** The documentation is added to the router of this application, because that of the API is complete once it serves. */
@Module({})
class Documentation {}

/** Serves the API's documentation: a page at `/docs`, and the OpenAPI document. */
export async function createDocumentation(
  app: NestExpressApplication,
  routes: () => readonly Route[],
): Promise<RequestHandler> {
  const site = await NestFactory.create<NestExpressApplication>(Documentation, new ExpressAdapter(), { logger: false });
  const description = new DocumentBuilder()
    .setTitle(TITLE)
    .setVersion(SERVICE_VERSION)
    .setOpenAPIVersion('3.1.0')
    .build();
  SwaggerModule.setup(
    'docs',
    site,
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
  return site.getHttpAdapter().getInstance().router;
}
