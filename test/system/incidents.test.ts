import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { NetworkedPlace } from '../leaks/networked-place.js';
import { Laptop } from './cli.js';

interface ReportedReader {
  readonly path: string;
  readonly did: string;
  readonly principal: string;
  readonly store: string;
  readonly count: number;
  readonly sources: readonly string[];
}

interface Report {
  readonly facts: { readonly readers: readonly ReportedReader[]; readonly gaps: readonly { readonly cause: string }[] };
}

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

const pids = ({ sources }: ReportedReader) => sources.length;

describe.each(['vault', 'aws'] as const)('an incident with a secret in %s', (kind) => {
  test('names every reader in the records, whoever and wherever they were', async () => {
    const place = await NetworkedPlace.start(kind);
    ends.push(() => place.stop());
    const { laptop } = place;
    const { env } = place.access;
    const log = join(laptop.project, 'access.log');
    const config = readFileSync(place.config, 'utf8');
    const readAs = async (principal: string, more = '') => {
      const own = laptop.write(
        `${principal}.yaml`,
        `${config}audit: { file: access.log, principal: ${principal}${more} }\n`,
      );
      await laptop.ok(['get', 'app/one', '--config', own], { env });
      await laptop.ok(['get', 'app/one', '--config', own], { env });
    };
    await readAs('api');
    renameSync(log, `${log}.1`);
    await readAs('batch');
    writeFileSync(`${log}.2.gz`, gzipSync(readFileSync(log)));
    writeFileSync(log, '', { mode: 0o600 });
    await readAs('deploy');
    await readAs('stored', ', store: true');
    writeFileSync(log, `${readFileSync(log, 'utf8')}{"v":1,"eve`);
    const asking = laptop.write('asking.yaml', `${config}audit: { file: access.log, principal: security }\n`);
    const options = { env };
    await laptop.ok(['incident', 'start', 'app/one', '--related', 'none', '--yes', '--config', asking], options);
    const { stdout } = await laptop.ok(['incident', 'report', '--json', '--config', asking], options);
    const { facts }: Report = JSON.parse(stdout);
    const read = facts.readers.filter(({ path, did }) => path === 'app/one' && did === 'read');
    expect(read.map(({ principal, count }) => [principal, count])).toEqual([
      ['api', 2],
      ['batch', 2],
      ['deploy', 2],
      ['stored', 4],
    ]);
    expect(facts.gaps).toMatchObject([{ cause: expect.stringContaining('no end') }]);
    const text = (await laptop.ok(['incident', 'report', '--config', asking], options)).stdout;
    for (const value of place.texts) expect(`${stdout}${text}`).not.toContain(value);
    expect(text).toContain(`look into the audit logs of target`);
  });
});

test('an incident with a secret of the own store names every process that read it', async () => {
  const laptop = await Laptop.initialised();
  ends.push(() => laptop.remove());
  await laptop.ok(['set', 'app/token'], { stdin: 'value-of-token' });
  const readers = [1, 2, 3].map(() => laptop.spawn(['get', 'app/token']));
  await Promise.all(readers);
  await laptop.spawn(['incident', 'start', 'app/token', '--yes']);
  const { facts }: Report = JSON.parse((await laptop.ok(['incident', 'report', '--json'])).stdout);
  const [read] = facts.readers.filter(({ path, did }) => path === 'app/token' && did === 'read');
  expect(read && pids(read)).toBe(3);
  expect(read).toMatchObject({ count: 3, principal: 'owner', store: 'keyward' });
});

test('who leaves opens the sealed file no more, and all that was in it is to be rotated', async () => {
  const laptop = await Laptop.initialised();
  const alice = new Laptop();
  ends.push(
    () => laptop.remove(),
    () => alice.remove(),
  );
  const file = 'keyward.sealed.yaml';
  const recipient = (await alice.ok(['seal', 'init', '--file', 'own.sealed.yaml'])).stdout.trim();
  laptop.write('keyward.yaml', 'project: bot\nenvironment: development\nproviders: [{ sealed: {} }]\n');
  await laptop.ok(['seal', 'init']);
  await laptop.ok(['set', 'app/token'], { stdin: 'value-of-token' });
  await laptop.ok(['recipient', 'add', recipient, '--label', 'alice']);
  alice.write('keyward.yaml', laptop.read('keyward.yaml'));
  alice.write(file, laptop.read(file));
  await alice.ok(['seal', 'init']);
  const readByAlice = () => {
    alice.write(file, laptop.read(file));
    return alice.run(['get', 'app/token']);
  };
  expect((await readByAlice()).stdout).toBe('value-of-token');
  await laptop.ok(['offboard', 'alice', '--yes', '--related', 'none']);
  expect(await readByAlice()).toMatchObject({ status: 7, stdout: '' });
  expect((await laptop.ok(['get', 'app/token'])).stdout).toBe('value-of-token');
  const { stdout } = await laptop.ok(['incident', 'report']);
  expect(stdout).toContain('removed alice from the recipients');
  expect(stdout).toContain('earlier commits of it stay readable to them');
  expect(stdout).toContain('| app/token | in sealed |');
  expect(stdout).not.toContain('value-of-token');
});
