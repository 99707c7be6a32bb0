/** What most teams would build: a table of requests, and a history table. */
import { PostgresRequests } from './shell/postgres-requests.ts';
import { serve } from './shell/serve.ts';

await serve(PostgresRequests);
