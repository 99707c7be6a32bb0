/**
 * Run by `/bin/sh` before the agent: `sh -c GUARD sh MARK PROGRAM ARGUMENTS…`.
 *
 * It leaves a tiny shell behind, the guard, and then becomes the agent. The guard blocks on descriptor 3, a pipe whose other end
 * only the worker holds, and which the system closes with it, kill -9 included. Then the guard ends what has the run's mark in its
 * environment, and the process group: an agent without a worker would go on spending, and nobody would take its work. A word on the
 * pipe tells the guard that the worker has seen the agent's end itself.
 *
 * The guard is started afresh with an empty environment, so that it does not bear the mark, and as an orphan, so that it is no
 * child of the agent. The arguments are handed through as they are: no shell reads them.
 */
export const GUARD = `
mark=$1; shift
( trap '' INT HUP TERM QUIT
  env -i PATH="$PATH" /bin/sh -c '
    read -r _ <&3 && exit 0
    for round in 1 2 3; do
      for file in $(grep -lF "$1" /proc/[0-9]*/environ 2>/dev/null); do
        pid=\${file#/proc/}; kill -KILL "\${pid%/environ}" 2>/dev/null
      done
    done
    kill -KILL "-$2" 2>/dev/null
  ' sh "$mark" "$$" </dev/null >/dev/null 2>&1 & )
exec 3<&-
exec "$@"
`;
