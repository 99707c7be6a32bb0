// Node.js 24 that says it is 20: the process that the tests start, and none that is started by it.
if (String(process.ppid) === process.env.TEST_PID) {
  Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } });
}
