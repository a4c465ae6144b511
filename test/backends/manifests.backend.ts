import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CheckedSecret } from '../../src/lifecycle/inventory/check-secrets.js';
import { prometheusText } from '../../src/lifecycle/inventory/prometheus-text.js';
import type { RotationFinding } from '../../src/lifecycle/rotation/rotation-findings.js';
import { manifest } from '../../src/manifests/index.js';
import { deployedBot, dollar } from '../deployed-bot.js';
import { removeFolder, temporaryFolder } from './backend.js';
import { manifestOracle } from './manifest-oracle.js';

const dayMs = 86_400_000;

let oracle: string;
let folder: string;
beforeAll(() => {
  oracle = manifestOracle();
  folder = temporaryFolder('manifests');
}, 1_200_000);
afterAll(() => removeFolder(folder));

/** Writes the files of a target, and answers their paths. */
async function written(name: string, options: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  const files = await manifest(name, deployedBot, options);
  return files.map(({ path, text, mode = 0o644 }) => {
    const file = join(folder, name, ...Object.values(options), path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, mode);
    return file;
  });
}

const ask = (kind: string, files: readonly string[]) =>
  execFileSync(oracle, [kind, ...files], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

describe('deployment files, as the programs read them', () => {
  test.each(['file', 'external', 'folder', 'nested'])('Docker Compose takes secrets as %s', async (secrets) => {
    const [file = ''] = await written('compose', { secrets });
    const { services } = JSON.parse(ask('compose', [file]));
    const { bot } = services;
    expect(bot).toMatchObject({ read_only: true, cap_drop: ['ALL'], user: '10001:10001' });
    expect(bot.command.at(-1)).toBe(deployedBot.app.command?.at(-1)?.replaceAll(dollar, dollar + dollar));
    expect(Object.keys(bot.environment)).toContain('DATABASE_PASSWORD_FILE');
  });

  test.each(['compose-vault', 'swarm'])('Docker Compose takes the file of %s', async (name) => {
    const [file = ''] = await written(name);
    expect(JSON.parse(ask('compose', [file])).services.bot.image).toBe('registry.example.com/bot:1.2');
  });

  test('every file in HCL is parsed by its own library, and laid out as its formatter does', async () => {
    const made = [
      await written('vault-policy'),
      await written('vault-policy', { access: 'manage' }),
      await written('vault-agent'),
      (await written('vault-server')).filter((path) => path.endsWith('.hcl')),
      ...(await Promise.all(
        ['aws', 'gcp', 'azure', 'vault'].map((store) => written('terraform', { store, reader: 'bot' })),
      )),
    ];
    ask('hcl', made.flat());
  });

  test('systemd finds nothing wrong in the units, and nothing that it does not know', async () => {
    for (const credentials of ['plain', 'encrypted']) {
      const [file = ''] = await written('systemd', { credentials, program: '/bin/true' });
      const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' });
      expect(stderr.split('\n').filter((line) => line.includes('bot.service'))).toEqual([]);
      expect(status, stderr).toBe(0);
    }
    const [, server = ''] = await written('vault-server', { program: '/bin/true' });
    const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', server], { encoding: 'utf8' });
    expect(stderr.split('\n').filter((line) => line.includes('vault.service'))).toEqual([]);
  });

  test('every script is one that the shell can read', async () => {
    const scripts = [
      await written('swarm'),
      await written('egress'),
      await written('gcp-iam', { account: 'bot@my-project.iam.gserviceaccount.com' }),
      await written('azure-rbac', { identity: 'id', group: 'bots', subscription: 'sub' }),
      await written('setup-vault'),
      await written('setup-aws', { account: '123456789012' }),
      await written('setup-gcp'),
      await written('setup-azure', { group: 'bots' }),
      await written('setup-kubernetes'),
    ];
    for (const file of scripts.flat().filter((path) => path.endsWith('.sh'))) {
      const { status, stderr } = spawnSync('/bin/sh', ['-n', file], { encoding: 'utf8' });
      expect(status, `${file}: ${stderr}`).toBe(0);
    }
  });
});

describe('alert rules', () => {
  /** Which alerts fire after so many minutes, over series such as `up 1x10`. */
  async function fired(series: string, minutes: number): Promise<readonly string[]> {
    const [rules = ''] = await written('prometheus');
    const file = join(folder, 'series');
    writeFileSync(file, `load 1m\n${series}`);
    return JSON.parse(ask('rules', [rules, file, String(minutes)]));
  }

  const counter = (name: string, labels: string, values: string) => `  ${name}{${labels}} ${values}\n`;
  const requests = (status: string, values: string) =>
    counter('secret_requests_total', `backend="vault",status="${status}"`, values);

  const checked = (path: string, change: Partial<CheckedSecret> = {}) =>
    ({ path, required: true, state: 'found', isOverdue: false, findings: [], ...change }) as CheckedSecret;

  /** What keyward check writes, standing for so many minutes. */
  const exposed = (secrets: readonly CheckedSecret[], minutes: number, rotations: readonly RotationFinding[] = []) =>
    prometheusText({ secrets, rotations, live: [], findings: [], nowMs: 0 })
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => `  ${line}x${minutes}\n`)
      .join('');

  const stuck = { severity: 'error', problem: 'stuck', where: 'a/b', cause: '', fix: '' } as RotationFinding;
  const inventory = deployedBot.secrets.map(({ path }) => checked(path));

  test('are silent while everything is well', async () => {
    const calm = requests('found', '0+6x2000') + exposed(inventory, 2000);
    expect(await fired(calm, 1800)).toEqual([]);
  });

  test.each<readonly [string, string, number]>([
    ['SecretAccessUnusual', requests('found', '0+6x1500 9000+6000x60'), 1520],
    ['SecretAccessRefused', requests('denied', '0x10 0+1x10'), 15],
    ['SecretStoreDown', requests('unavailable', '0+1x30'), 20],
    ['SecretsDegraded', counter('secret_degraded_answers_total', 'backend="aws"', '0+1x30'), 20],
    ['SecretMissing', exposed([checked('a/b', { state: 'missing' })], 30), 20],
    ['SecretUnchecked', exposed(inventory.slice(1), 200), 120],
    ['SecretCheckStale', exposed(inventory, 4000), 3000],
    ['SecretRotationFailed', exposed([checked('a/b')], 30, [stuck]), 20],
    ['SecretRotationOverdue', exposed([checked('a/b', { isOverdue: true })], 30), 20],
    ['SecretExpiresSoon', exposed([checked('a/b', { expiresAt: new Date(3 * dayMs) })], 30), 20],
  ])('%s fires over what Keyward exposes', async (alert, series, minutes) => {
    expect(await fired(series, minutes)).toContain(alert);
  });
});
