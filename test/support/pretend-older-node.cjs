// Makes Node.js 24 report version 20, in the process that a test starts, but not in processes started by it.
if (String(process.ppid) === process.env.TEST_PID) {
  Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } });
}
