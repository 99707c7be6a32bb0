/** The limit of the framework: the same handling of bodies and answers, and nothing behind it. */
import { Injectable, NotFoundException } from '@nestjs/common';
import type { ListRequestsDto, ReviseRequestDto, SubmitRequestDto } from './shell/request.dto.ts';
import type { RequestPage, RequestResource } from './shell/request.ts';
import { changesOf, newRequest } from './shell/request.ts';
import { Requests } from './shell/requests.controller.ts';
import { serve } from './shell/serve.ts';

@Injectable()
class RequestsInMemory extends Requests {
  readonly #requests = new Map<string, RequestResource>();

  submit(body: SubmitRequestDto): Promise<RequestResource> {
    const request = newRequest(body);
    this.#requests.set(request.id, request);
    return Promise.resolve(request);
  }

  get(id: string): Promise<RequestResource> {
    const request = this.#requests.get(id);
    return request ? Promise.resolve(request) : Promise.reject(new NotFoundException());
  }

  async revise(id: string, patch: ReviseRequestDto): Promise<RequestResource> {
    const request = await this.get(id);
    return Object.assign(request, changesOf(request, patch));
  }

  list({ limit }: ListRequestsDto): Promise<RequestPage> {
    const items = this.#requests.values().take(limit).toArray();
    return Promise.resolve({ items, next_cursor: null, total: this.#requests.size });
  }
}

await serve(RequestsInMemory);
