import { isKeywardError } from '../core/errors.js';
import { parsePath } from '../core/path.js';
import { payloadText } from '../core/payload.js';
import type { RotationKind } from '../core/rotator-settings.js';
import { currentHolder, type Journal } from '../lifecycle/rotation/journal.js';
import { rotatedByEntry } from '../lifecycle/rotation/ownership.js';
import type { Rollout } from '../lifecycle/rotation/rollouts/rollout.js';
import type { Rotating, RotationIntent, RotationParts } from '../lifecycle/rotation/rotating.js';
import { rotate } from '../lifecycle/rotation/rotation.js';
import type { Rotator } from '../lifecycle/rotation/rotators/rotator.js';
import { FakeClock } from './fake-clock.js';
import { createMemoryProvider } from './memory-provider.js';
import { createMemoryRecords } from './memory-records.js';
import { Mortal, SimulatedTarget } from './simulated-target.js';

const path = parsePath('app/token');
const graceMs = 3_600_000;
const rolloutTimeoutMs = 60_000;
const gone = { ...currentHolder(), pid: 2 ** 30 };

/** One secret, the service that takes its value, and a Keyward that rotates it. */
export class RotationScene {
  static readonly graceMs = graceMs;
  static readonly path = path;

  readonly clock = new FakeClock();
  readonly records = createMemoryRecords();
  readonly provider = createMemoryProvider({ secrets: { [path]: 'first' }, clock: this.clock });
  readonly target: SimulatedTarget;
  /** What consumers may still use: each current value, until so long after it was replaced. */
  readonly used = new Map<string, number>([['first', Number.POSITIVE_INFINITY]]);
  /** Instants at which somebody had no value that works. */
  readonly outages: string[] = [];

  /** What those hold who are told of each value, by the names of their roll-outs. */
  readonly held = new Map<string, string>();
  /** How often each was told. */
  readonly told = new Map<string, number>();
  readonly rollouts: readonly Rollout[];

  /** @param consumers who are told of each value, one roll-out each. */
  constructor(kind: RotationKind, { consumers = 0 }: { readonly consumers?: number } = {}) {
    this.target = new SimulatedTarget(kind, ['first']);
    const names = Array.from({ length: consumers }, (_, index) => `consumer ${index + 1}`);
    for (const name of names) this.held.set(name, 'first');
    this.rollouts = names.map((name) => {
      let lastId = '';
      return {
        name,
        apply: async ({ id, payload }) => {
          this.held.set(name, payloadText(payload));
          if (id !== lastId) this.told.set(name, (this.told.get(name) ?? 0) + 1);
          lastId = id;
        },
        pending: async ({ payload }) => (this.held.get(name) === payloadText(payload) ? undefined : 'it starts'),
      };
    });
  }

  parts(change: Partial<RotationParts> = {}): RotationParts {
    const { records, provider, clock } = this;
    return { records, provider, clock, owner: 'this', by: 'somebody', holder: currentHolder(), ...change };
  }

  rotating(rotator: Rotator = this.target.rotator, rollouts = this.rollouts): Rotating {
    const planned = rollouts.map((rollout) => ({ rollout, timeoutMs: rolloutTimeoutMs, pauseMs: 0 }));
    return {
      rollouts: planned,
      path,
      name: 'rotation/1',
      logName: 'rotation-log/1',
      rotator,
      graceMs,
      spreadMs: graceMs,
    };
  }

  run(intent: RotationIntent, change: Partial<RotationParts> = {}, rotator?: Rotator): Promise<Journal> {
    return rotate(this.parts(change), this.rotating(rotator), intent);
  }

  /** The same in a process that ends at one of its calls. Answers whether it got there. */
  async runUntil(intent: RotationIntent, at: number, isAfter: boolean): Promise<boolean> {
    const mortal = new Mortal(at, isAfter, () => void this.check());
    const parts = this.parts({
      records: mortal.wrap(this.records),
      provider: mortal.wrap(this.provider),
      holder: gone,
    });
    try {
      const rollouts = this.rollouts.map((rollout) => mortal.wrap(rollout));
      await rotate(parts, this.rotating(mortal.wrap(this.target.rotator), rollouts), intent);
    } catch (error) {
      if (!mortal.isOver && !isKeywardError(error, 'conflict')) throw error;
    }
    this.check();
    return mortal.isOver;
  }

  async current(): Promise<string | undefined> {
    const found = await this.provider.read({ path });
    return found && payloadText(found.payload);
  }

  /** Whatever a consumer can read or has read lately works, or, of a swap, what takes its place does. */
  check(): void {
    const { accepted, rotator } = this.target;
    if (accepted.size === 0) this.outages.push('nothing works');
    if (rotator.kind !== 'overlap') return;
    for (const [name, text] of this.held) if (!accepted.has(text)) this.outages.push(`${name} is locked out`);
    for (const [text, until] of this.used) {
      if (until > this.clock.now() && !accepted.has(text)) this.outages.push(`${text} is used and does not work`);
    }
  }

  /** After each change of the clock: who read the former value has it for the time of grace. */
  async settle(): Promise<void> {
    const current = await this.current();
    for (const [text, until] of this.used) {
      if (text !== current && until === Number.POSITIVE_INFINITY) this.used.set(text, this.clock.now() + graceMs);
    }
    if (current !== undefined) this.used.set(current, Number.POSITIVE_INFINITY);
    this.check();
  }

  /** Goes on until nothing is left to be done. */
  async finish(intent: 'resume' | 'undo' = 'resume'): Promise<string> {
    let { state } = await this.run(intent === 'undo' ? 'undo' : 'due');
    for (let turn = 0; turn < 5 && state !== 'retired' && state !== 'rolled_back'; turn += 1) {
      await this.settle();
      await this.clock.advance(graceMs);
      ({ state } = await this.run('resume'));
    }
    await this.settle();
    return state;
  }

  async notes(): Promise<Readonly<Record<string, string>>> {
    return (await this.provider.describe(path))?.metadata ?? {};
  }

  /** What is wrong after a rotation: somebody had no value that works, or something of it was left behind. */
  async problems(): Promise<readonly string[]> {
    const current = await this.current();
    const left = [
      ...[...this.held].filter(([, text]) => text !== current).map(([name]) => `${name} was not told`),
      ...[...this.target.accepted].filter((text) => text !== current).map((text) => `${text} still works`),
      ...(await this.records.list('rotation/1/')),
      ...Object.keys(await this.notes()).filter((name) => name === rotatedByEntry),
    ];
    return [...this.outages, ...left, ...(this.target.accepted.has(current ?? '') ? [] : ['current does not work'])];
  }
}
