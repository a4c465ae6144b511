import { expect, test } from 'vitest';
import { stateOf } from './workload-state.js';

const of = (spec: object, status: object, generation = 2) => ({
  metadata: { generation },
  spec,
  status: { observedGeneration: 2, ...status },
});
const all = { replicas: 3, updatedReplicas: 3, availableReplicas: 3 };

test.each([
  ['the controller has not seen it', of({ replicas: 3 }, all, 3), 'it was not yet seen'],
  ['nothing is updated', of({ replicas: 3 }, { replicas: 3 }), '0 of 3 are updated'],
  ['one of before still runs', of({ replicas: 3 }, { ...all, replicas: 4 }), '1 of before have not ended'],
  ['one is not available', of({ replicas: 3 }, { ...all, availableReplicas: 2 }), '2 of 3 are available'],
  ['all are there', of({ replicas: 3 }, all), undefined],
  ['none are wanted', of({ replicas: 0 }, {}), undefined],
  ['it has no status', { metadata: { generation: 1 }, spec: {} }, 'it was not yet seen'],
])('a Deployment of which %s', (_, object, pending) => {
  expect(stateOf('deployment', object)).toEqual(pending === undefined ? {} : { pending });
});

test('a Deployment that missed its deadline has failed', () => {
  const conditions = [{ type: 'Available' }, { type: 'Progressing', reason: 'ProgressDeadlineExceeded' }];
  expect(stateOf('deployment', of({ replicas: 3 }, { replicas: 4, updatedReplicas: 1, conditions })).failure).toContain(
    'deadline',
  );
});

test('a StatefulSet is there when all are ready and its new revision is the current one', () => {
  const revisions = { currentRevision: 'a', updateRevision: 'b' };
  const state = (status: object) => stateOf('statefulset', of({ replicas: 2 }, status)).pending;
  expect(state({ updatedReplicas: 1, ...revisions })).toBe('1 of 2 are updated');
  expect(state({ updatedReplicas: 2, readyReplicas: 2, ...revisions })).toContain('revision');
  expect(state({ updatedReplicas: 2, readyReplicas: 1, currentRevision: 'b', updateRevision: 'b' })).toContain('ready');
  expect(state({ updatedReplicas: 2, readyReplicas: 2, currentRevision: 'b', updateRevision: 'b' })).toBeUndefined();
});

test('a DaemonSet is there when every node has an available pod of the new template', () => {
  const state = (status: object) => stateOf('daemonset', of({}, { desiredNumberScheduled: 2, ...status })).pending;
  expect(state({ updatedNumberScheduled: 1 })).toBe('1 of 2 are updated');
  expect(state({ updatedNumberScheduled: 2, numberAvailable: 1 })).toBe('1 of 2 are available');
  expect(state({ updatedNumberScheduled: 2, numberAvailable: 2 })).toBeUndefined();
});

test('what keeps pods of before for ever is told at once', () => {
  for (const kind of ['statefulset', 'daemonset'] as const) {
    expect(stateOf(kind, of({ updateStrategy: { type: 'OnDelete' } }, all)).failure).toBeDefined();
  }
  const partition = { type: 'RollingUpdate', rollingUpdate: { partition: 1 } };
  expect(stateOf('statefulset', of({ replicas: 2, updateStrategy: partition }, all)).failure).toContain('partition');
});
