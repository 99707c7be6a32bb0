import { Body, Controller, Get, Inject, Param, ParseUUIDPipe, Patch, Post, Query, Res } from '@nestjs/common';
import type { Response } from 'express';
import { ListRequestsDto, ReviseRequestDto, SubmitRequestDto } from './request.dto.ts';
import type { RequestPage, RequestResource } from './request.ts';

/** What differs between the baselines. */
export abstract class Requests {
  abstract submit(body: SubmitRequestDto): Promise<RequestResource>;
  /** Throws 404. */
  abstract get(id: string): Promise<RequestResource>;
  /** Throws 404 and 409. */
  abstract revise(id: string, patch: ReviseRequestDto): Promise<RequestResource>;
  /** Newest first. */
  abstract list(query: ListRequestsDto): Promise<RequestPage>;
}

/** The four measured endpoints, with the paths, bodies, headers and answers of the service. */
@Controller('api/v1/automation/requests')
export class RequestsController {
  constructor(@Inject(Requests) private readonly requests: Requests) {}

  @Post()
  async submit(@Body() body: SubmitRequestDto, @Res({ passthrough: true }) response: Response) {
    const request = await this.requests.submit(body);
    response.setHeader('Location', `/api/v1/automation/requests/${request.id}`);
    return tagged(response, request);
  }

  @Get(':id')
  async get(@Param('id', ParseUUIDPipe) id: string, @Res({ passthrough: true }) response: Response) {
    return tagged(response, await this.requests.get(id));
  }

  @Patch(':id')
  async revise(
    @Param('id', ParseUUIDPipe) id: string,
    @Body() patch: ReviseRequestDto,
    @Res({ passthrough: true }) response: Response,
  ) {
    return tagged(response, await this.requests.revise(id, patch));
  }

  @Get()
  list(@Query() query: ListRequestsDto) {
    return this.requests.list(query);
  }
}

function tagged(response: Response, request: RequestResource): RequestResource {
  response.setHeader('ETag', `"${request.version}"`);
  return request;
}
