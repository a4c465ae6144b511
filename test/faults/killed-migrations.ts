import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { SeededRandom } from './full-run.js';
import { type Home, keywardProgram } from './home.js';

export interface KilledMigration {
  /** With a store of Keyward. */
  readonly home: Home;
  readonly random: SeededRandom;
  readonly secrets: number;
  /** The entry of the chain to migrate to; it is called `target`. */
  readonly link: string;
  /** What the link needs in the environment. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

const kills = 3;

/**
 * Migrates secrets from Keyward's own store, killing it three times while the target fills, then to the end, and holds what
 * the target has against what was to be moved. Answers how many secrets were there after each kill.
 */
export async function killedMigrations({ home, random, secrets, link, env = {} }: KilledMigration) {
  home.writeConfig(
    `project: bot\nenvironment: development\nproviders:\n  - keyward: { name: source, prefix: source }\n  - ${link}\nwrite: source\n`,
  );
  const call = { ...home.env, ...env, KEYWARD_CONFIG: join(home.project, 'keyward.yaml') };
  const keyward = (...args: readonly string[]) =>
    spawn(process.execPath, [keywardProgram, ...args], { cwd: home.project, env: call });
  const result = async (...args: readonly string[]): Promise<string> => {
    const child = keyward(...args);
    let output = '';
    let problems = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (problems += chunk));
    const [status] = await once(child, 'close');
    if (status !== 0) throw new Error(`keyward ${args.join(' ')} ended with ${status}: ${problems}`);
    return output;
  };

  const names = Array.from({ length: secrets }, (_, i) => `moved/d${i % 10}/s${i}`);
  writeFileSync(
    join(home.project, 'all.json'),
    JSON.stringify(Object.fromEntries(names.map((name, i) => [name, `value ${i}`]))),
  );
  await result('import', 'all.json', '--yes', '--quiet');
  const inTarget = async (): Promise<readonly string[]> =>
    JSON.parse(await result('list', '--provider', 'target', '--json')).map(({ path }: { path: string }) => path);
  const migrate = ['migrate', '--from', 'source', '--to', 'target', '--yes', '--json'];

  const after: number[] = [];
  for (let kill = 1; kill <= kills; kill += 1) {
    const wanted = Math.floor((secrets * kill) / (2 * kills)) - random.below(Math.ceil(secrets / 10));
    const child = keyward(...migrate);
    const ended = once(child, 'close');
    const isOver = ended.then(() => true);
    // A machine that is faster than the kill has less to resume, and the rest must hold all the same.
    while ((await inTarget()).length < wanted && !(await Promise.race([isOver, sleep(1, false)])));
    child.kill('SIGKILL');
    await ended;
    after.push((await inTarget()).length);
  }

  const last = JSON.parse(await result(...migrate));
  // Some stores list a name whose value did not get there.
  expect(last.written + last.unchanged).toBe(secrets);
  expect(last.unchanged).toBeLessThanOrEqual(after.at(-1) ?? 0);
  expect([...(await inTarget())].sort()).toEqual([...names].sort());
  for (const name of names.filter((_, i) => i % Math.ceil(secrets / 20) === 0)) {
    const versions = JSON.parse(await result('history', name, '--provider', 'target', '--json')).versions;
    expect(versions, name).toHaveLength(1);
  }
  expect(await result('diff', '--from', 'source', '--to', 'target', '--no-values', '--json')).not.toMatch(
    /added|removed|changed/,
  );
  expect(JSON.parse(await result(...migrate))).toMatchObject({ written: 0, unchanged: secrets });
  return { secrets, after: after.join(', ') };
}
