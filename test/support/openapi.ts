import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import type { ErrorObject, ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

/** The committed document. A separate test compares it with what the server serves. */
export const DOCUMENT_FILE = new URL('../../docs/openapi.json', import.meta.url);

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read JSON as it comes
type Json = any;

/** The parts of an answer that are checked. */
interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: unknown;
}

/** Headers that HTTP and the framework add to any answer. */
const TRANSPORT_HEADERS = new Set([
  'connection',
  'keep-alive',
  'date',
  'content-type',
  'content-length',
  'transfer-encoding',
  'cache-control',
  'x-accel-buffering',
  'allow',
  // Security headers for browsers, the same on every answer.
  'x-content-type-options',
  'content-security-policy',
  'cross-origin-resource-policy',
  'referrer-policy',
  'vary',
  'access-control-allow-origin',
  'access-control-expose-headers',
]);

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly pattern: RegExp;
  readonly responses: Readonly<Record<string, Json>>;
}

/** The OpenAPI document, used to check the server's answers. */
export class ApiDocument {
  readonly document: Json;
  readonly operations: readonly Operation[];
  readonly #ajv: Ajv2020;
  readonly #validators = new Map<string, ValidateFunction>();

  constructor(document: Json = JSON.parse(readFileSync(DOCUMENT_FILE, 'utf8'))) {
    this.document = document;
    // An answer must not contain anything that the document does not mention.
    const closed = closeObjects(structuredClone(document));
    this.#ajv = new Ajv2020({ strict: false, allErrors: true });

    (formats as unknown as (ajv: Ajv2020) => void)(this.#ajv);
    this.#ajv.addSchema(closed, 'api');
    this.operations = Object.entries<Json>(document.paths).flatMap(([path, item]) =>
      Object.entries<Json>(item).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path,
        pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`),
        responses: operation.responses,
      })),
    );
  }

  /** The operation of a call; undefined if there is none. */
  operationOf(method: string, target: string): Operation | undefined {
    const path = target.split('?')[0] ?? '';
    return this.operations.find((it) => it.method === (method === 'HEAD' ? 'GET' : method) && it.pattern.test(path));
  }

  /** All differences between an answer and the document, in words. */
  faultsOf(method: string, target: string, answer: Answered): string[] {
    const operation = this.operationOf(method, target);
    if (!operation) return this.#faultsOfUndocumented(method, answer);
    const response = this.#resolve(operation.responses[String(answer.status)]);
    if (!response) return ['there is no such status in the document'];
    return [...this.#faultsOfHeaders(response, answer), ...this.#faultsOfBody(method, operation, answer, response)];
  }

  /** Whether the operation documents a body as valid. */
  takes(method: string, path: string, body: unknown): boolean {
    const pointer = `/paths/${escape(path)}/${method.toLowerCase()}/requestBody/content/application~1json/schema`;
    return this.#validator(pointer)(body) === true;
  }

  /** Whether no route or method matches, so that only a refusal can follow. */
  #faultsOfUndocumented(method: string, answer: Answered): string[] {
    if (method === 'OPTIONS' && answer.status === 204) return answer.headers.allow ? [] : ['no Allow'];
    if (answer.status === 405 && !answer.headers.allow) return ['no Allow'];
    if (answer.status < 400 || method === 'HEAD') return answer.status < 400 ? ['no such operation'] : [];
    if (!isProblem(answer)) return ['not application/problem+json'];
    return this.#faults('/components/schemas/ProblemResource', answer.body);
  }

  #faultsOfHeaders(response: Json, { headers }: Answered): string[] {
    const documented = Object.entries<Json>(response.headers ?? {});
    const names = new Set(documented.map(([name]) => name.toLowerCase()));
    const unknown = Object.keys(headers).filter((name) => !names.has(name) && !TRANSPORT_HEADERS.has(name));
    const faults = unknown.map((name) => `the header ${name} is not in the document`);
    for (const [name, reference] of documented) {
      const value = headers[name.toLowerCase()];
      const pointer: string = reference.$ref.slice(1);
      if (value === undefined) {
        if (this.#resolve(reference).required) faults.push(`the header ${name} is missing`);
      } else faults.push(...this.#faults(`${pointer}/schema`, value).map((fault) => `header ${name} ${fault}`));
    }
    return faults;
  }

  #faultsOfBody(method: string, operation: Operation, answer: Answered, response: Json): string[] {
    const type = (answer.headers['content-type'] ?? '').split(';')[0] ?? '';
    const content: Json = response.content;
    if (!content || method === 'HEAD') return answer.text === '' ? [] : ['there must be no body'];
    if (!content[type]) return [`the media type ${type} is not in the document`];
    const status = operation.responses[String(answer.status)];
    const at: string =
      status.$ref?.slice(1) ??
      `/paths/${escape(operation.path)}/${operation.method.toLowerCase()}/responses/${answer.status}`;
    return this.#faults(`${at}/content/${escape(type)}/schema`, answer.body);
  }

  #faults(pointer: string, value: unknown): string[] {
    const validate = this.#validator(pointer);
    if (validate(value) === true) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }: ErrorObject) => {
      return `${instancePath} ${message} ${JSON.stringify(params)}`;
    });
  }

  #validator(pointer: string): ValidateFunction {
    const known = this.#validators.get(pointer);
    if (known) return known;
    const made = this.#ajv.compile({ $ref: `api#${pointer.split('/').map(encodeURIComponent).join('/')}` });
    this.#validators.set(pointer, made);
    return made;
  }

  #resolve(node: Json): Json {
    if (!node?.$ref) return node;
    return node.$ref
      .slice(2)
      .split('/')
      .reduce((at: Json, name: string) => at?.[name], this.document);
  }
}

function isProblem({ headers }: Pick<Answered, 'headers'>): boolean {
  return /^application\/problem\+json(?:;|$)/.test(headers['content-type'] ?? '');
}

function escape(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** Closes every object with listed members, except in parts of an `allOf`, which see only some of them. */
function closeObjects(node: Json, isPart = false): Json {
  if (Array.isArray(node)) return node.map((item) => closeObjects(item, isPart));
  if (typeof node !== 'object' || node === null) return node;
  for (const [name, member] of Object.entries(node)) node[name] = closeObjects(member, name === 'allOf');
  if (node.properties && node.type === 'object' && !isPart) node.additionalProperties ??= false;
  return node;
}
