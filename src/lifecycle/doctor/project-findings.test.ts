import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { projectAilments } from './project-findings.js';

const means = { ensureGitignore: async () => ['.env'] };
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(realpathSync(tmpdir()), 'keyward-doctor-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: folder, stdio: 'pipe' });
const put = (name: string, mode = 0o600, text = 'A=b\n') => {
  writeFileSync(join(folder, name), text);
  chmodSync(join(folder, name), mode);
};
const ignoreAll = () =>
  put('.gitignore', 0o644, '.env\n.env.*\n!.env.example\n!.env*.sealed\n.env.secrets\nsecrets/\n*.key\n*.pem\n');
const causes = async () => (await projectAilments(folder)).map(({ finding }) => finding.cause);

describe('the files of a project', () => {
  test('a project without secrets has nothing wrong with it', async () => {
    git('init', '-q');
    ignoreAll();
    put('.env.example', 0o644);
    put('.env.sealed', 0o644);
    put('keyward.yaml', 0o644);
    expect(await causes()).toEqual([]);
  });

  test('a plain file that was committed is an error that says how many commits hold it', async () => {
    git('init', '-q');
    ignoreAll();
    put('.env');
    git('add', '-f', '.env', '.gitignore');
    git('commit', '-qm', 'one');
    const [ailment] = await projectAilments(folder);
    expect(ailment?.finding).toMatchObject({ severity: 'error', cause: 'git has it, 1 commit holds it' });
    expect(ailment?.finding.fix).toContain('git rm --cached .env');
  });

  test('a plain file that git would add is an error, and one that it ignores is none', async () => {
    git('init', '-q');
    put('.env');
    expect(await causes()).toEqual([
      'git does not ignore it, and would add it',
      expect.stringContaining('it lacks .env'),
    ]);
    ignoreAll();
    expect(await causes()).toEqual([]);
  });

  test('rights of others are found and taken away, and nothing else of the mode', async () => {
    put('.env', 0o644);
    put('server.key', 0o640);
    put('keyward.yaml', 0o666);
    const ailments = await projectAilments(folder);
    expect(ailments).toHaveLength(3);
    for (const { repair } of ailments) await repair?.(means);
    const modeOf = (name: string) => statSync(join(folder, name)).mode & 0o777;
    expect(['.env', 'server.key', 'keyward.yaml'].map(modeOf)).toEqual([0o600, 0o600, 0o644]);
    expect(await causes()).toEqual([]);
  });

  test('a link is never followed to what it names', async () => {
    put('target', 0o644);
    symlinkSync(join(folder, 'target'), join(folder, '.env'));
    mkdirSync(join(folder, '.env.d'));
    expect(await causes()).toEqual([]);
  });
});
