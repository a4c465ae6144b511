import { memberOf, readMeta, textIn } from '../../clients/kubernetes/api-object.js';
import type { Finding } from '../../core/finding.js';
import { manyIn } from './secret-uses.js';

/** An object from which a controller makes Secrets. */
export interface Controlled {
  /** With its group, as kubectl takes it: `externalsecrets.external-secrets.io`. */
  readonly resource: string;
  readonly object: unknown;
}

/** What a controller has not looked at after this time, it does not look at. */
const patienceMs = 5 * 60_000;

/**
 * The objects that their controllers fail at, or do not look at. Messages of conditions are not repeated: what a store
 * answered may stand in them.
 */
export function controllerFindings(
  controlled: readonly Controlled[],
  { store, namespace, now }: { readonly store: string; readonly namespace: string; readonly now: number },
): readonly Finding[] {
  return controlled.flatMap(({ resource, object }): readonly Finding[] => {
    const meta = readMeta(object);
    if (meta === undefined) return [];
    const conditions = manyIn(memberOf(object, 'status'), 'conditions');
    const failed = conditions.find((condition) => textIn(condition, 'status') === 'False');
    const isForgotten = conditions.length === 0 && now - meta.createdAt.getTime() > patienceMs;
    if (failed === undefined && !isForgotten) return [];
    const kind = textIn(object, 'kind') ?? resource;
    const cause =
      failed === undefined
        ? `no controller has looked at ${kind} ${meta.name}: is it installed, and does it run?`
        : `${kind} ${meta.name} is not ${textIn(failed, 'type')}: ${textIn(failed, 'reason') ?? 'no reason is given'}`;
    return [
      {
        severity: 'error',
        where: `${store} (${namespace})`,
        cause,
        fix:
          failed === undefined
            ? 'kubectl get pods -A | grep -e external-secrets -e sealed-secrets'
            : `kubectl describe ${resource} ${meta.name} -n ${namespace}`,
        link: 'providers/kubernetes.md#what-doctor-says',
      },
    ];
  });
}
