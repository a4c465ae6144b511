import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openStore } from '../../src/compose/open-default-store.js';
import { parsePath } from '../../src/core/path.js';
import { copyFolder } from '../copy-folder.js';
import { Laptop, repository } from './cli.js';

let laptop: Laptop;
let pristine: string;
let publicKey: string;

beforeAll(async () => {
  laptop = new Laptop();
  const { stderr } = await laptop.ok(['init']);
  publicKey = /signed by ([0-9a-f]{64})/.exec(stderr)?.[1] ?? '';
  await laptop.ok(['set', 'app/jwt_secret'], { stdin: 'one' });
  laptop.write('checkpoint.json', (await laptop.ok(['audit', 'verify', '--export'])).stdout);
  await laptop.ok(['get', 'app/jwt_secret']);
  await laptop.ok(['set', 'app/jwt_secret'], { stdin: 'two' });
  pristine = join(laptop.home, 'pristine');
  copyFolder(laptop.stateFolder, pristine);
});
afterAll(() => laptop.remove());

beforeEach(() => {
  rmSync(laptop.stateFolder, { recursive: true });
  copyFolder(pristine, laptop.stateFolder);
});

const volume = () => join(laptop.auditFolder, '000001.log');
const linesOf = (text: string) => text.split('\n').slice(0, -1);
const verify = (...options: readonly string[]) => laptop.run(['audit', 'verify', ...options]);

/** The verifier that needs nothing but Node. */
function standalone(...options: readonly string[]) {
  const tool = join(repository, 'tools/verify-audit.mjs');
  const run = spawnSync(process.execPath, [tool, laptop.auditFolder, ...options], {
    encoding: 'utf8',
    cwd: laptop.project,
  });
  return { status: run.status, stdout: run.stdout };
}

function rewrite(change: (lines: readonly string[]) => readonly string[]): void {
  const lines = linesOf(readFileSync(volume(), 'utf8'));
  writeFileSync(
    volume(),
    change(lines)
      .map((line) => `${line}\n`)
      .join(''),
  );
}

const flipped = (line: string, at: number) => line.slice(0, at) + (line[at] === 'A' ? 'B' : 'A') + line.slice(at + 1);
const entryOf = (lines: readonly string[]) => lines.findIndex((line, i) => i > 1 && line.includes('"box"'));
const without = (lines: readonly string[], at: number) => lines.filter((_, i) => i !== at);

