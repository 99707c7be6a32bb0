/** Milliseconds on a clock shared by all processes of the machine. */
export function machineTime(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
