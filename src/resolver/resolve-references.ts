import { KeywardError, toKeywardError } from '../core/errors.js';
import { formatRef } from '../core/ref.js';
import { parseReference, type ReferenceVariable } from '../core/reference.js';
import type { Secret } from '../core/secret.js';
import type { Secrets } from './secrets.js';

interface Failure {
  readonly name: string;
  readonly where: string;
  readonly error: KeywardError;
}

/**
 * The secret that each variable refers to, by the variable's name. A value that looks like a reference itself is not
 * followed: who may write one secret must not decide that another one is read.
 *
 * @throws KeywardError naming every variable that cannot be resolved, with where it is set and why: with their code
 * when they share it, else with the first that is not `not_found`.
 */
export async function resolveReferences(
  secrets: Pick<Secrets, 'get'>,
  variables: ReadonlyMap<string, ReferenceVariable>,
): Promise<Map<string, Secret>> {
  const failures: Failure[] = [];
  const resolved = new Map<string, Secret>();
  await Promise.all(
    [...variables].map(async ([name, { value, where }]) => {
      try {
        resolved.set(name, await secrets.get(formatRef(parseReference(value))));
      } catch (error) {
        failures.push({ name, where, error: toKeywardError(error, 'resolving a reference') });
      }
    }),
  );
  if (failures.length > 0) throw unresolved(failures);
  return resolved;
}

function unresolved(failures: readonly Failure[]): KeywardError {
  const inOrder = failures.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const worst = inOrder.find(({ error }) => error.code !== 'not_found') ?? inOrder[0];
  const reasons = inOrder.map(({ name, where, error }) => `${name} (${where}): ${error.message}`);
  return new KeywardError(worst?.error.code ?? 'internal', `cannot resolve ${reasons.join('; ')}`, {
    advice: worst?.error.advice,
    cause: worst?.error,
  });
}
