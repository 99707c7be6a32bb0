import nodeModule from 'node:module';
import { needNewNode } from 'embedded-eventstoredb/bundled-node';

await needNewNode(import.meta.url);
// Caches compiled code on disk, which saves a third of the time until the first answer. Only modules loaded after this call are cached, so
// everything else is imported dynamically.
nodeModule.enableCompileCache();
await import('./run.ts');
