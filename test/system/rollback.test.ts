import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore } from '../../src/compose/open-default-store.js';
import { openSecrets } from '../../src/compose/open-secrets.js';
import type { Finding } from '../../src/core/finding.js';
import { parsePath } from '../../src/core/path.js';
import { copyFolder } from '../copy-folder.js';
import { Laptop } from './cli.js';

const path = parsePath('bot/development/app/jwt_secret');

let laptop: Laptop;
let kept: string;

beforeEach(async () => {
  laptop = await Laptop.initialised();
  kept = join(laptop.home, 'kept');
  await laptop.ok(['set', 'app/jwt_secret'], { stdin: 'old' });
  copyFolder(laptop.dataFolder, join(kept, 'data'));
  copyFolder(laptop.stateFolder, join(kept, 'state'));
  await laptop.ok(['set', 'app/jwt_secret'], { stdin: 'new' });
});
afterEach(() => laptop.remove());

function putBack(folder: 'data' | 'state'): void {
  const place = folder === 'data' ? laptop.dataFolder : laptop.stateFolder;
  rmSync(place, { recursive: true });
  copyFolder(join(kept, folder), place);
}

const environment = () => laptop.environment();
const read = (opened: Awaited<ReturnType<typeof openStore>>) => opened.client.secrets.read({ path });

describe('a store whose files were put back to an older state', () => {
  test('is warned of by every command, every time, and still answers', async () => {
    putBack('data');
    for (const args of [
      ['get', 'app/jwt_secret'],
      ['list'],
      ['status'],
      ['set', 'app/other'],
      ['get', 'app/jwt_secret'],
    ]) {
      const { status, stderr } = await laptop.run(args, { stdin: 'x' });
      expect({ args, status }).toEqual({ args, status: 0 });
      expect(stderr).toMatch(/^(?:warning|error): .*older/m);
    }
    expect((await laptop.run(['get', 'app/jwt_secret'])).stdout).toBe('old');
  });

  test('is warned of with --quiet and with --json too', async () => {
    putBack('data');
    for (const option of ['--quiet', '--json']) {
      expect((await laptop.ok(['list', option])).stderr).toMatch(/older/);
    }
  });

  test('is not opened by a server, in development neither', async () => {
    putBack('data');
    for (const name of ['production', 'development']) {
      const opening = openStore({ env: environment(), role: 'server', environment: name });
      await expect(opening).rejects.toMatchObject({ code: 'integrity' });
    }
  });

  test('is not opened by the library in production, which is what an unset environment counts as', async () => {
    putBack('data');
    await expect(openStore({ env: environment() })).rejects.toMatchObject({ code: 'integrity' });
    const secrets = await openSecrets({ cwd: laptop.project, env: environment(), environment: 'production' });
    await expect(secrets.get('app/jwt_secret')).rejects.toMatchObject({ code: 'integrity' });
    await secrets.close();
  });

  test('is opened by the library in development with a finding each time', async () => {
    putBack('data');
    for (let time = 0; time < 2; time += 1) {
      const findings: Finding[] = [];
      const opened = await openStore({
        env: environment(),
        environment: 'development',
        onFinding: (finding) => findings.push(finding),
      });
      expect(Buffer.from((await read(opened))?.payload.bytes ?? []).toString()).toBe('old');
      await opened.close();
      expect(findings.map(({ cause }) => cause).join()).toMatch(/older/);
    }
  });

  test('is still noticed after more was written to it than was there before', async () => {
    putBack('data');
    for (let i = 0; i < 4; i += 1) await laptop.ok(['set', 'app/jwt_secret'], { stdin: `later ${i}` });
    await expect(openStore({ env: environment(), role: 'server' })).rejects.toMatchObject({ code: 'integrity' });
    expect((await laptop.ok(['list'])).stderr).toMatch(/older/);
  });

  test('is not told from the present one when its anchor was put back with it', async () => {
    putBack('data');
    putBack('state');
    const { stderr, stdout } = await laptop.ok(['get', 'app/jwt_secret']);
    expect({ stdout, stderr }).toEqual({ stdout: 'old', stderr: '' });
  });
});

describe('an anchor that is gone', () => {
  test('is made anew, which the audit log tells, and guards from then on', async () => {
    rmSync(join(laptop.stateFolder, 'anchor.kw'));
    await laptop.ok(['get', 'app/jwt_secret']);
    const { stdout } = await laptop.ok(['audit', 'show', '--json']);
    expect(stdout).toContain('the anchor of the store was missing and has been made anew');
    putBack('data');
    await expect(openStore({ env: environment(), role: 'server' })).rejects.toMatchObject({ code: 'integrity' });
  });
});

describe('an audit log that was put back to an older state', () => {
  test('is found by the checkpoint that was kept elsewhere', async () => {
    const { stdout } = await laptop.ok(['audit', 'verify', '--export']);
    laptop.write('checkpoint.json', stdout);
    putBack('state');
    expect(await laptop.run(['audit', 'verify', '--anchor', 'checkpoint.json'])).toMatchObject({ status: 1 });
  });
});
