/** Loaded into every process that is measured, before its own program: ends it when the harness is gone, whatever ended that. */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
