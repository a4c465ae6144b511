import type { Workspace } from '../compose/workspace.js';
import { systemClock } from '../core/clock.js';
import { closest } from '../core/closest.js';
import { lookupNames, targetsOf } from '../core/environment-names.js';
import { KeywardError } from '../core/errors.js';
import type { Inventory } from '../core/inventory.js';
import { baseOf, type Path, parentOf, parsePath, pathProblem } from '../core/path.js';
import type { Provider } from '../core/provider.js';
import { formatRef } from '../core/ref.js';

/** A slip is answered at once or not at all: so many names are looked at, for so long. */
const maxNames = 2000;
const limitMs = 500;

/** The same error, its advice beginning with the name that was probably meant, when there is one. */
export async function withSuggestion(error: KeywardError, workspace: Workspace): Promise<KeywardError> {
  const { path, code, message, store, advice, cause } = error;
  if (path === undefined || pathProblem(path) !== undefined) return error;
  const wanted = parsePath(path);
  const { inventory } = workspace.config;
  const meant = listedUnder(wanted, inventory) ?? nearest(wanted, await knownNames(workspace));
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

/** The nearest name, or the field of the nearest document when the last segment names one. */
function nearest(path: Path, names: readonly string[]): string | undefined {
  const others = names.filter((name) => name !== path);
  const name = closest(path, others);
  if (name !== undefined) return name;
  const parent = parentOf(path);
  const document = parent === '' ? undefined : closest(parent, others);
  return document === undefined || document === parent ? undefined : `${document}/${baseOf(path)}`;
}
