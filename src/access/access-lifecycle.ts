import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Access } from './access.ts';
import { RefusalLog } from './refusal-log.ts';

/** Loads the keys before the service listens, and writes key uses and refusals before the store stops. */
@Injectable()
export class AccessLifecycle implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    private readonly access: Access,
    private readonly refusals: RefusalLog,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.access.start();
    this.refusals.start();
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all([this.access.stop(), this.refusals.stop()]);
  }
}