const tamperings: Readonly<Record<string, (lines: readonly string[]) => readonly string[]>> = {
  'a character of an entry was changed': (lines) =>
    lines.map((line, i) => (i === entryOf(lines) ? flipped(line, line.length - 9) : line)),
  'the time of an entry was changed': (lines) =>
    lines.map((line, i) => (i === entryOf(lines) ? line.replace(/"time":"20/, '"time":"19') : line)),
  'the first line was dropped': (lines) => without(lines, 0),
  'a line in the middle was dropped': (lines) => without(lines, 3),
  'two lines changed places': (lines) => [...lines.slice(0, 2), lines[3] ?? '', lines[2] ?? '', ...lines.slice(4)],
  'a line stands there twice': (lines) => [...lines.slice(0, 3), lines[2] ?? '', ...lines.slice(3)],
  'the log was cut before its last checkpoint': (lines) => lines.slice(0, 4),
  'everything was removed': () => [],
  'a checkpoint was changed': (lines) =>
    lines.map((line) => (line.includes('"sig"') ? flipped(line, line.indexOf('"sig"') + 9) : line)),
  'the checkpoints were removed': (lines) => lines.filter((line) => !line.includes('"sig"')),
};

describe('audit verify', () => {
  test('says that an untouched log is sound and signed, by the key that init printed', async () => {
    for (const options of [[], ['--key', publicKey], ['--anchor', 'checkpoint.json']]) {
      const { status, stdout } = await verify(...options);
      expect({ status, stdout }).toEqual({
        status: 0,
        stdout: expect.stringMatching(/^ok: \d+ entries, \d+ checkpoints/),
      });
      expect(standalone(...options)).toMatchObject({ status: 0, stdout: expect.stringContaining(publicKey) });
    }
  });

  test.each(Object.entries(tamperings))('ends with 1 and names the line when %s', async (_name, change) => {
    rewrite(change);
    expect(standalone()).toMatchObject({ status: 1, stdout: expect.stringMatching(/line \d+/) });
    const { status, stdout } = await verify();
    expect({ status, stdout }).toEqual({ status: 1, stdout: expect.stringMatching(/^broken: 000001, line \d+: /) });
  });

  test('ends with 1 when the volume was removed', async () => {
    rmSync(volume());
    expect(standalone().status).toBe(1);
    expect((await verify()).status).not.toBe(0);
  });

  test('ends with 1 when every trace of the newest lines was removed, against a checkpoint kept elsewhere', async () => {
    const { seq } = JSON.parse(laptop.read('checkpoint.json'));
    rewrite((lines) => lines.slice(0, seq - 1));
    rmSync(join(laptop.auditFolder, 'checkpoint.json'));
    expect(standalone('--anchor', 'checkpoint.json').status).toBe(1);
    expect((await verify('--anchor', 'checkpoint.json')).status).toBe(1);
  });

  test('ends with 2 when the newest entries are not signed yet', async () => {
    const line = linesOf(readFileSync(volume(), 'utf8'));
    const lastSignature = line.findLastIndex((text) => text.includes('"sig"'));
    const firstSignature = line.findIndex((text) => text.includes('"sig"'));
    expect(lastSignature).toBe(line.length - 1);
    writeFileSync(join(laptop.auditFolder, 'checkpoint.json'), `${line[firstSignature]}`);
    rewrite((lines) => lines.slice(0, -1));
    expect(standalone().status).toBe(2);
  });

  test('ends with 2 while another process has written what it has not signed', async () => {
    const store = await openStore({ env: laptop.environment(), environment: 'development' });
    await store.client.secrets.read({ path: parsePath('app/jwt_secret') });
    expect(await verify()).toMatchObject({ status: 2, stdout: expect.stringMatching(/^sound: .* not signed yet/) });
    await store.close();
    expect((await verify()).status).toBe(0);
  });

  test('ends with 1 when the log is signed by another key than the one expected', async () => {
    const other = '0'.repeat(64);
    expect((await verify('--key', other)).status).toBe(1);
    expect(standalone('--key', other).status).toBe(1);
  });

  test('gives JSON with the first problem', async () => {
    rewrite((lines) => without(lines, 3));
    const { status, stdout } = await verify('--json');
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'broken', firstProblem: { volume: '000001' } });
  });

  test('refuses an anchor that is none', async () => {
    laptop.write('other.json', '{}');
    expect((await verify('--anchor', 'other.json')).status).toBe(1);
    expect(await verify('--anchor', 'missing.json')).toMatchObject({ status: 2, stdout: '' });
  });
});

describe('a log that was tampered with', () => {
  test('does not stop reads where its end still fits, and what is written after it does not repair it', async () => {
    rewrite(tamperings['a character of an entry was changed'] ?? (() => []));
    const { status, stdout } = await laptop.run(['get', 'app/jwt_secret']);
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'two' });
    expect((await verify()).status).toBe(1);
  });

  test('is not shown as if nothing had happened', async () => {
    rewrite(tamperings['a character of an entry was changed'] ?? (() => []));
    const { status, stdout, stderr } = await laptop.run(['audit', 'show']);
    expect({ status, stdout }).toEqual({ status: 8, stdout: '' });
    expect(stderr).toContain('keyward audit verify');
  });

  test('stops everything but its verification where its end is not the one that was written', async () => {
    rewrite((lines) => without(lines, 3));
    for (const args of [
      ['get', 'app/jwt_secret'],
      ['set', 'app/jwt_secret'],
      ['audit', 'show'],
    ]) {
      expect(await laptop.run(args, { stdin: 'x' })).toMatchObject({ status: 8, stdout: '' });
    }
    expect((await verify()).status).toBe(1);
  });
});
