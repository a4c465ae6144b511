import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface TemporaryFolder {
  /** The absolute path of a name in the folder. */
  path(name: string): string;
  /** Writes a file with mode 0600 (and the folders that it needs, 0700); answers its path. */
  write(name: string, content: string | Uint8Array): string;
  /** Makes a named pipe that nobody writes to. */
  pipe(name: string): void;
  remove(): void;
}

/** A new empty folder with mode 0700 for one test. */
export function temporaryFolder(): TemporaryFolder {
  const root = mkdtempSync(join(realpathSync(tmpdir()), 'keyward-test-'));
  const path = (name: string) => join(root, name);
  return {
    path,
    write(name, content) {
      mkdirSync(dirname(path(name)), { recursive: true, mode: 0o700 });
      writeFileSync(path(name), content, { mode: 0o600 });
      return path(name);
    },
    pipe: (name) => void execFileSync('mkfifo', [path(name)]),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
