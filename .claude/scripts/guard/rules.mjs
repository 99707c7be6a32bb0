/** Why the guard denies a call, and what to do instead. A text never quotes the call. */

/** @type {Readonly<Record<string, string>>} */
export const RULES = {
  // The guard cannot judge.
  'bad-input': 'The guard could not read this call, so it was not run. Try a simpler form.',
  internal: 'The guard failed on this call, so it was not run. Try a simpler form.',
  'too-long': 'This command is too long to check. Write files with the Write tool, and run shorter commands.',
  'too-complex': 'This command is nested too deeply or has too many parts to check. Split it up.',
  'parse-error':
    'The shell syntax of this command could not be parsed, so it was not run. Check the quotes, and simplify the command.',
  'dynamic-command':
    'What this would run is only known at run time. Write out the command and its subcommand, without variables, substitutions or patterns.',
  'dynamic-target':
    'What this would change is only known at run time. Write out the paths one by one, or use a pattern in a folder that is written out.',
  'dynamic-code':
    'Code that is assembled at run time cannot be checked. Write it out in single quotes or in a file of the project, and pass values as arguments.',
  'unknown-tool': 'This tool is not available in an automated run. Use Bash, Read, Edit, Write, Agent or Skill.',
  'no-human':
    'Nobody can answer in this run. Report the question with update_request_status.mjs: blocked --reason question --error-message "…".',
  // Files.
  'write-outside':
    'You may change only the project and the temporary folder. Work on files in the project; for scratch files use mktemp -d.',
  'write-protected':
    'Files that control the agent and git (.claude, .git, .mcp.json) must not be changed in a run. Use git itself to commit; propose other changes in the plan or the pull request.',
  'write-secret':
    'Files for secrets and keys must not be written in a run. Put names without values into .env.example, and let tests create keys in memory.',
  'read-secret':
    'This reads a file meant for secrets, which the task does not need. Read .env.example for the names, and use made-up values in tests.',
  'search-secret':
    "This search would print files meant for secrets. Use git grep or rg, which skip ignored files, or add --exclude='.env*'.",
  'protected-path':
    "This belongs to the worker that runs this session, not to the task. Stay inside the project's folder.",
  'delete-root':
    'This would delete the whole work tree, or a folder around it. Name what you want to delete: a build folder, a file.',
  'find-delete':
    'Files found by a search cannot be checked before they are deleted. List them first, and pass their names to rm.',
  // git.
  'git-push': 'The agent does not push or send. Commit; the worker publishes the branch.',
  'git-remote': 'The worker manages remotes and credentials of the repository. Work on the branch that is checked out.',
  'git-destructive':
    'This would lose work or history for good. Commit first, and undo with git revert, git restore FILE or a new commit.',
  'git-config': 'This git setting could run or redirect something. Leave the configuration unchanged.',
  'git-hooks': 'The checks of the repository must not be skipped. Fix what they report.',
  // Programs.
  'env-dump':
    'This would print the whole environment, including credentials. Print only the variable you need, by name.',
  'secret-variable':
    'Variables that hold credentials must not be used in commands. The scripts of the kit read them from the environment themselves.',
  'env-override': 'This variable controls the kit, or what other programs load. Leave it unchanged.',
  'code-runs-commands': 'Run commands with Bash directly, not from inside other code, so that they can be checked.',
  'code-deletes': 'Delete files by name with rm, not from inside code, so that it can be checked.',
  'code-hides': 'This code disguises other code or names, so it was not run. Write it plainly.',
  'piped-code':
    'Code that comes through a pipe cannot be checked. Write it to a file in the project, read it, and run the file; or run the commands directly.',
  'download-run':
    'Code that was just downloaded must not be run. Add it as a dependency of the project at a fixed version, or do without.',
  upload: 'Nothing may be sent to other hosts in a run. Keep results in the repository or in the report.',
  'remote-shell': 'Other machines and raw connections are off limits in a run. Work in the project.',
  privilege:
    'Nothing may be done as another user. Use the permissions you have, or report blocked --reason dependency.',
  system: 'This changes the machine, not the project. Report blocked --reason dependency if the task needs it.',
  'kill-by-name': 'Other runs use the same programs. Stop only what you started, by its process id.',
  'nested-agent': 'An agent must not start another session. Use the Agent tool.',
  'database-destroy':
    'Databases must not be dropped or emptied here. Use a database of the test run, through the test suite or its migrations.',
  'cloud-destroy': 'Infrastructure must not be changed in a run. Describe the change in the plan, for people to make.',
  publish: 'Nothing may be published in a run, and no account used. The worker publishes the branch, people the rest.',
  'api-direct':
    "Call the automation service only through the kit's fetch_request.mjs and update_request_status.mjs, and only about your own request.",
  'fork-bomb': 'This function starts itself endlessly.',
};

/** Thrown for a call that must not be made. */
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
