/**
 * Shell script that starts the agent: `sh -c GUARD sh MARK PROGRAM ARGUMENTS…`.
 *
 * It forks a small shell, the guard, and then becomes the agent with `exec`. The guard blocks on descriptor 3, a pipe whose other end
 * only the worker holds; the system closes it when the worker dies, even by `kill -9`. The guard then kills every process with the
 * run's mark in its environment, and the process group: without a worker, an agent would keep spending and its work would be lost. A
 * line on the pipe tells the guard that the worker has seen the agent exit.
 *
 * The guard runs with an empty environment so that it does not carry the mark, and as an orphan so that it is not a child of the
 * agent. Arguments are passed through unchanged; no shell interprets them.
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
