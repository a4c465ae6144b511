import fs, {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type TemporaryFolder, temporaryFolder } from '../testing/temporary-folder.js';
import { ensureOwnedFolder, readOwnedFile, writeOwnedFile, writeOwnedFileSync } from './owned-file.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const limit = { maxBytes: 1000 };

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => {
  vi.restoreAllMocks();
  folder.remove();
});

function giveToAnotherUser(path: string): void {
  if (process.getuid?.() === 0) chownSync(path, 4242, 4242);
  else vi.spyOn(process, 'getuid').mockReturnValue(4242);
}

async function systemCallsDuring(act: () => void | Promise<void>): Promise<readonly string[]> {
  const calls: string[] = [];
  const { openSync, fsyncSync, renameSync, linkSync } = fs;
  const original = { openSync, fsyncSync, renameSync, linkSync };
  const kinds = new Map<number, string>();
  fs.openSync = (path, ...rest) => {
    const file = original.openSync(path, ...rest);
    kinds.set(file, fs.fstatSync(file).isDirectory() ? 'folder' : 'file');
    return file;
  };
  fs.fsyncSync = (file) => {
    calls.push(`sync ${kinds.get(file)}`);
    original.fsyncSync(file);
  };
  fs.renameSync = (from, to) => {
    calls.push('rename');
    original.renameSync(from, to);
  };
  fs.linkSync = (from, to) => {
    calls.push('link');
    original.linkSync(from, to);
  };
  syncBuiltinESMExports();
  try {
    await act();
  } finally {
    Object.assign(fs, original);
    syncBuiltinESMExports();
  }
  return calls;
}

describe('reading a file that only its owner may read', () => {
  test('an absent file is undefined', async () => {
    expect(await readOwnedFile(folder.path('absent'), limit)).toBeUndefined();
  });

  test('the exact bytes come back, empty and binary ones too', async () => {
    for (const content of [new Uint8Array(), Uint8Array.from([0, 255, 10, 13, 10])]) {
      await writeOwnedFile(folder.path('key'), content);
      expect(await readOwnedFile(folder.path('key'), limit)).toEqual(content);
    }
  });

  test.each([0o640, 0o604, 0o660, 0o644, 0o620, 0o700])(
    'mode %o is refused, naming the chmod that repairs it',
    async (mode) => {
      const path = folder.write('key', 'x');
      chmodSync(path, mode);
      await expect(readOwnedFile(path, limit)).rejects.toMatchObject({
        code: 'config',
        advice: `Run: chmod 600 ${path}`,
      });
    },
  );

  test('mode 0400 is narrow enough', async () => {
    const path = folder.write('key', 'x');
    chmodSync(path, 0o400);
    expect(await readOwnedFile(path, limit)).toEqual(bytes('x'));
  });

  test('a symbolic link is refused, also one that leads nowhere', async () => {
    const path = folder.write('key', 'x');
    symlinkSync(path, folder.path('link'));
    symlinkSync(folder.path('nothing'), folder.path('dangling'));
    for (const name of ['link', 'dangling']) {
      await expect(readOwnedFile(folder.path(name), limit)).rejects.toMatchObject({ code: 'config' });
    }
  });

  test('a folder, a named pipe and a file in the place of a folder are refused without waiting', async () => {
    folder.write('file', 'x');
    folder.pipe('pipe');
    for (const name of ['.', 'pipe', 'file/key']) {
      await expect(readOwnedFile(folder.path(name), limit)).rejects.toMatchObject({ code: 'config' });
    }
  });

  test('a file over the limit is too large, one at the limit is not', async () => {
    await writeOwnedFile(folder.path('key'), new Uint8Array(1001));
    await expect(readOwnedFile(folder.path('key'), limit)).rejects.toMatchObject({ code: 'too_large' });
    await writeOwnedFile(folder.path('key'), new Uint8Array(1000));
    expect(await readOwnedFile(folder.path('key'), limit)).toHaveLength(1000);
  });

  test('a parent folder that others can write to is refused, naming the chmod that closes it', async () => {
    mkdirSync(folder.path('open/inner'), { recursive: true });
    const path = folder.write('open/inner/key', 'x');
    chmodSync(folder.path('open'), 0o777);
    await expect(readOwnedFile(path, limit)).rejects.toMatchObject({
      code: 'config',
      advice: `Run: chmod go-w ${folder.path('open')}`,
    });
  });

  test('a parent folder with the sticky bit is accepted, as /tmp is', async () => {
    mkdirSync(folder.path('sticky'));
    const path = folder.write('sticky/key', 'x');
    chmodSync(folder.path('sticky'), 0o1777);
    expect(await readOwnedFile(path, limit)).toEqual(bytes('x'));
  });

  test('a linked parent folder is judged by where it leads', async () => {
    mkdirSync(folder.path('open/inner'), { recursive: true });
    folder.write('open/inner/key', 'x');
    symlinkSync('open/inner', folder.path('link'));
    expect(await readOwnedFile(folder.path('link/key'), limit)).toEqual(bytes('x'));
    chmodSync(folder.path('open'), 0o775);
    await expect(readOwnedFile(folder.path('link/key'), limit)).rejects.toMatchObject({ code: 'config' });
  });

  test('a link that lies where others can replace it is refused', async () => {
    mkdirSync(folder.path('open'));
    mkdirSync(folder.path('closed'));
    folder.write('closed/key', 'x');
    symlinkSync('../closed', folder.path('open/link'));
    chmodSync(folder.path('open'), 0o777);
    await expect(readOwnedFile(folder.path('open/link/key'), limit)).rejects.toMatchObject({ code: 'config' });
  });

  test('a file of another user is refused', async () => {
    const path = folder.write('key', 'x');
    giveToAnotherUser(path);
    await expect(readOwnedFile(path, limit)).rejects.toMatchObject({ code: 'config', store: path });
  });

  test('a file in a folder of another user is refused, even when it is not writable by others', async () => {
    const path = folder.write('theirs/key', 'x');
    giveToAnotherUser(folder.path('theirs'));
    await expect(readOwnedFile(path, limit)).rejects.toMatchObject({ code: 'config' });
  });

  test('advice quotes a path for the shell', async () => {
    const path = folder.write("it's a key", 'x');
    chmodSync(path, 0o644);
    await expect(readOwnedFile(path, limit)).rejects.toMatchObject({
      advice: `Run: chmod 600 '${path.replace("'", "'\\''")}'`,
    });
  });
});

