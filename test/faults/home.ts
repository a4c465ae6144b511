import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyFolder } from '../copy-folder.js';

export const repository = join(import.meta.dirname, '../..');
export const keywardProgram = join(repository, 'dist/cli/main.js');

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The folders of one user: home, a project in it, and the store that `keyward init` makes there. */
export class Home {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  static empty(): Home {
    const home = new Home(mkdtempSync(join(realpathSync(tmpdir()), 'keyward-fault-')));
    mkdirSync(home.project, { mode: 0o700 });
    return home;
  }

  static withStore(): Home {
    const home = Home.empty();
    home.keywardSucceeds(['init']);
    return home;
  }

  /** The home that somebody else makes at this place. */
  static at(root: string): Home {
    return new Home(root);
  }

  /** What a copy of the whole home at another place is; nothing in a store names its own place. */
  copyTo(root: string): Home {
    copyFolder(this.root, root);
    return new Home(root);
  }

  get project(): string {
    return join(this.root, 'project');
  }

  get storeFolder(): string {
    return join(this.root, '.local/share/keyward/default');
  }

  get dataFile(): string {
    return join(this.storeFolder, 'data.mdb');
  }

  get keyFolder(): string {
    return join(this.root, '.config/keyward/keys');
  }

  /** The folders of anchors and audit logs, one for each store of the user. */
  get stateFolders(): readonly string[] {
    const folder = join(this.root, '.local/state/keyward');
    return readdirSync(folder).map((name) => join(folder, name));
  }

  get stateFolder(): string {
    const [folder] = this.stateFolders;
    if (folder === undefined) throw new Error('the home has no store');
    return folder;
  }

  get firstVolume(): string {
    return join(this.stateFolder, 'audit/000001.log');
  }

  /** The environment of this user's processes, without what the tests run in. */
  get env(): Record<string, string> {
    return { HOME: this.root, PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', NO_COLOR: '1' };
  }

  writeConfig(text: string): void {
    writeFileSync(join(this.project, 'keyward.yaml'), text);
  }

  /** Runs the command line to its end, behind another program such as strace if one is given. */
  keyward(args: readonly string[], input = '', behind: readonly string[] = []): Ended {
    const [program = '', ...rest] = [...behind, process.execPath, keywardProgram, ...args];
    const { status, stdout, stderr } = spawnSync(program, rest, {
      cwd: this.project,
      env: this.env,
      input,
      encoding: 'utf8',
      timeout: 60_000,
    });
    return { status, stdout, stderr };
  }

  /** @throws Error with what it printed when the command fails. */
  keywardSucceeds(args: readonly string[], input = ''): string {
    const { status, stdout, stderr } = this.keyward(args, input);
    if (status !== 0) throw new Error(`keyward ${args.join(' ')} ended with ${status}: ${stderr}`);
    return stdout;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
