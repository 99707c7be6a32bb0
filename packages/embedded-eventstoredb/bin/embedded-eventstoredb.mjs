#!/usr/bin/env node
import { needNewNode } from './bundled-node.mjs';

await needNewNode(import.meta.url);
const { main } = await import('#cli');
process.exitCode = await main(process.argv.slice(2));
