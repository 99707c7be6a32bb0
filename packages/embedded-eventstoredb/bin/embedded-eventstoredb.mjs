#!/usr/bin/env node
const NEEDED = 24;

if (Number(process.versions.node.split('.')[0]) < NEEDED) {
  console.error(`embedded-eventstoredb needs Node.js ${NEEDED} or newer, and this is ${process.versions.node}.`);
  process.exitCode = 1;
} else {
  // Imported late, so that an older Node.js reads this far and can say what is wrong.
  const { main } = await import('#cli');
  process.exitCode = await main(process.argv.slice(2));
}
