import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { count, fullRunMs, keepEvidence, SeededRandom } from './full-run.js';
import { Home, keywardProgram } from './home.js';

const steps = ['store', 'set', 'test', 'promote', 'rollout'];

/** A service whose passwords lie in a file that is replaced as a whole. */
const program = `
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
const [kind, file] = process.argv.slice(2);
const { step, from, to } = JSON.parse(readFileSync(0, 'utf8'));
const accepted = new Set(JSON.parse(readFileSync(file, 'utf8')));
if (step === 'generate') console.log(JSON.stringify({ value: randomUUID() }));
if (step === 'test' && !accepted.has(to.value)) process.exit(3);
if (step === 'set' && kind === 'swap') accepted.clear();
if (step === 'set') accepted.add(to.value);
if (step === 'revoke') accepted.delete(from.value);
if (step === 'set' || step === 'revoke') {
  writeFileSync(file + process.pid, JSON.stringify([...accepted]));
  renameSync(file + process.pid, file);
}
`;

/** A consumer that has what it was told last. */
const consumer = `
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
const [file] = process.argv.slice(2);
writeFileSync(file + process.pid, JSON.parse(readFileSync(0, 'utf8')).fields.value);
renameSync(file + process.pid, file);
`;

class Rotated {
  readonly home = Home.withStore();

  constructor(kinds: readonly string[]) {
    writeFileSync(join(this.home.project, 'rotate.mjs'), program);
    writeFileSync(join(this.home.project, 'consumer.mjs'), consumer);
    const secrets = kinds.map((kind) => {
      writeFileSync(join(this.home.project, kind), '["first"]');
      writeFileSync(join(this.home.project, `held-${kind}`), 'first');
      const rotator = `{ exec: { kind: ${kind}, command: ["${process.execPath}", rotate.mjs, ${kind}, ${kind}] } }`;
      const rollout = `[{ exec: ["${process.execPath}", consumer.mjs, held-${kind}] }]`;
      return `  service/${kind}: { rotator: ${rotator}, rollout: ${rollout} }\n`;
    });
    this.home.writeConfig(`providers: [{ keyward: { prefix: bot } }]\nsecrets:\n${secrets.join('')}`);
  }

  start(...args: readonly string[]): ChildProcess {
    const env = { ...this.home.env, KEYWARD_CONFIG: join(this.home.project, 'keyward.yaml') };
    return spawn(process.execPath, [keywardProgram, ...args], { cwd: this.home.project, env });
  }

  async output(...args: readonly string[]): Promise<string> {
    const child = this.start(...args);
    let text = '';
    let problems = '';
    child.stdout?.on('data', (chunk) => (text += chunk));
    child.stderr?.on('data', (chunk) => (problems += chunk));
    const [status] = await once(child, 'close');
    if (status !== 0) throw new Error(`keyward ${args.join(' ')} ended with ${status}: ${problems}`);
    return text;
  }

  /** Kills a rotation at so many milliseconds after it has said that it takes the step. */
  async killAt(path: string, intent: readonly string[], step: string, delayMs: number): Promise<void> {
    const child = this.start('rotate', path, ...intent);
    const ended = once(child, 'close');
    let said = '';
    await new Promise<void>((resolve) => {
      child.stderr?.on('data', (chunk) => {
        said += chunk;
        if (said.includes(`${path}: ${step}\n`)) resolve();
      });
      child.once('close', () => resolve());
    });
    await sleep(delayMs);
    child.kill('SIGKILL');
    await ended;
  }

  held(kind: string): string {
    return readFileSync(join(this.home.project, `held-${kind}`), 'utf8');
  }

  accepted(kind: string): readonly string[] {
    return JSON.parse(readFileSync(join(this.home.project, kind), 'utf8'));
  }
}

test(
  'a rotation that is killed at each of its steps goes on to a value that works, and back to the former one',
  async () => {
    const claim = expect.getState().currentTestName ?? '';
    const random = new SeededRandom();
    const times = count({ daily: 1, full: 20 });
    let kills = 0;
    for (let time = 0; time < times; time += 1) {
      for (const kind of ['overlap', 'swap']) {
        const rotated = new Rotated([kind]);
        const path = `service/${kind}`;
        const set = rotated.start('set', path, '--quiet');
        set.stdin?.end('first');
        await once(set, 'close');
        for (const step of steps) {
          const isFirst = step === 'store';
          await rotated.killAt(path, isFirst ? [] : ['--due'], step, random.below(80));
          kills += 1;
          expect(rotated.accepted(kind).length, `after ${step}`).toBeGreaterThan(0);
          if (kind !== 'overlap') continue;
          expect(rotated.accepted(kind)).toContain(await rotated.output('get', path));
          expect(rotated.accepted(kind)).toContain(rotated.held(kind));
        }
        const [{ state }] = JSON.parse(await rotated.output('rotate', path, '--dry-run', '--json'));
        await rotated.output('rotate', path, ...(state === 'idle' ? [] : ['--resume']), '--quiet');
        const current = await rotated.output('get', path);
        expect(current).not.toBe('first');
        expect(rotated.held(kind)).toBe(current);
        expect(rotated.accepted(kind)).toEqual(kind === 'swap' ? [current] : ['first', current]);
        await rotated.killAt(path, ['--rollback'], 'restore', random.below(80));
        await rotated.killAt(path, ['--due'], 'rollback', random.below(80));
        kills += 2;
        await rotated.output('rotate', path, '--rollback', '--quiet');
        expect(rotated.held(kind)).toBe('first');
        expect(await rotated.output('get', path)).toBe('first');
        expect(rotated.accepted(kind)).toContain('first');
        rotated.home.remove();
      }
    }
    keepEvidence('rotation', claim, { seed: random.seed, kills });
  },
  fullRunMs,
);
