/** Why the guard says no, and what to do instead. Nothing of the call itself is ever put into an answer. */

/** @type {Readonly<Record<string, string>>} */
export const RULES = {
  // The guard cannot tell.
  'bad-input': 'The guard could not read this call, so it is not run. Try it in a simpler form.',
  internal: 'The guard failed on this call, so it is not run. Try it in a simpler form.',
  'too-long': 'This command is too long to be checked. Write files with the Write tool, and run shorter commands.',
  'too-complex': 'This command is nested too deeply or has too many parts to be checked. Split it up.',
  'parse-error':
    'The shell syntax of this command could not be parsed, so it is not run. Check the quotes, and write it more simply.',
  'dynamic-command':
    'What this would run is only known when it runs. Write the command and its subcommand out, without variables, substitutions or patterns.',
  'dynamic-target':
    'What this would change is only known when it runs. Write the paths out, one by one, or under a folder that is written out.',
  'dynamic-code':
    'Code that is put together when it runs cannot be checked. Write it out in single quotes, or into a file of the project, and pass values as arguments.',
  'unknown-tool': 'This tool is not open to an automated run. Use Bash, Read, Edit, Write, Agent or Skill.',
  'no-human':
    'Nobody can answer in this run. Report the question with update_request_status.mjs: blocked --reason question --error-message "…".',
  // Files.
  'write-outside':
    'Only the project and the temporary folder may be changed. Work on files inside the project; for scratch files use mktemp -d.',
  'write-protected':
    'The files that steer the agent and git (.claude, .git, .mcp.json) are not changed in a run. Use git itself for commits; propose other changes in the plan or the pull request.',
  'write-secret':
    'Files for secrets and keys are not written in a run. Put names without values into .env.example, and let tests make keys in memory.',
  'read-secret':
    'This reads a file that is kept for secrets. It is not needed for the task: read .env.example for the names, and use made-up values in tests.',
  'search-secret':
    "This search would print files that are kept for secrets. Use git grep or rg, which leave out ignored files, or add --exclude='.env*'.",
  'protected-path':
    "This belongs to the worker that runs this session, and not to the task. Stay inside the project's folder.",
  'delete-root':
    'This would delete the whole work tree, or a folder around it. Name what is to go: a build folder, a file.',
  'find-delete':
    'Deleting whatever a search finds is not checked beforehand. List the files first, and name them in rm.',
  // git.
  'git-push': 'The agent does not push or send: commit, and the worker publishes the branch.',
  'git-remote':
    'Remotes and credentials of the repository are the business of the worker. Work on the branch that is checked out.',
  'git-destructive':
    'This throws away work or history that cannot be had back. Commit first, and undo with git revert, git restore FILE or a new commit.',
  'git-config': 'This setting of git could run or redirect something. Leave the configuration as it is.',
  'git-hooks': 'The checks of the repository are not skipped. Mend what they report.',
  // Programs.
  'env-dump':
    'This would print the environment, and credentials with it. Ask for the one variable that is needed, by its name.',
  'secret-variable':
    'Variables that hold credentials are not used in commands. The scripts of the kit take them from the environment themselves.',
  'env-override': 'This variable steers the kit, or what other programs load. Leave it as it is.',
  'code-runs-commands': 'Run commands with Bash itself, and not from inside other code, so that they can be checked.',
  'code-deletes': 'Delete files with rm and their names, and not from inside code, so that it can be checked.',
  'code-hides': 'Code that takes other code or names apart to hide them is not run. Write it plainly.',
  'piped-code':
    'Code that comes through a pipe cannot be checked. Write it to a file in the project, read it, and run the file; or run the commands directly.',
  'download-run':
    'What was just downloaded is not run. Add it as a dependency of the project at a fixed version, or do without.',
  upload: 'Nothing is sent to other hosts in a run. Keep results in the repository or in the report.',
  'remote-shell': 'Other machines and raw connections are not part of a run. Work in the project.',
  privilege:
    'Nothing is done as another user. Work with the rights that are there, or report blocked --reason dependency.',
  system: 'This changes the machine and not the project. Report blocked --reason dependency if the task needs it.',
  'kill-by-name': 'Other runs use the same programs. Stop only what you started, by its process id.',
  'nested-agent': 'An agent does not start another session. Use the Agent tool.',
  'database-destroy':
    'Databases are not dropped or emptied here. Use a database of the test run, through the test suite or its migrations.',
  'cloud-destroy': 'Infrastructure is not changed in a run. Describe the change in the plan, for people to make.',
  publish: 'Nothing is published in a run, and no account is used. The worker publishes the branch, people the rest.',
  'api-direct':
    'The automation service is spoken to through fetch_request.mjs and update_request_status.mjs of the kit, and about the own request only.',
  'fork-bomb': 'This function starts itself without end.',
};

/** A call that must not be made. */
export class Denied extends Error {
  /** @param {string} rule one of RULES */
  constructor(rule) {
    super(rule);
    this.rule = rule;
  }
}

/**
 * @param {string} rule
 * @returns {never}
 */
export function deny(rule) {
  throw new Denied(rule);
}
