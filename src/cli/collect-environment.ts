import type { Workspace } from '../compose/workspace.js';
import { emitEnvironment } from '../core/environment-names.js';
import { isKeywardError, KeywardError } from '../core/errors.js';
import type { InventoryEntry } from '../core/inventory.js';
import type { Path } from '../core/path.js';
import { formatRef } from '../core/ref.js';
import type { Secret } from '../core/secret.js';

/** A secret or field of the inventory with its value. */
interface CollectedValue {
  readonly path: Path;
  readonly field?: string | undefined;
  readonly entry: InventoryEntry;
  readonly recorded?: string | undefined;
  readonly secret: Secret;
}

/**
 * Every value that the inventory lists, by environment name. An entry with fields gives one name per field, all of one
 * version; any other entry gives its whole value.
 *
 * @throws KeywardError `not_found` naming everything required that is missing, `config` when two claim one name,
 * `invalid` for a value that no environment can hold.
 */
export async function collectEnvironment(workspace: Workspace): Promise<ReadonlyMap<string, CollectedValue>> {
  const missing: string[] = [];
  const entries = [...workspace.config.inventory.values()];
  const collected = await Promise.all(entries.map((entry) => collectEntry(workspace, entry, missing)));
  if (missing.length > 0) {
    throw new KeywardError(
      'not_found',
      `the inventory asks for what no store has in the environment ${workspace.config.environment}: ${missing.sort().join(', ')}`,
      {
        advice: 'Set them (keyward set <path>), or mark them with `required: false`.',
      },
    );
  }
  const values = collected.flat();
  for (const value of values) assertFits(value);
  return emitEnvironment(values).names;
}

async function collectEntry(
  workspace: Workspace,
  entry: InventoryEntry,
  missing: string[],
): Promise<readonly CollectedValue[]> {
  const { path } = entry;
  try {
    if (entry.fields === undefined) {
      const secret = await workspace.secrets.get(path);
      const recorded = entry.env.length > 0 ? undefined : await recordedName(workspace, path, 'env', secret);
      return [{ path, entry, secret, recorded }];
    }
    const fields = await workspace.secrets.getAll(path);
    const values: CollectedValue[] = [];
    for (const field of entry.fields) {
      const secret = Object.hasOwn(fields, field) ? fields[field] : undefined;
      if (secret === undefined) {
        if (entry.required) missing.push(`${path}#${field}`);
        continue;
      }
      const isNamed = entry.fieldEnv.has(field);
      const recorded = isNamed ? undefined : await recordedName(workspace, path, `env.${field}`, secret);
      values.push({ path, field, entry, secret, recorded });
    }
    return values;
  } catch (error) {
    if (!isKeywardError(error, 'not_found')) throw error;
    if (entry.required) missing.push(path);
    return [];
  }
}

/** The name under which it was imported, where the store that answered noted one. */
async function recordedName(
  workspace: Workspace,
  path: Path,
  key: string,
  secret: Secret,
): Promise<string | undefined> {
  const provider = workspace.providers.find(({ name }) => name === secret.origin?.provider);
  if (provider === undefined || !provider.capabilities.has('describe') || !provider.traits.managed) return undefined;
  return (await provider.describe(path))?.metadata[key];
}

function assertFits({ path, field, secret }: CollectedValue): void {
  const isBinary = secret.kind === 'binary' || secret.exposeBytes().includes(0);
  if (!isBinary) return;
  throw new KeywardError('invalid', `${formatRef({ path, field })} is binary, which no environment variable can hold`, {
    path,
    advice: 'Take it out of the inventory, or store it in a text form such as base64.',
  });
}
