/** Preloaded into every measured process: ends it when the harness has ended, for whatever reason. */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
