import type { RotationKind } from '../../core/rotator-settings.js';

/** How far a rotation has come. `undoing`, `rolling_back` and `restored` are on the way back. */
export type RotationState =
  | 'idle'
  | 'pending_stored'
  | 'set'
  | 'tested'
  | 'rolling_out'
  | 'promoted'
  | 'retired'
  | 'undoing'
  | 'rolling_back'
  | 'restored'
  | 'rolled_back';

/** What leads from one state to the next. `undo` is chosen; each of the others is what comes next in its state. */
export type RotationStep =
  | 'store'
  | 'set'
  | 'test'
  | 'promote'
  | 'rollout'
  | 'retire'
  | 'undo'
  | 'restore'
  | 'rollback'
  | 'discard';

type Transitions = Readonly<Partial<Record<RotationState, Readonly<Partial<Record<RotationStep, RotationState>>>>>>;

const undo = 'undoing';
const back: Transitions = {
  undoing: { restore: 'rolling_back' },
  rolling_back: { rollback: 'restored' },
  restored: { discard: 'rolled_back' },
};
const begin: Transitions = {
  idle: { store: 'pending_stored' },
  retired: { store: 'pending_stored' },
  rolled_back: { store: 'pending_stored' },
};
const testedFirst: Transitions = {
  ...begin,
  pending_stored: { set: 'set', undo },
  set: { test: 'tested', undo },
  tested: { promote: 'rolling_out', undo },
  rolling_out: { rollout: 'promoted', undo },
  promoted: { retire: 'retired', undo },
  ...back,
};

/** Every state that can be left, and by which step. */
export const transitions: Readonly<Record<RotationKind, Transitions>> = {
  overlap: testedFirst,
  swap: testedFirst,
  verifier: {
    ...begin,
    pending_stored: { promote: 'rolling_out', undo },
    rolling_out: { rollout: 'promoted', undo },
    promoted: { set: 'set', undo },
    set: { test: 'tested', undo },
    tested: { retire: 'retired', undo },
    ...back,
  },
};

/** The state after the step; `undefined` where the step does not lead out of this state. */
export function stateAfter(kind: RotationKind, state: RotationState, step: RotationStep): RotationState | undefined {
  return transitions[kind][state]?.[step];
}

/** The step that comes next. */
export function nextStep(kind: RotationKind, state: RotationState): RotationStep {
  const [step] = Object.keys(transitions[kind][state] ?? {}) as RotationStep[];
  return step ?? 'store';
}

/** Whether nothing of a rotation is left to be done. */
export function isFinished(state: RotationState): boolean {
  return state in begin;
}

/** Whether the consumers of the store may have the new credential already, counting a promotion that was not written down. */
export function mayBePromoted(kind: RotationKind, state: RotationState): boolean {
  const mayPromote = kind === 'verifier' ? 'pending_stored' : 'tested';
  const order: readonly RotationState[] = Object.keys(transitions[kind]) as RotationState[];
  return order.indexOf(state) >= order.indexOf(mayPromote);
}
