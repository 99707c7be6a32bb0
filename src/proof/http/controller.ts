import { randomUUID } from 'node:crypto';
import { Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { callerOf } from '../../access/http/caller.ts';
import { STREAM } from '../../infrastructure/http/answers.ts';
import { HttpRoute } from '../../infrastructure/http/http-route.ts';
import { httpProblem, validationFailed } from '../../infrastructure/http/problems/problem-details.ts';
import type { RequestContext } from '../../infrastructure/http/request-context.ts';
import { Context } from '../../infrastructure/http/request-context.ts';
import { bundleOf, consistencyProof, parseTilePath, TILE_WIDTH, widthIn } from '../c2sp/tiles.ts';
import { HASH_BYTES } from '../c2sp/merkle.ts';
import { entryOf } from '../proof-events.ts';
import type { SignedState } from '../proof-signer.ts';
import { ProofSigner } from '../proof-signer.ts';
import { ProofTables } from '../proof-tables.ts';
import { ConsistencyQuery } from './parameters.ts';
import { ConsistencyResource } from './resource.ts';

const TEXT = 'text/plain';
const BYTES = 'application/octet-stream';
/** Tiles never change; a partial one only grows into another with another path. */
const FOR_EVER = 'private, max-age=31536000, immutable';
const NOTE = {
  description: 'A signed note: origin, number of leaves, root, and the signature.',
  example:
    'log.example.org/automation\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— log.example.org/automation Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n',
};
const TILE = {
  summary: 'Get a tile of the tree',
  description:
    'As C2SP `tlog-tiles` says: `<level>/<index>`, or `entries/<index>` for the entries themselves; a tile of less than 256 hashes, or entries, has `.p/<width>` at the end.',
  scopes: ['audit:read'],
  produces: [BYTES],
  answers: { 200: STREAM },
  streams: {
    [BYTES]: {
      description: 'Hashes of 32 bytes, or entries, each after its length as two bytes.',
      example: '(bytes)',
    },
  },
  codes: ['not-found', 'read-model-unavailable'],
};

/** The Merkle tree of the log, in formats that a stranger's tools read. */
@ApiTags('proof')
@Controller('api/v1/automation/proof')
export class ProofController {
  constructor(
    private readonly tables: ProofTables,
    private readonly signer: ProofSigner,
  ) {}

  @Get('checkpoint')
  @HttpRoute({
    id: 'getCheckpoint',
    summary: 'Get the latest checkpoint',
    description:
      'The signed root of the tree over all events, as C2SP `tlog-checkpoint` says. Signed each minute if there is something new.',
    scopes: ['audit:read'],
    produces: [TEXT],
    answers: { 200: STREAM },
    streams: { [TEXT]: NOTE },
    codes: ['read-model-unavailable', 'foreign-log'],
  })
  async checkpoint(@Res() response: Response): Promise<undefined> {
    sendText(response, (await this.#signed()).checkpoint);
  }

  @Post('checkpoint')
  @HttpRoute({
    id: 'signCheckpoint',
    summary: 'Sign a checkpoint now',
    description: 'With all events recorded before the call. If there is nothing new, the latest checkpoint stays.',
    scopes: ['admin'],
    produces: [TEXT],
    answers: { 201: STREAM },
    streams: { [TEXT]: NOTE },
    codes: ['read-model-unavailable', 'foreign-log'],
  })
  async sign(@Context() context: RequestContext, @Res() response: Response): Promise<undefined> {
    const { requestId: callId, correlationId } = context;
    const call = { principal: callerOf(context).name, callId, correlationId };
    sendText(response, (await this.signer.sign(call)).checkpoint);
  }

  @Get('keys')
  @HttpRoute({
    id: 'getProofKeys',
    summary: 'Get the public keys of checkpoints',
    description: 'All keys that ever signed, oldest first, each on a line as C2SP `signed-note` writes it.',
    scopes: ['audit:read'],
    produces: [TEXT],
    answers: { 200: STREAM },
    streams: {
      [TEXT]: {
        description: 'Verifier keys, `<name>+<id>+<key>`, one a line.',
        example: 'log.example.org/automation+6de5ddbe+AZ8rpvtQWRHIXRRDcQmH8MeVAbxRwlnLJwwhoVHW4gr7\n',
      },
    },
    codes: ['read-model-unavailable', 'foreign-log'],
  })
  async keys(@Res() response: Response): Promise<undefined> {
    sendText(response, (await this.#signed()).keys.map((key) => `${key}\n`).join(''));
  }

  @Get('consistency')
  @HttpRoute({
    id: 'proveConsistency',
    summary: 'Prove that the tree only grew',
    description: 'The hashes that show that the tree of `to` leaves begins with the tree of `from` leaves.',
    scopes: ['audit:read'],
    answers: { 200: ConsistencyResource },
    examples: { grown: { from: 3, to: 4, hashes: ['037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc='] } },
    codes: ['read-model-unavailable'],
  })
  async consistency(@Query() { from, to }: ConsistencyQuery): Promise<ConsistencyResource> {
    const { size } = await this.tables.state();
    if (to > size)
      throw validationFailed([{ pointer: '?to', detail: `must be at most ${size}, the size of the tree` }]);
    if (from > to) throw validationFailed([{ pointer: '?from', detail: 'must not be greater than `to`' }]);
    const hashes = await consistencyProof(this.tables.readTile, from, to);
    return { from, to, hashes: hashes.map((hash) => hash.toString('base64')) };
  }

  @Get('tile/:level/:first')
  @HttpRoute({ ...TILE, id: 'getTile' })
  tile(@Param('level') level: string, @Param('first') first: string, @Res() response: Response): Promise<undefined> {
    return this.#send([level, first], response);
  }

  @Get('tile/:level/:first/:second')
  @HttpRoute({ ...TILE, id: 'getTileBelow' })
  tileBelow(
    @Param('level') level: string,
    @Param('first') first: string,
    @Param('second') second: string,
    @Res() response: Response,
  ): Promise<undefined> {
    return this.#send([level, first, second], response);
  }

  @Get('tile/:level/:first/:second/:third')
  @HttpRoute({ ...TILE, id: 'getTileFarBelow' })
  tileFarBelow(
    @Param('level') level: string,
    @Param('first') first: string,
    @Param('second') second: string,
    @Param('third') third: string,
    @Res() response: Response,
  ): Promise<undefined> {
    return this.#send([level, first, second, third], response);
  }

  async #send(path: readonly string[], response: Response): Promise<undefined> {
    const bytes = await this.#read(path.join('/'));
    if (bytes === null) throw httpProblem('not-found', 'The tree has no such tile.');
    response.setHeader('Content-Type', BYTES);
    response.setHeader('Cache-Control', FOR_EVER);
    response.send(bytes);
  }

  async #read(path: string): Promise<Buffer | null> {
    const tile = parseTilePath(path);
    if (tile === null) return null;
    const { index, width } = tile;
    const level = tile.level === 'entries' ? 0 : tile.level;
    const { size } = await this.tables.state();
    if (widthIn(size, { level, index }) < width) return null;
    if (tile.level !== 'entries') {
      return Buffer.from(await this.tables.readTile(level, index)).subarray(0, width * HASH_BYTES);
    }
    return bundleOf((await this.tables.leavesFrom(index * TILE_WIDTH, width)).map(entryOf));
  }

  /** The latest checkpoint; the first one is signed if there is none yet. */
  async #signed(): Promise<SignedState> {
    const state = await this.tables.state();
    if (state.checkpoint !== null && state.origin !== null) return state as SignedState;
    const correlationId = randomUUID();
    return this.signer.sign({ principal: 'system', callId: null, correlationId });
  }
}

function sendText(response: Response, text: string): void {
  response.setHeader('Content-Type', `${TEXT}; charset=utf-8`);
  response.setHeader('Cache-Control', 'no-store');
  response.send(text);
}
