import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Access } from './access.ts';

/** It is known who may come in before the first request is taken; what is not noted yet is noted before the store goes away. */
@Injectable()
export class AccessLifecycle implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(private readonly access: Access) {}

  onApplicationBootstrap(): Promise<void> {
    return this.access.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.access.stop();
  }
}
