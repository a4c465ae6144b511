import { KeywardError } from '../core/errors.js';
import { isRefusedForInjection } from '../core/injection-rules.js';
import { assertText } from './assert-text.js';
import { collectEnvironment } from './collect-environment.js';
import type { Workspace } from './workspace.js';

export interface LoadIntoEnvOptions {
  /** Only these environment names; everything that the inventory and references give when absent. */
  readonly names?: Iterable<string> | undefined;
  /**
   * A variable that switches it on: with `true` or `1` the values are loaded, with `false`, `0`, an empty text or none
   * nothing is read.
   */
  readonly when?: string | undefined;
  /** What the values are put into, and where `when` is looked up: `process.env` when absent. */
  readonly into?: Record<string, string | undefined> | undefined;
}

/** Names only, never values. */
export interface LoadedEnvironment {
  /** Whether anything was asked for: false when the variable of `when` says no. */
  readonly isOn: boolean;
  readonly set: readonly string[];
  /** Names that had a value already, which they keep. */
  readonly kept: readonly string[];
}

/**
 * Puts the values of the inventory into an environment, and those of variables that hold references: all of them or,
 * when anything required is missing or refused, none. What is set already stays, unless it is a reference.
 *
 * @throws KeywardError `config` when the switch is neither on nor off, when nothing says what to load, or for a name that
 * changes how programs run; as `collectEnvironment`; `invalid` for a binary value.
 */
export async function loadIntoEnv(workspace: Workspace, options: LoadIntoEnvOptions = {}): Promise<LoadedEnvironment> {
  const { into = process.env, when, names } = options;
  if (when !== undefined && !isSwitchedOn(when, into[when])) return { isOn: false, set: [], kept: [] };
  const before = { ...into };
  const only = names === undefined ? undefined : new Set(names);
  const { values, kept } = await collectEnvironment(workspace, { environment: before, only });
  if (workspace.config.file === undefined && values.size + kept.length === 0) throw nothingToLoad();
  refuseNames(values.keys());
  assertText(values);
  // While the stores were asked, the program may have set some itself.
  const set = [...values].filter(([name]) => into[name] === before[name]);
  for (const [name, secret] of set) {
    // An assignment would not set a variable that is called `__proto__`.
    Object.defineProperty(into, name, { value: secret.expose(), configurable: true, enumerable: true, writable: true });
  }
  const setNames = set.map(([name]) => name);
  const late = [...values.keys()].filter((name) => !setNames.includes(name));
  return { isOn: true, set: setNames.sort(), kept: [...kept, ...late].sort() };
}

function isSwitchedOn(name: string, value = ''): boolean {
  if (value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0' || value === '') return false;
  throw new KeywardError('config', `${name} is neither true nor false`, { advice: 'Write true, 1, false or 0.' });
}

function nothingToLoad(): KeywardError {
  return new KeywardError('config', 'there is no keyward.yaml here or above, so nothing says what to load', {
    advice: 'Run: keyward init --from .env',
  });
}

function refuseNames(names: Iterable<string>): void {
  const refused = [...names].filter(isRefusedForInjection);
  if (refused.length === 0) return;
  throw new KeywardError('config', `refused to set ${refused.join(', ')}: it changes how programs run`, {
    advice: 'Give the secret another name with `env:` in keyward.yaml, or set it yourself.',
  });
}
