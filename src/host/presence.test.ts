import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type TemporaryFolder, temporaryFolder } from '../testing/temporary-folder.js';
import { Presence } from './presence.js';
import { currentProcess, processNamespace } from './process-identity.js';

let temporary: TemporaryFolder;
let folder: string;
beforeEach(() => {
  temporary = temporaryFolder();
  folder = temporary.path('presence');
});
afterEach(() => temporary.remove());

const enter = () => Presence.enter(folder, 'the store');
const done = async () => 'done';

describe('the list of those who have something open', () => {
  test('lets one act alone that is alone', async () => {
    const presence = await enter();
    expect(await presence.alone(done)).toBe('done');
    presence.leave();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('refuses to act beside another opening, and names its process', async () => {
    const presence = await enter();
    const other = await enter();
    let hasActed = false;
    const act = async () => {
      hasActed = true;
    };
    await expect(presence.alone(act)).rejects.toMatchObject({ code: 'conflict' });
    await expect(presence.alone(act)).rejects.toThrow(`the store is open in process ${process.pid} (since 2`);
    expect(hasActed).toBe(false);
    other.leave();
    expect(await presence.alone(done)).toBe('done');
  });

  test('keeps others out while one acts alone, and lets them in afterwards', async () => {
    const presence = await enter();
    await presence.alone(async () => {
      await expect(enter()).rejects.toMatchObject({ code: 'unavailable' });
      expect(readdirSync(folder)).toHaveLength(1);
    });
    await (await enter()).leave();
  });

  test('lets others in again when the one that acted alone failed', async () => {
    const presence = await enter();
    const failing = presence.alone(() => Promise.reject(new Error('broken')));
    await expect(failing).rejects.toThrow('broken');
    await (await enter()).leave();
  });

  test('does not count a process that is gone, and removes what it left', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    const start = Buffer.from('some:1').toString('hex');
    writeFileSync(join(temporary.path('.'), 'x'), '');
    const presence = await enter();
    writeFileSync(join(folder, `${child.pid}-${start}-${processNamespace()}-0011223344556677`), '');
    writeFileSync(join(folder, `${child.pid}-${start}-${processNamespace()}-8899aabbccddeeff.alone`), '');
    expect(await presence.alone(done)).toBe('done');
    expect(readdirSync(folder)).toHaveLength(1);
  });

  test('does not take a process for the one that had its number before', async () => {
    const presence = await enter();
    const start = Buffer.from('another boot:1').toString('hex');
    writeFileSync(join(folder, `${process.pid}-${start}-${processNamespace()}-0011223344556677`), '');
    expect(await presence.alone(done)).toBe('done');
  });

  test('counts a process of another container, whose number says nothing here, and names what to remove', async () => {
    const presence = await enter();
    const elsewhere = (startedAt: string) =>
      join(folder, `4194303-${Buffer.from(startedAt).toString('hex')}-1-0011223344556677`);
    const there = elsewhere(currentProcess().startedAt);
    writeFileSync(there, '');
    const refused = presence.alone(done);
    await expect(refused).rejects.toThrow('process 4194303 of another container (since 2');
    await expect(refused).rejects.toMatchObject({ code: 'conflict', advice: expect.stringContaining(there) });
    rmSync(there);
    writeFileSync(elsewhere('before the host was started again:1'), '');
    expect(await presence.alone(done)).toBe('done');
  });

  test('passes over files that are none of its own', async () => {
    const presence = await enter();
    writeFileSync(join(folder, 'notes.txt'), '');
    expect(await presence.alone(done)).toBe('done');
    expect(readdirSync(folder)).toContain('notes.txt');
  });
});
