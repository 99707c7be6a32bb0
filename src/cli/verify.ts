import { needNewNode } from 'embedded-eventstoredb/bundled-node';

await needNewNode(import.meta.url);
await import('./verify-command.ts');