describe('writing a file that only its owner may read', () => {
  test('it gets mode 0600 and leaves nothing else behind', async () => {
    await writeOwnedFile(folder.path('key'), bytes('one'));
    writeOwnedFileSync(folder.path('key'), bytes('two'));
    expect(readFileSync(folder.path('key'), 'utf8')).toBe('two');
    expect(statSync(folder.path('key')).mode & 0o7777).toBe(0o600);
    expect(readdirSync(folder.path('.'))).toEqual(['key']);
  });

  test('it is synced before it gets its name, and its folder after', async () => {
    const path = folder.path('key');
    expect(await systemCallsDuring(() => writeOwnedFileSync(path, bytes('x')))).toEqual([
      'sync file',
      'rename',
      'sync folder',
    ]);
    const other = folder.path('other');
    expect(await systemCallsDuring(() => writeOwnedFile(other, bytes('x'), { exclusive: true }))).toEqual([
      'sync file',
      'link',
      'sync folder',
    ]);
  });

  test('a wide mode of the old file does not survive', async () => {
    chmodSync(folder.write('key', 'old'), 0o644);
    await writeOwnedFile(folder.path('key'), bytes('new'));
    expect(statSync(folder.path('key')).mode & 0o7777).toBe(0o600);
  });

  test('an exclusive write refuses a file that is there, and keeps it', async () => {
    await writeOwnedFile(folder.path('key'), bytes('first'), { exclusive: true });
    await expect(writeOwnedFile(folder.path('key'), bytes('second'), { exclusive: true })).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(readFileSync(folder.path('key'), 'utf8')).toBe('first');
    expect(readdirSync(folder.path('.'))).toEqual(['key']);
  });

  test('a symbolic link is replaced, never written through', async () => {
    writeFileSync(folder.path('elsewhere'), 'untouched');
    symlinkSync(folder.path('elsewhere'), folder.path('key'));
    await writeOwnedFile(folder.path('key'), bytes('new'));
    expect(readFileSync(folder.path('elsewhere'), 'utf8')).toBe('untouched');
    expect(await readOwnedFile(folder.path('key'), limit)).toEqual(bytes('new'));
  });

  test('a missing folder is a configuration error, and a folder in the way too', async () => {
    mkdirSync(folder.path('taken'));
    for (const name of ['missing/key', 'taken']) {
      await expect(writeOwnedFile(folder.path(name), bytes('x'))).rejects.toMatchObject({ code: 'config' });
    }
    expect(readdirSync(folder.path('.'))).toEqual(['taken']);
  });
});

describe('a folder for its owner alone', () => {
  test('it is created with its parents, all with mode 0700', async () => {
    await ensureOwnedFolder(folder.path('a/b/c'));
    for (const name of ['a', 'a/b', 'a/b/c']) expect(statSync(folder.path(name)).mode & 0o7777).toBe(0o700);
    await ensureOwnedFolder(folder.path('a/b/c'));
  });

  test.each([0o755, 0o750, 0o701, 0o777])('an existing one with mode %o is refused, naming the chmod', async (mode) => {
    mkdirSync(folder.path('open'));
    chmodSync(folder.path('open'), mode);
    await expect(ensureOwnedFolder(folder.path('open'))).rejects.toMatchObject({
      code: 'config',
      advice: `Run: chmod 700 ${folder.path('open')}`,
    });
  });

  test('a folder of another user is refused', async () => {
    mkdirSync(folder.path('theirs'), { mode: 0o700 });
    giveToAnotherUser(folder.path('theirs'));
    await expect(ensureOwnedFolder(folder.path('theirs'))).rejects.toMatchObject({ code: 'config' });
  });

  test('a symbolic link to a folder and a file are refused, with and without a trailing slash', async () => {
    mkdirSync(folder.path('real'), { mode: 0o700 });
    symlinkSync(folder.path('real'), folder.path('link'));
    folder.write('file', '');
    for (const name of ['link', 'link/', 'file']) {
      await expect(ensureOwnedFolder(join(folder.path('.'), name))).rejects.toMatchObject({ code: 'config' });
    }
  });
});
