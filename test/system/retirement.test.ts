import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openRotations } from '../../src/index.js';
import { FakeClock } from '../../src/testing/fake-clock.js';
import { Laptop, repository } from './cli.js';

const service = `
import { openSecrets } from ${JSON.stringify(join(repository, 'dist/index.js'))};
const secrets = await openSecrets();
const read = async () => console.log((await secrets.get('app/key')).origin.version);
await read();
process.stdin.on('data', read);
`;

let laptop: Laptop;
const services: ChildProcessWithoutNullStreams[] = [];

beforeEach(async () => {
  laptop = await Laptop.initialised();
  laptop.write(
    'keyward.yaml',
    `${laptop.read('keyward.yaml').replace(/^secrets:.*/ms, '')}cache: { ttl: 0s, maxStale: 0s }
secrets:
  app/key: { rotate: 90d, rotator: { random: "hex:32", retire: when-unused, longest: 7d } }
`,
  );
  await laptop.ok(['set', 'app/key'], { stdin: 'before' });
  laptop.write('service.mjs', service);
});
afterEach(() => {
  for (const child of services.splice(0)) child.kill();
  laptop.remove();
});

/** A program that reads the secret when it starts, and again at each line that it is given. */
async function startService() {
  const child = spawn(process.execPath, ['service.mjs'], { cwd: laptop.project, env: laptop.environment() });
  services.push(child);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  await lines.next();
  return {
    source: `local:${child.pid}`,
    readAgain: async () => {
      child.stdin.write('\n');
      return (await lines.next()).value;
    },
    end: async () => {
      child.kill();
      await once(child, 'exit');
    },
  };
}

const minuteMs = 60_000;

test('a former value is taken back once each process that read it has the new one, or has ended', async () => {
  const [one, other] = [await startService(), await startService()];
  const clock = new FakeClock(Date.now());
  const rotations = await openRotations({ cwd: laptop.project, env: laptop.environment(), clock });
  const resumed = async () => {
    clock.jump(11 * minuteMs);
    const { state } = await rotations.resume('app/key');
    const { waitsFor, state: noted } = await rotations.status('app/key');
    expect(noted).toBe(state);
    return { state, waitsFor };
  };
  try {
    expect(await rotations.rotate('app/key')).toMatchObject({ state: 'promoted' });
    const both = [one.source, other.source].map((source) => `owner (${source})`).sort();
    const waiting = await resumed();
    expect({ ...waiting, waitsFor: waiting.waitsFor?.toSorted() }).toEqual({ state: 'promoted', waitsFor: both });

    const status = JSON.parse((await laptop.ok(['rotation', 'status', 'app/key', '--json'])).stdout);
    expect(status.own.waitsFor.toSorted()).toEqual(both);
    expect(status.own.readers.users).toContainEqual(
      expect.objectContaining({ source: one.source, version: '1', hasFormer: true, isRunning: true }),
    );
    expect((await laptop.ok(['rotation', 'status', 'app/key'])).stdout).toMatch(/local:\d+ +1 .* has the former value/);

    expect(await one.readAgain()).toBe('2');
    expect(await resumed()).toEqual({ state: 'promoted', waitsFor: [`owner (${other.source})`] });
    await other.end();
    expect(await resumed()).toEqual({ state: 'retired', waitsFor: undefined });
  } finally {
    await rotations.close();
  }
});
