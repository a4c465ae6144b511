import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RotationKind } from '../../core/rotator-settings.js';
import {
  isFinished,
  mayBePromoted,
  nextStep,
  type RotationState,
  type RotationStep,
  stateAfter,
  transitions,
} from './machine.js';

const kinds: readonly RotationKind[] = ['overlap', 'swap', 'verifier'];
const steps: readonly RotationStep[] = [
  'store',
  'set',
  'test',
  'promote',
  'rollout',
  'retire',
  'undo',
  'restore',
  'rollback',
  'discard',
];

interface World {
  readonly accepted: Set<string>;
  current: string;
  /** What those have who are told of a new value. */
  held: string;
}
const begun = (): World => ({ accepted: new Set(['old']), current: 'old', held: 'old' });

/** What steps do to the world, and what the store's current value is in it. */
function apply(kind: RotationKind, step: RotationStep, world: World) {
  const { accepted } = world;
  const bring = (text: string) => {
    if (kind === 'swap') accepted.clear();
    accepted.add(text);
  };
  if (step === 'set') bring('new');
  if (step === 'promote') world.current = 'new';
  if (step === 'rollout' || step === 'rollback') world.held = world.current;
  if (step === 'retire') accepted.delete('old');
  if (step === 'restore') {
    if (kind !== 'overlap') bring('old');
    world.current = 'old';
  }
  if (step === 'discard') accepted.delete('new');
}

describe.each(kinds)('the machine of a %s', (kind) => {
  test('comes to its end in one way, and back from everywhere before it', () => {
    let state: RotationState = 'idle';
    const way: RotationState[] = [];
    do {
      state = stateAfter(kind, state, nextStep(kind, state)) ?? 'idle';
      way.push(state);
    } while (!isFinished(state));
    const promoted = ['rolling_out', 'promoted'];
    const forward = kind === 'verifier' ? [...promoted, 'set', 'tested'] : ['set', 'tested', ...promoted];
    expect(way).toEqual(['pending_stored', ...forward, 'retired']);
    for (const left of way.slice(0, -1)) expect(stateAfter(kind, left, 'undo')).toBe('undoing');
    expect(stateAfter(kind, 'undoing', 'restore')).toBe('rolling_back');
    expect(stateAfter(kind, 'rolling_back', 'rollback')).toBe('restored');
    expect(stateAfter(kind, 'restored', 'discard')).toBe('rolled_back');
  });

  test('no order of events leaves a world in which neither the old nor the new value works', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...steps), { maxLength: 40 }), (events) => {
        let state: RotationState = 'idle';
        let world = begun();
        for (const event of events) {
          const next = stateAfter(kind, state, event);
          if (next === undefined) continue;
          if (event === 'store') world = begun();
          apply(kind, event, world);
          state = next;
          expect(world.accepted.size).toBeGreaterThan(0);
          if (isFinished(state)) expect(world.accepted.has(world.current)).toBe(true);
          if (isFinished(state)) expect(world.held).toBe(world.current);
          if (kind === 'overlap')
            expect([...world.accepted]).toEqual(expect.arrayContaining([world.current, world.held]));
        }
      }),
    );
  });

  test('knows from where on consumers may have the new value', () => {
    const exposed = (Object.keys(transitions[kind]) as RotationState[]).filter(
      (state) => stateAfter(kind, state, 'undo') !== undefined && mayBePromoted(kind, state),
    );
    expect(exposed).toEqual(
      kind === 'verifier'
        ? ['pending_stored', 'rolling_out', 'promoted', 'set', 'tested']
        : ['tested', 'rolling_out', 'promoted'],
    );
  });
});
