import type { Clock } from '../../core/clock.js';
import { KeywardError } from '../../core/errors.js';
import type { Path } from '../../core/path.js';
import { currentStage, parseStage, previousStage, type VersionSelector } from '../../core/ref.js';
import type { Barrier } from '../barrier/barrier.js';
import { assertVersion, changeSecret, existing } from './secret-change.js';
import {
  currentNumber,
  currentVersion,
  liveVersion,
  makeCurrent,
  maxVersionsLimit,
  moveStage,
  type SecretState,
  versionInfo,
  withDeleted,
  withDestroyed,
  withMaxVersions,
  withUndeleted,
} from './secret-state.js';
import type { ChangeContext, SecretStore } from './secret-store.js';

/** The changes that make no version: removal and what undoes it, stages, limits. */
export function createSecretLifecycle(parts: {
  readonly barrier: Barrier;
  readonly clock: Clock;
}): Omit<SecretStore, 'read' | 'exists' | 'describe' | 'list' | 'write' | 'patch'> {
  const change = (context: ChangeContext, path: Path, step: (state: SecretState) => SecretState): Promise<void> =>
    changeSecret(parts, context, path, (before) => ({ after: step(existing(before, path)), result: undefined }));

  return {
    async delete(context, path, { versions }) {
      const numbers = versions && checkedNumbers(versions);
      return change(context, path, (state) => withDeleted(state, numbers ?? new Set([currentNumber(state)])));
    },

    async undelete(context, path, { versions }) {
      const numbers = checkedNumbers(versions);
      return change(context, path, (state) => withUndeleted(state, numbers));
    },

    async destroy(context, path, { versions }) {
      const numbers = checkedNumbers(versions);
      return change(context, path, (state) => withDestroyed(state, numbers));
    },

    purge: (context, path) =>
      changeSecret(parts, context, path, (before) => {
        existing(before, path);
        return { after: undefined, result: undefined };
      }),

    async setStage(context, path, stage, version, { ifVersion }) {
      parseStage(stage);
      if (stage === currentStage && version === undefined) {
        throw new KeywardError('invalid', `the stage ${currentStage} cannot be taken away, only moved`, { path });
      }
      return change(context, path, (state) => {
        assertVersion(path, state, ifVersion);
        if (version === undefined) return moveStage(state, stage, undefined);
        liveVersion(state, { kind: 'number', number: version });
        return stage === currentStage ? makeCurrent(state, version) : moveStage(state, stage, version);
      });
    },

    rollback: (context, path, { to, ifVersion }) =>
      changeSecret(parts, context, path, (before) => {
        const state = existing(before, path);
        assertVersion(path, state, ifVersion);
        const selector: VersionSelector =
          to === undefined ? { kind: 'stage', stage: previousStage } : { kind: 'number', number: to };
        const after = makeCurrent(state, liveVersion(state, selector).number);
        const current = currentVersion(after);
        return { after, result: versionInfo(current), version: current.number };
      }),

    async setMaxVersions(context, path, maxVersions) {
      if (!Number.isInteger(maxVersions) || maxVersions < 1 || maxVersions > maxVersionsLimit) {
        throw new KeywardError('invalid', `a secret keeps from 1 to ${maxVersionsLimit} versions`, { path });
      }
      return change(context, path, (state) => withMaxVersions(state, maxVersions));
    },
  };
}

function checkedNumbers(versions: readonly number[] | undefined): ReadonlySet<number> {
  if (versions === undefined || versions.length === 0) throw new KeywardError('invalid', 'no version was named');
  return new Set(versions);
}
