import type { Workspace } from '../compose/workspace.js';
import { fieldsOf } from '../core/payload.js';
import type { ManagedValue } from '../scan/fingerprints.js';
import { readSecrets } from './take-snapshot.js';

/**
 * Every value of the store that is written to: payloads, and the fields of those that have fields.
 *
 * @throws KeywardError `unsupported` when the store cannot list, and as its reads.
 */
export async function managedValues(workspace: Workspace): Promise<readonly ManagedValue[]> {
  const secrets = await readSecrets(workspace.writeTarget(), '');
  return secrets.map(({ path, payload }) => ({
    name: path,
    bytes: payload.bytes,
    fields: [...fieldsOf(payload).values()].map((field) => field.bytes),
  }));
}
