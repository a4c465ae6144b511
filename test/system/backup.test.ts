import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Laptop } from './cli.js';

let laptop: Laptop;
let away: string;
beforeEach(async () => {
  laptop = new Laptop();
  away = join(laptop.home, 'usb');
  mkdirSync(away, { mode: 0o700 });
  await laptop.ok(['init', '--recovery-out', join(away, 'recovery')]);
  await laptop.ok(['set', 'app/one'], { stdin: 'first' });
  await laptop.ok(['set', 'app/two'], { stdin: 'second' });
});
afterEach(() => laptop.remove());

const create = async () => JSON.parse((await laptop.ok(['backup', 'create', '--in', away, '--json'])).stdout);
const value = async (path: string) => (await laptop.ok(['get', path])).stdout.trim();

describe('a backup', () => {
  test('and the recovery key alone bring the secrets back on a fresh machine, with the log', async () => {
    const { path, name } = await create();
    const fresh = new Laptop();
    try {
      cpSync(path, join(fresh.project, name));
      cpSync(join(away, 'recovery'), join(fresh.project, 'recovery'));
      chmodSync(join(fresh.project, 'recovery'), 0o600);
      const ran = await fresh.ok(['backup', 'restore', `./${name}`, '--recovery-file', 'recovery']);
      expect(ran.stdout).toContain('restored 2 secrets');
      cpSync(join(laptop.project, 'keyward.yaml'), join(fresh.project, 'keyward.yaml'));
      await fresh.ok(['trust', '--yes']);
      expect((await fresh.ok(['get', 'app/one'])).stdout.trim()).toBe('first');
      await fresh.ok(['set', 'app/three'], { stdin: 'third' });
      const log = (await fresh.ok(['audit', 'show'])).stdout;
      expect(log).toContain('backup.restore');
      expect(log).toContain('secrets.write');
      await fresh.ok(['audit', 'verify']);
      await fresh.ok(['store', 'verify']);
    } finally {
      fresh.remove();
    }
  });

  test('puts the store of then in the place of the present one, in a later epoch, and keeps that beside', async () => {
    const { name } = await create();
    await laptop.ok(['set', 'app/one'], { stdin: 'changed' });
    await laptop.ok(['set', 'app/later'], { stdin: 'later' });
    const refused = await laptop.run(['backup', 'restore', name, '--in', away]);
    expect(refused).toMatchObject({ status: 6, stderr: expect.stringContaining('--replace') });
    expect(await value('app/one')).toBe('changed');
    const ran = await laptop.ok(['backup', 'restore', name, '--in', away, '--replace', '--yes']);
    expect(ran.stdout).toContain('in epoch 2');
    expect(await value('app/one')).toBe('first');
    expect((await laptop.run(['get', 'app/later'])).status).not.toBe(0);
    expect((await laptop.ok(['status'])).stderr).toBe('');
    expect(
      readdirSync(join(laptop.dataFolder, '..')).filter((file) => file.startsWith('.default-before-')),
    ).toHaveLength(1);
    await laptop.ok(['store', 'verify']);
    await laptop.ok(['audit', 'verify']);
  });

  test('does not bring back a version that was destroyed since, nor a slot that was removed', async () => {
    await laptop.ok(['set', 'app/one'], { stdin: 'newer' });
    await create();
    await laptop.ok(['destroy', 'app/one@1', '--yes']);
    await laptop.ok(['purge', 'app/two', '--yes']);
    await laptop.ok(['slot', 'remove', 'recovery']);
    const report = JSON.parse(
      (await laptop.ok(['backup', 'restore', '--in', away, '--replace', '--yes', '--json'])).stdout,
    );
    expect(report.destroyed).toEqual([expect.stringMatching(/app\/one@1$/)]);
    expect(report.purged).toEqual([expect.stringMatching(/app\/two$/)]);
    expect(report.removedSlots).toMatchObject([{ kind: 'recovery' }]);
    expect((await laptop.run(['get', 'app/one@1'])).stderr).toContain('destroyed');
    expect(await value('app/one')).toBe('newer');
    const slots = JSON.parse((await laptop.ok(['slot', 'list', '--json'])).stdout);
    expect(JSON.stringify(slots)).not.toContain('recovery');
  });

  test('is refused when nothing away from this machine would open it', async () => {
    const other = await Laptop.initialised();
    try {
      const ran = await other.run(['backup', 'create']);
      expect(ran.stderr).toContain('keyward slot add recovery');
      expect(ran.status).not.toBe(0);
    } finally {
      other.remove();
    }
  });
});

describe('keyward backup verify', () => {
  test('opens every row where it can, else the parts, else compares the checksum, and says which', async () => {
    const { path } = await create();
    expect((await laptop.ok(['backup', 'verify', path])).stdout).toContain('every row agrees');
    const stranger = new Laptop();
    try {
      for (const suffix of ['', '.sha256']) cpSync(path + suffix, join(stranger.project, `b.age${suffix}`));
      const renamed = await stranger.run(['backup', 'verify', './b.age']);
      expect(renamed.stderr).toContain('differs from its checksum');
      const there = join(stranger.project, path.slice(path.lastIndexOf('/') + 1));
      for (const suffix of ['', '.sha256']) cpSync(path + suffix, there + suffix);
      expect((await stranger.ok(['backup', 'verify', there])).stdout).toContain('agrees with its checksum');
      rmSync(`${there}.sha256`);
      expect((await stranger.run(['backup', 'verify', there])).stderr).toContain('no key was offered');
    } finally {
      stranger.remove();
    }
  });

  test('finds a byte that was flipped and an end that was cut, anywhere', async () => {
    const { path } = await create();
    const bytes = readFileSync(path);
    for (let part = 0; part <= 20; part += 1) {
      const at = Math.min(bytes.length - 1, Math.floor((bytes.length * part) / 20));
      const flipped = Uint8Array.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 0x01;
      for (const wrong of [flipped, bytes.subarray(0, at)]) {
        writeFileSync(path, wrong);
        const ran = await laptop.run(['backup', 'verify', path]);
        expect({ at, status: ran.status === 0 }).toEqual({ at, status: false });
      }
    }
    writeFileSync(path, bytes);
    await laptop.ok(['backup', 'verify', path]);
    expect(existsSync(laptop.dataFolder)).toBe(true);
  });
});
