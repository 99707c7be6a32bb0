import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A work tree with a secret, and what lies around it on a development server. */
export class Surroundings {
  readonly base = realpathSync(mkdtempSync(join(tmpdir(), 'automation-guard-test-')));
  readonly places = {
    base: this.base,
    project: join(this.base, 'project'),
    config: join(this.base, 'config'),
    worker: join(this.base, 'worker'),
    tmp: join(this.base, 'tmp'),
    home: join(this.base, 'home'),
  };
  /** What a worker gives to its agent, and Claude Code to its hooks. */
  readonly env: Readonly<Record<string, string>> = {
    HOME: this.places.home,
    TMPDIR: this.places.tmp,
    CLAUDE_PROJECT_DIR: this.places.project,
    CLAUDE_CONFIG_DIR: this.places.config,
    AUTOMATION_API_URL: 'http://127.0.0.1:8123',
    AUTOMATION_REQUEST_ID: '7d4f3b7e-6f0e-4a53-9a0f-0d3f2a6f1c11',
    AUTOMATION_PROTECTED_PATHS: this.places.worker,
    AUTOMATION_HOOK_STATE_DIR: join(this.base, 'hooks'),
  };

  constructor() {
    const files = [
      'project/.env',
      'project/.env.example',
      'project/.claude/settings.json',
      'project/.git/config',
      'project/package.json',
      'project/src/index.ts',
      'project/docs/guide.md',
      'project/dist/main.js',
      'project/packages/api/package.json',
      'project/certs/server.pem',
      'project/node_modules/.bin/jest',
      'project/node_modules/.bin/tsc',
      'config/scripts/update_request_status.mjs',
      'config/commands/implement.md',
      'config/.credentials.json',
      'worker/journal.json',
      'project-evil/file',
      'elsewhere/notes.txt',
      'home/.ssh/id_ed25519',
      'tmp/scratch',
    ];
    for (const file of files) {
      mkdirSync(join(this.base, dirname(file)), { recursive: true });
      writeFileSync(join(this.base, file), '');
    }
    symlinkSync('.env', join(this.places.project, 'settings-link'));
    symlinkSync('../elsewhere', join(this.places.project, 'way-out'));
    symlinkSync('../elsewhere/not-there-yet', join(this.places.project, 'dangling'));
    symlinkSync('.git', join(this.places.project, 'repo-link'));
    symlinkSync('..', join(this.places.project, 'up'));
  }

  /** Fills in `{project}`, `{config}` and the like. */
  fill(text: string): string {
    return text.replace(
      /\{(base|project|config|worker|tmp|home)\}/g,
      (_, name: keyof typeof this.places) => this.places[name],
    );
  }

  remove(): void {
    rmSync(this.base, { recursive: true, force: true });
  }
}
