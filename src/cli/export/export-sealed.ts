import type { Workspace } from '../../compose/workspace.js';
import { KeywardError } from '../../core/errors.js';
import { isBelow, type Path, parsePath } from '../../core/path.js';
import type { Provider } from '../../core/provider.js';
import { type SecretToSeal, sealValues } from '../../lifecycle/sealed/seal-values.js';
import { readSealed } from '../../lifecycle/sealed/sealed-place.js';
import { type Invocation, listOption, textOption } from '../command.js';
import { sealedPlace } from '../sealed-options.js';

/**
 * Puts what the inventory lists, or what lies at the paths, from the write target into a sealed file that is there; other
 * secrets in it stay.
 *
 * @throws KeywardError `not_found` naming what is required and missing, before anything is written; as `sealValues`.
 */
export async function exportSealed(invocation: Invocation, workspace: Workspace): Promise<number> {
  const { output } = invocation;
  const place = await sealedPlace(invocation, textOption(invocation, 'out'));
  await readSealed(place);
  const secrets = await secretsOf(workspace, listOption(invocation, 'path').map(parsePath));
  if (invocation.options['values'] === false) {
    if (output.json) output.document(secrets.map(({ path }) => path));
    else for (const { path } of secrets) output.line(path);
    return 0;
  }
  const { sealed, unchanged } = await sealValues(place, secrets);
  if (output.json) output.document({ file: place.file, sealed, unchanged });
  output.note(`sealed ${sealed.length} secrets in ${place.file}; ${unchanged.length} were there already`);
  return 0;
}

async function secretsOf(workspace: Workspace, paths: readonly Path[]): Promise<readonly SecretToSeal[]> {
  const store = workspace.writeTarget();
  const inventory = [...workspace.config.inventory.values()].filter(({ from }) => from === undefined);
  const wanted =
    paths.length > 0
      ? (await pathsIn(store, paths)).map((path) => ({ path, required: true }))
      : inventory.map(({ path, required }) => ({ path, required }));
  const missing: Path[] = [];
  const secrets: SecretToSeal[] = [];
  for (const { path, required } of wanted) {
    const found = await store.read({ path });
    if (found !== undefined) secrets.push(found);
    else if (required) missing.push(path);
  }
  if (missing.length === 0) return secrets;
  throw new KeywardError('not_found', `${store.name} has no ${missing.join(', ')}; nothing was sealed`, {
    store: store.name,
    advice: 'Set them, or mark them with `required: false`.',
  });
}

async function pathsIn(store: Provider, below: readonly Path[]): Promise<readonly Path[]> {
  const found: Path[] = [];
  for await (const path of store.list('')) {
    if (below.some((directory) => path === directory || isBelow(path, directory))) found.push(path);
  }
  if (found.length > 0) return found.sort();
  throw new KeywardError('not_found', `${store.name} has nothing at or below ${below.join(', ')}`, {
    store: store.name,
  });
}
