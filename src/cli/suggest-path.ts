import type { Workspace } from '../compose/workspace.js';
import { systemClock } from '../core/clock.js';
import { closest } from '../core/closest.js';
import { lookupNames, targetsOf } from '../core/environment-names.js';
import { KeywardError } from '../core/errors.js';
import type { Inventory } from '../core/inventory.js';
import { baseOf, type Path, parentOf, parsePath, pathProblem } from '../core/path.js';
import type { Provider } from '../core/provider.js';
import { formatRef, type Ref } from '../core/ref.js';

/** A slip is answered at once or not at all: so many names are looked at, for so long. */
const maxNames = 2000;
const limitMs = 500;

/**
 * The same error, its advice beginning with the name that was probably meant, when there is one.
 *
 * @param asked what the person typed, where that was a ref.
 */
export async function withSuggestion(error: KeywardError, workspace: Workspace, asked?: Ref): Promise<KeywardError> {
  const { path, code, message, store, advice, cause } = error;
  if (path === undefined || pathProblem(path) !== undefined) return error;
  const wanted = parsePath(path);
  const { inventory } = workspace.config;
  const meant = listedUnder(wanted, inventory) ?? (await nearest(wanted, asked?.field, workspace));
  if (meant === undefined) return error;
  return new KeywardError(code, message, { store, path, cause, advice: `Did you mean ${meant}? ${advice}` });
}

/** Names of the inventory, and of the stores as far as the caller may list them. */
async function knownNames(workspace: Workspace): Promise<readonly string[]> {
  const names = new Set<string>(workspace.config.inventory.keys());
  const controller = new AbortController();
  const timer = systemClock.after(limitMs, () => controller.abort());
  const listable = workspace.providers.filter(({ capabilities }) => capabilities.has('list'));
  await Promise.all(listable.map((provider) => collect(provider, names, controller.signal).catch(() => undefined)));
  timer.cancel();
  return [...names];
}

async function collect(provider: Provider, names: Set<string>, signal: AbortSignal): Promise<void> {
  for await (const path of provider.list('', { signal })) {
    names.add(path);
    if (names.size >= maxNames || signal.aborted) return;
  }
}

/** What has this environment name in the inventory, or the field of a document in it that is nearest to the last segment. */
function listedUnder(path: Path, inventory: Inventory): string | undefined {
  const targets = [...inventory.values()].flatMap(targetsOf);
  const named = targets.find(({ entry, ...target }) => lookupNames(target, entry).includes(path));
  if (named !== undefined) return formatRef(named);
  const parent = parentOf(path);
  const fields = targets.flatMap((target) =>
    target.path === parent && target.field !== undefined ? [target.field] : [],
  );
  const field = fields.includes(baseOf(path)) ? undefined : closest(baseOf(path), fields);
  return field === undefined ? undefined : `${parent}/${field}`;
}

/** The nearest name; of a document that is there the nearest field, of one that is not the same field of the nearest. */
async function nearest(path: Path, field: string | undefined, workspace: Workspace): Promise<string | undefined> {
  const names = await knownNames(workspace);
  if (field !== undefined && names.includes(path)) return nearestField(path, field, workspace);
  const others = names.filter((name) => name !== path);
  const name = closest(path, others);
  if (name !== undefined) return name;
  const parent = parentOf(path);
  const document = parent === '' ? undefined : closest(parent, others);
  if (document === undefined) return undefined;
  return document === parent ? nearestField(document, baseOf(path), workspace) : `${document}/${baseOf(path)}`;
}

async function nearestField(document: string, wanted: string, { secrets }: Workspace): Promise<string | undefined> {
  const path = parsePath(document);
  const fields = await secrets.getAll(path).catch(() => ({}));
  const field = closest(wanted, Object.keys(fields));
  return field === undefined ? undefined : formatRef({ path, field });
}
