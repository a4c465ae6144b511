import type { Deployment } from '../core/deployment.js';
import { KeywardError } from '../core/errors.js';
import {
  type ManifestFile,
  type ManifestOptions,
  type ManifestPorts,
  type ManifestTarget,
  madeBy,
} from './manifest.js';
import { targets } from './targets.js';

export const manifestTargets: readonly string[] = Object.keys(targets);

/** @throws KeywardError `invalid` for a name that no target has. */
export async function loadTarget(name: string): Promise<ManifestTarget> {
  const load = Object.hasOwn(targets, name) ? targets[name] : undefined;
  if (load !== undefined) return load();
  throw new KeywardError('invalid', 'there is no deployment file of this name', {
    advice: 'Run keyward manifest to see all that there are.',
  });
}

/**
 * Makes the files of a target.
 *
 * @param options By name; defaults are filled in.
 * @param ports Only for targets whose purpose is to hold values, and for options that name files.
 * @throws KeywardError `invalid` for an option that there is not or that cannot be meant, `config` for what the
 * deployment lacks.
 */
export async function manifest(
  name: string,
  deployment: Deployment,
  options: Readonly<Record<string, string>> = {},
  ports: ManifestPorts = noPorts,
): Promise<readonly ManifestFile[]> {
  const target = await loadTarget(name);
  const files = await target.render(deployment, optionValues(name, target.options, options), ports);
  return files.map((file) => withHeader(name, file));
}

function optionValues(
  target: string,
  known: ManifestOptions,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(given)) {
    const option = Object.hasOwn(known, name) ? known[name] : undefined;
    const names = Object.keys(known).join(', ') || 'none';
    if (option === undefined) {
      throw invalid(`${target} has no option of a name that was given`, `It has: ${names}.`);
    }
    if (/\p{Cc}/u.test(value)) throw invalid(`${name} has a control character or a line break`, 'Leave it out.');
    if (option.choices?.includes(value) === false) {
      throw invalid(`${target} takes no such ${name}`, `Use ${option.choices.join(' or ')}.`);
    }
  }
  const values = Object.entries(known).flatMap(([name, option]): readonly (readonly [string, string])[] => {
    const value = Object.hasOwn(given, name) ? given[name] : option.default;
    if (value !== undefined) return [[name, value]];
    if (option.isRequired !== true) return [];
    throw invalid(`${target} needs ${name}: ${option.description}`, `Add: --set ${name}=${option.value}`);
  });
  return Object.fromEntries(values);
}

/** JSON has no comments; every other format that is written here has them after `#`. */
function withHeader(target: string, file: ManifestFile): ManifestFile {
  if (file.path.endsWith('.json')) return file;
  const lines = [`${madeBy} ${target}`, ...(file.next?.split('\n') ?? []).map((line) => `# ${line}`)];
  const header = lines.map((line) => `${line}\n`).join('');
  const [first = ''] = /^#!.*\n/.exec(file.text) ?? [];
  return { ...file, text: `${first}${header}${file.text.slice(first.length)}` };
}

const noPorts: ManifestPorts = {
  value: async () => {
    throw new KeywardError('unsupported', 'these files hold values, and nothing was given that reads them');
  },
  file: async () => {
    throw new KeywardError('unsupported', 'an option names a file, and nothing was given that reads files');
  },
};

function invalid(problem: string, advice: string): KeywardError {
  return new KeywardError('invalid', problem, { advice });
}
