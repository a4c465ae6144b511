import { memberOf, textIn } from '../../../../clients/kubernetes/api-object.js';

export type WorkloadKind = 'deployment' | 'statefulset' | 'daemonset';

/** How far a workload has come with its newest template. */
export interface WorkloadState {
  /** What is waited for; `undefined` when every replica runs the newest template and is available. */
  readonly pending?: string | undefined;
  /** Why it will not get there. */
  readonly failure?: string | undefined;
}

/** The annotation of a pod template by which a change is known. */
export const rolloutAnnotation = 'keyward.io/rollout';

export function annotationOf(object: unknown): string | undefined {
  const template = memberOf(memberOf(object, 'spec'), 'template');
  return textIn(memberOf(memberOf(template, 'metadata'), 'annotations'), rolloutAnnotation);
}

/** Judges as `kubectl rollout status` does. Source: k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go. */
export function stateOf(kind: WorkloadKind, object: unknown): WorkloadState {
  const [spec, status] = [memberOf(object, 'spec'), memberOf(object, 'status')];
  const count = (name: string) => numberIn(status, name) ?? 0;
  const strategy = textIn(memberOf(spec, kind === 'deployment' ? 'strategy' : 'updateStrategy'), 'type');
  if (strategy === 'OnDelete') return { failure: 'replaces its pods only when somebody deletes them' };
  const generation = numberIn(memberOf(object, 'metadata'), 'generation');
  if (generation === undefined || count('observedGeneration') < generation) return { pending: 'it was not yet seen' };
  const of = (done: number, wanted: number, what: string): WorkloadState =>
    done < wanted ? { pending: `${done} of ${wanted} are ${what}` } : {};
  if (kind === 'daemonset') {
    const wanted = count('desiredNumberScheduled');
    const updated = of(count('updatedNumberScheduled'), wanted, 'updated');
    return updated.pending === undefined ? of(count('numberAvailable'), wanted, 'available') : updated;
  }
  const wanted = numberIn(spec, 'replicas') ?? 1;
  const updated = of(count('updatedReplicas'), wanted, 'updated');
  if (kind === 'deployment') {
    if (hasMissedDeadline(status)) return { failure: 'has exceeded its progress deadline' };
    if (updated.pending !== undefined) return updated;
    const left = count('replicas') - count('updatedReplicas');
    if (left > 0) return { pending: `${left} of before have not ended` };
    return of(count('availableReplicas'), wanted, 'available');
  }
  if ((numberIn(memberOf(memberOf(spec, 'updateStrategy'), 'rollingUpdate'), 'partition') ?? 0) > 0) {
    return { failure: 'keeps pods of before (updateStrategy.rollingUpdate.partition)' };
  }
  if (updated.pending !== undefined) return updated;
  if (textIn(status, 'updateRevision') !== textIn(status, 'currentRevision')) {
    return { pending: 'its former revision is still current' };
  }
  return of(count('readyReplicas'), wanted, 'ready');
}

function hasMissedDeadline(status: unknown): boolean {
  const conditions = memberOf(status, 'conditions');
  const progressing = (Array.isArray(conditions) ? conditions : []).find(
    (condition) => textIn(condition, 'type') === 'Progressing',
  );
  return textIn(progressing, 'reason') === 'ProgressDeadlineExceeded';
}

function numberIn(object: unknown, name: string): number | undefined {
  const member = memberOf(object, name);
  return typeof member === 'number' ? member : undefined;
}
