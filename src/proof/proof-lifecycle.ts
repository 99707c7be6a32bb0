import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { ProofSigner } from './proof-signer.ts';

/** Signs checkpoints while the service runs. */
@Injectable()
export class ProofLifecycle implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(private readonly signer: ProofSigner) {}

  onApplicationBootstrap(): void {
    this.signer.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.signer.stop();
  }
}
