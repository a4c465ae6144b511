import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type TemporaryFolder, temporaryFolder } from '../testing/temporary-folder.js';
import { emptyBaseline, formatBaseline, parseBaseline } from './baseline.js';
import { createBundle, ManagedFinder } from './fingerprints.js';
import { listFiles } from './list-files.js';
import { scanFiles } from './scan-files.js';

const folders: TemporaryFolder[] = [];
const newFolder = () => {
  const folder = temporaryFolder();
  folders.push(folder);
  return folder.path('.');
};
afterEach(() => {
  for (const folder of folders.splice(0)) folder.remove();
});

const value = 'kR7x2pQ9zT1vW4bN8mJ6';
const line = `api_${'key'} = "${value}"\n`;
const scan = (cwd: string, options: Partial<Parameters<typeof scanFiles>[1]> = {}, path = '.') =>
  scanFiles(listFiles(path, { cwd, all: true }), { baseline: emptyBaseline(), ...options });
const git = (cwd: string, ...args: readonly string[]) => execFileSync('git', args, { cwd, stdio: 'ignore' });

describe('scanFiles', () => {
  test('says where a secret is, and never the secret', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'src'));
    writeFileSync(join(folder, 'src/a.py'), `# first\n${line}`);
    const { leaks, files, incomplete } = await scan(folder);
    expect(leaks).toMatchObject([{ file: 'src/a.py', line: 2, column: 12, length: value.length }]);
    expect({ files, incomplete }).toEqual({ files: 1, incomplete: [] });
    expect(JSON.stringify(leaks)).not.toContain(value.slice(0, 6));
  });

  test('finds each secret of a file of several blocks once, on its line', async () => {
    const folder = newFolder();
    const filler = 'nothing to see here\n'.repeat(3000);
    const lines = filler.split('\n').length;
    writeFileSync(join(folder, 'large'), `${filler}${line}`.repeat(60));
    const { leaks } = await scan(folder);
    expect(leaks.map((leak) => leak.line)).toEqual(Array.from({ length: 60 }, (_, at) => (at + 1) * lines));
    expect(new Set(leaks.map(({ fingerprint }) => fingerprint)).size).toBe(1);
  });

  test('follows no link, waits for no pipe, and names what it did not read to its end', async () => {
    const folder = newFolder();
    const outside = newFolder();
    writeFileSync(join(outside, 'secret'), line);
    symlinkSync(outside, join(folder, 'out'));
    symlinkSync('.', join(folder, 'loop'));
    symlinkSync(join(outside, 'secret'), join(folder, 'link'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    writeFileSync(join(folder, 'sparse'), 'amqps://bot:Kf7-wPz2mQx@queue.internal/');
    truncateSync(join(folder, 'sparse'), 10 * 2 ** 30);
    const { leaks, files, incomplete } = await scan(folder);
    expect(leaks.map(({ file }) => file)).toEqual(['sparse']);
    expect({ files, incomplete }).toEqual({ files: 0, incomplete: ['sparse'] });
  });

  test('shows names that are no UTF-8 by their bytes', async () => {
    const folder = newFolder();
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/a`), Buffer.from([0xff])]), line);
    expect((await scan(folder)).leaks.map(({ file }) => file)).toEqual(['a\\xff']);
  });

  test('in a repository looks at what git knows or would add', async () => {
    const folder = newFolder();
    git(folder, 'init', '-q');
    for (const name of ['known', 'new', 'ignored']) writeFileSync(join(folder, name), line);
    writeFileSync(join(folder, '.gitignore'), 'ignored\n');
    symlinkSync(join(folder, 'ignored'), join(folder, 'link'));
    git(folder, 'add', 'known', 'link');
    const { leaks } = await scanFiles(listFiles('.', { cwd: folder, all: false }), { baseline: emptyBaseline() });
    expect(leaks.map(({ file }) => file).sort()).toEqual(['known', 'new']);
  });

  test('leaves out what a mark on the line allows, and never a value of ours', async () => {
    const folder = newFolder();
    const marks = ['# keyward:allow', '// gitleaks:allow', '# pragma: allowlist secret'];
    writeFileSync(join(folder, 'marked'), marks.map((mark) => `${line.trimEnd()} ${mark}\n`).join(''));
    expect((await scan(folder)).leaks).toEqual([]);
    const { bundle } = createBundle([{ name: 'app/key', bytes: Buffer.from(value) }], {
      nowMs: 0,
      expiresMs: 1,
      withNames: true,
    });
    const { leaks } = await scan(folder, { managed: new ManagedFinder(bundle) });
    expect(leaks.map(({ kind }) => kind.title)).toEqual(['value of app/key', 'value of app/key', 'value of app/key']);
  });

  test('leaves out what the baseline has, wherever in its file it moved to', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'old'), line);
    const first = emptyBaseline();
    const text = formatBaseline(first.key, (await scan(folder, { baseline: first })).leaks);
    expect(text).not.toContain(value.slice(0, 6));
    writeFileSync(join(folder, 'old'), `\n\n${line}`);
    writeFileSync(join(folder, 'new'), line);
    const { leaks, known } = await scan(folder, { baseline: parseBaseline(text, 'b.json') });
    expect(leaks.map(({ file }) => file)).toEqual(['new']);
    expect(known).toBe(1);
  });

  test.each(['{', 'null', '{"kind":"keyward-scan-baseline","version":1,"key":"","known":[]}'])(
    'refuses %j as a baseline',
    (text) => {
      expect(() => parseBaseline(text, 'b.json')).toThrow('b.json is no baseline');
    },
  );

  test('tells a thousand findings of a flood and decodes as many parts as a file can have, and says that there are more', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'flood'), line.repeat(3000));
    writeFileSync(join(folder, 'layers'), '%41%42%43%44 '.repeat(5000));
    const { leaks, incomplete } = await scan(folder);
    expect(leaks).toHaveLength(1000);
    expect([...incomplete].sort()).toEqual(['flood', 'layers']);
  });

  test('refuses a path that is not there', async () => {
    await expect(scan(newFolder(), {}, 'nowhere')).rejects.toThrow('nowhere');
  });
});
