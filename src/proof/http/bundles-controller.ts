import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { callerOf } from '../../access/http/caller.ts';
import { inTurn } from '../../infrastructure/event-store/log-readers.ts';
import { HttpRoute } from '../../infrastructure/http/http-route.ts';
import type { RequestContext } from '../../infrastructure/http/request-context.ts';
import { Context } from '../../infrastructure/http/request-context.ts';
import { AuditBundles } from '../audit-bundle.ts';
import { AuditBundleResource, bundle } from './bundle-resource.ts';

@ApiTags('proof')
@Controller('api/v1/automation/requests')
export class BundlesController {
  constructor(private readonly bundles: AuditBundles) {}

  @Get(':id/audit-bundle')
  @HttpRoute({
    id: 'getAuditBundle',
    summary: 'Get the history of a request as a file that proves itself',
    description:
      'All events with their hash chain, a proof for each that it is in the tree of the log, the signed checkpoint, and a readable index. Check it offline with `npm run verify -- --bundle FILE`.',
    scopes: ['audit:read'],
    answers: { 200: AuditBundleResource },
    examples: { bundle },
    codes: ['history-truncated', 'history-too-large', 'read-model-unavailable', 'foreign-log'],
  })
  get(@Param('id') id: string, @Context() context: RequestContext): Promise<AuditBundleResource> {
    const { requestId: callId, correlationId } = context;
    return inTurn(() => this.bundles.make(id, { principal: callerOf(context).name, callId, correlationId }));
  }
}
