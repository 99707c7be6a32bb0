/** What most would build: a table of requests, and a table of what became of them. */
import { PostgresRequests } from './shell/postgres-requests.ts';
import { serve } from './shell/serve.ts';

await serve(PostgresRequests);
