/** Types of the parts used here; the package has none. */
declare module 'autocannon' {
  interface Request {
    method?: string;
    path?: string;
    body?: string;
    headers?: Record<string, string>;
    setupRequest?: (request: Request) => Request;
  }
  interface Instance {
    on(
      event: 'response',
      listener: (client: object, status: number, bytes: number, milliseconds: number) => void,
    ): this;
    on(event: 'reqError', listener: (error: Error) => void): this;
  }
  interface Options {
    url: string;
    connections: number;
    duration?: number;
    amount?: number;
    sampleInt: number;
    timeout: number;
    requests: Request[];
  }
  export default function autocannon(options: Options, done: (error: Error | null) => void): Instance;
}
