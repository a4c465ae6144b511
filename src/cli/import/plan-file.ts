import { resolve } from 'node:path';
import type { EnvironmentTarget } from '../../core/environment-names.js';
import { KeywardError } from '../../core/errors.js';
import { parsePath } from '../../core/path.js';
import { parseRef } from '../../core/ref.js';
import { readTextFile } from '../../host/plain-file.js';
import { writeProjectFile } from '../../host/project-file.js';
import type { ImportPair, PlanOptions } from '../../lifecycle/transfer/import-plan.js';
import { parsePlanText } from '../../lifecycle/transfer/plan-text.js';
import { type Invocation, listOption, textOption } from '../command.js';

const maxPlanBytes = 4 * 1024 * 1024;

/**
 * Where the person said that the values go: an edited plan, single names, a path for all.
 *
 * @throws KeywardError `invalid` for a plan that cannot be read, and for names that are not in the source.
 */
export async function chosenPlaces(
  invocation: Invocation,
  pairs: readonly ImportPair[],
): Promise<Omit<PlanOptions, 'inventory'>> {
  const names = new Set(pairs.map(({ name }) => name));
  const edited = textOption(invocation, 'usePlan');
  const below = textOption(invocation, 'path');
  const chosen = new Map(listOption(invocation, 'map').map((text) => parseMapping(text, names)));
  const places = edited === undefined ? undefined : parsePlanText(await readPlan(invocation.io.cwd, edited), names);
  return { places, chosen, below: below === undefined ? undefined : parsePath(below) };
}

/** An edited plan is work: it is not replaced. @throws KeywardError `conflict` */
export async function writeNewPlan(path: string, text: string): Promise<void> {
  if ((await readTextFile(path, { maxBytes: maxPlanBytes })) !== undefined) {
    throw new KeywardError('conflict', `there is a file ${path} already; nothing was changed`, {
      store: path,
      advice: 'Name another file, or remove that one.',
    });
  }
  await writeProjectFile(path, text);
}

async function readPlan(cwd: string, name: string): Promise<string> {
  const text = await readTextFile(resolve(cwd, name), { maxBytes: maxPlanBytes });
  if (text === undefined) throw new KeywardError('config', `there is no file ${name}`, { store: name });
  return text;
}

/** `NAME=path[#field]` */
function parseMapping(text: string, names: ReadonlySet<string>): readonly [string, EnvironmentTarget] {
  const equals = text.indexOf('=');
  const name = text.slice(0, Math.max(equals, 0));
  if (!names.has(name)) {
    throw new KeywardError('invalid', '--map gives a place to a name that is not in the source', {
      advice: 'Write it like --map BINANCE_API_KEY=exchange/binance#api_key.',
    });
  }
  const { path, field, version } = parseRef(text.slice(equals + 1));
  if (version === undefined) return [name, { path, field }];
  throw new KeywardError('invalid', `--map ${name}: a place has no version`);
}
