import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openRotations, Secret } from '../../src/index.js';
import { Laptop } from './cli.js';

let laptop: Laptop;

beforeEach(async () => {
  laptop = await Laptop.initialised();
  laptop.write(
    'keyward.yaml',
    `${laptop.read('keyward.yaml').replace(/^secrets:.*/ms, '')}cache: { ttl: 0s, maxStale: 0s }
secrets:
  app/key: { rotate: 90d, rotator: { random: "hex:32" } }
  app/api: { fields: [url, token], rotate: 90d, rotator: { random: "hex:32", field: token } }
  app/pair: { rotator: { keypair: ed25519 }, rotate: never }
  app/partner: { rotate: 30d }
`,
  );
  await laptop.ok(['set', 'app/key', '--meta', 'last_rotated=2020-01-01'], { stdin: 'before' });
});
afterEach(() => laptop.remove());

const open = () => openRotations({ cwd: laptop.project, env: laptop.environment() });
const currentOf = async (ref: string) => (await laptop.ok(['get', ref])).stdout;

describe('a program', () => {
  test('finds what is due, rotates it to a value of its own, and takes it back', async () => {
    const rotations = await open();
    try {
      expect(rotations.paths).toEqual(['app/key', 'app/api', 'app/pair']);
      expect((await rotations.due()).map(({ path }) => path)).toEqual(['app/key']);
      expect(await rotations.findings()).toMatchObject([{ where: 'app/key', problem: 'overdue' }]);
      const given = Buffer.from('given');
      const rotating = rotations.rotate('app/key', given);
      given.fill(0);
      expect(await rotating).toMatchObject({ path: 'app/key', state: 'promoted', waitsUntil: expect.any(Date) });
      expect(await currentOf('app/key')).toBe('given');
      await expect(rotations.rotate('app/key')).rejects.toMatchObject({ code: 'conflict' });
      expect(await rotations.due()).toEqual([]);
      expect(await rotations.rollback('app/key')).toMatchObject({ state: 'restored' });
      expect(await currentOf('app/key')).toBe('before');
    } finally {
      await rotations.close();
    }
  });

  test('is told what cannot be given or rotated', async () => {
    const rotations = await open();
    try {
      const given = Secret.fromText('given');
      await expect(rotations.rotate('app/pair', given)).rejects.toMatchObject({ code: 'unsupported' });
      await expect(rotations.rotate('app/other', given)).rejects.toMatchObject({ code: 'config' });
      await expect(rotations.resume('app/key')).rejects.toMatchObject({ code: 'conflict' });
    } finally {
      await rotations.close();
    }
  });
});

describe('what nobody but a person rotates', () => {
  test('is found when it is late, and no more when it was replaced', async () => {
    await laptop.ok(['set', 'app/partner', '--meta', 'last_rotated=2020-01-01'], { stdin: 'old' });
    const rotations = await open();
    try {
      const fix = 'Replace it: keyward set app/partner';
      expect(await rotations.findings()).toContainEqual(expect.objectContaining({ where: 'app/partner', fix }));
      await laptop.ok(['set', 'app/partner'], { stdin: 'new' });
      expect((await rotations.findings()).map(({ where }) => where)).toEqual(['app/key']);
    } finally {
      await rotations.close();
    }
  });
});

describe('a value that is set by hand', () => {
  const noted = async (path: string) => JSON.parse((await laptop.ok(['history', path, '--json'])).stdout).metadata;

  test('is as old as the call, unless the call says otherwise', async () => {
    await laptop.ok(['set', 'app/key'], { stdin: 'by hand' });
    expect((await noted('app/key')).last_rotated).not.toMatch(/^2020/);
    await laptop.ok(['set', 'app/key', '--meta', 'last_rotated=2021-01-01'], { stdin: 'again' });
    expect(await noted('app/key')).toEqual({ last_rotated: '2021-01-01' });
  });

  test('of a field that is not rotated leaves the age of the other', async () => {
    const meta = ['--meta', 'last_rotated=2020-01-01'];
    await laptop.ok(['set', 'app/api', 'url=a', 'token=-', ...meta], { stdin: 'x' });
    await laptop.ok(['set', 'app/api', 'url=b']);
    expect(await noted('app/api')).toEqual({ last_rotated: '2020-01-01' });
    await laptop.ok(['set', 'app/api', 'token=-'], { stdin: 'y' });
    expect((await noted('app/api')).last_rotated).not.toMatch(/^2020/);
  });
});
