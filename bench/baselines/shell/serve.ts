import 'reflect-metadata';
import type { Provider, Type } from '@nestjs/common';
import { Module, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Requests, RequestsController } from './requests.controller.ts';

@Module({})
class BaselineModule {}

/** The shell shared by all baselines: Nest on Express, with its usual validation pipe, on 127.0.0.1 and `PORT`. */
export async function serve(requests: Type<Requests>, ...providers: Provider[]): Promise<void> {
  const app = await NestFactory.create<NestExpressApplication>(
    {
      module: BaselineModule,
      controllers: [RequestsController],
      providers: [...providers, { provide: Requests, useClass: requests }],
    },
    { logger: ['error', 'warn'] },
  );
  // The service does not compute ETags by hashing answers either.
  app.set('etag', false);
  app.useGlobalPipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }));
  app.enableShutdownHooks();
  await app.listen(Number(process.env.PORT), '127.0.0.1');
}
