import nodeModule from 'node:module';
import { needNewNode } from 'embedded-eventstoredb/bundled-node';

await needNewNode(import.meta.url);
// What V8 makes of the sources is kept between starts, which saves a third of the time to the first answer. It holds for what is loaded
// after this line, so everything else is.
nodeModule.enableCompileCache();
await import('./run.ts');
