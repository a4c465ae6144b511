import { KeywardError } from './errors.js';
import { canonicalField, fieldAliases } from './exchange-catalogue.js';
import type { InventoryEntry } from './inventory.js';
import { type Path, segmentsOf } from './path.js';
import { formatRef } from './ref.js';

/** A secret, or a field of one, that has a name in the environment. */
export interface EnvironmentTarget {
  readonly path: Path;
  readonly field?: string | undefined;
}

/** A target with what decides its name: its inventory entry, and the names noted when it was imported. */
export interface EmittedTarget extends EnvironmentTarget {
  readonly entry?: InventoryEntry | undefined;
  readonly recorded?: string | undefined;
}

/** Names so general that they would hand one secret out for another. */
const genericNames: ReadonlySet<string> = new Set([
  ...['API_KEY', 'API_SECRET', 'SECRET', 'SECRET_KEY', 'KEY', 'TOKEN', 'PASSWORD', 'PASSPHRASE', 'USER', 'USERNAME'],
  ...['HOST', 'PORT', 'NAME', 'URL', 'DATABASE', 'DSN', 'ID'],
]);

/** Names that shells and systems set, or that change how programs run. */
const systemNames: ReadonlySet<string> = new Set([
  ...['_', 'BROWSER', 'CDPATH', 'COLORTERM', 'COLUMNS', 'DBUS_SESSION_BUS_ADDRESS', 'DISPLAY', 'EDITOR', 'ENV', 'EUID'],
  ...['GCONV_PATH', 'GID', 'GROUPS', 'HISTFILE', 'HOME', 'HOST', 'HOSTNAME', 'HOSTTYPE', 'IFS', 'JAVA_TOOL_OPTIONS'],
  ...[
    'LANG',
    'LANGUAGE',
    'LINES',
    'LOGNAME',
    'MACHTYPE',
    'MAIL',
    'MANPATH',
    'OLDPWD',
    'OSTYPE',
    'PAGER',
    'PATH',
    'PPID',
  ],
  ...['PROMPT_COMMAND', 'PS1', 'PS2', 'PS4', 'PWD', 'RANDOM', 'SHELL', 'SHELLOPTS', 'SHLVL', 'SSH_AGENT_PID'],
  ...['SSH_AUTH_SOCK', 'SSH_CLIENT', 'SSH_CONNECTION', 'SSH_TTY', 'SSL_CERT_DIR', 'SSL_CERT_FILE', 'SUDO_COMMAND'],
  ...['SUDO_GID', 'SUDO_UID', 'SUDO_USER', 'TEMP', 'TERM', 'TMP', 'TMPDIR', 'TZ', 'UID', 'USER', 'USERNAME', 'VISUAL'],
  ...['WAYLAND_DISPLAY', 'XAUTHORITY'],
]);

const systemName = /^(?:BASH_|DYLD_|GIT_|KEYWARD_|LC_|LD_|NODE_|PERL5|PYTHON|RUBY|XDG_)|_PROXY$/;

/** First segments that say what kind of secret it is and are not part of the emitted name. */
const wellKnownDirectories: ReadonlySet<string> = new Set([
  ...['app', 'database', 'exchange', 'monitoring', 'notifications', 'services'],
]);

/** Everything in the inventory entry that has an environment name: the secret itself, or each of its fields. */
export function targetsOf(entry: InventoryEntry): readonly EmittedTarget[] {
  if (entry.fields === undefined) return [{ path: entry.path, entry }];
  return entry.fields.map((field) => ({ path: entry.path, field, entry }));
}

/** Whether a process can have a variable of this name that every shell can also read. */
export function isValidEnvironmentName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

/** Whether shells, systems or runtimes own this name; such a name answers only where the inventory gives it. */
export function isSystemName(name: string): boolean {
  return systemNames.has(name) || systemName.test(name);
}

/** The variable that names a file with the value of this one; none where that name means something else. */
export function fileVariables(name: string): readonly string[] {
  const variable = `${name}_FILE`;
  return isSystemName(variable) ? [] : [variable];
}

/** Whether the name says nothing about which secret it is, such as `API_KEY`. */
export function isGenericName(name: string): boolean {
  return genericNames.has(name);
}

/**
 * The environment names under which the target may be found, best first. Names that the inventory gives stand alone.
 * Else every suffix of the path, longest first, that is neither generic (except directly under `app/`) nor a system
 * name; below `exchange/` a suffix must hold the name of the exchange, and the other spellings of the field follow.
 */
export function lookupNames(target: EnvironmentTarget, entry?: InventoryEntry): readonly string[] {
  const explicit = explicitNames(target, entry);
  return explicit.length > 0 ? explicit : derivedNames(target);
}

/**
 * The one name for the target: the inventory's first, else the one recorded at import, else the path without its first
 * segment where that is a well-known one. A derived name that would not be found again is never given: the whole path
 * is used instead.
 *
 * @throws KeywardError `config` when no name follows from the path; the inventory must give one.
 */
export function emittedName(target: EnvironmentTarget, entry?: InventoryEntry, recorded?: string): string {
  const name = emittableName(target, entry, recorded);
  if (name !== undefined) return name;
  throw new KeywardError('config', `no environment name follows from ${formatRef(target)}`, {
    path: target.path,
    advice: 'Give it one with `env:` in the `secrets:` part of keyward.yaml.',
  });
}

/** As `emittedName`, and `undefined` when no name follows from the path. */
export function emittableName(
  target: EnvironmentTarget,
  entry?: InventoryEntry,
  recorded?: string,
): string | undefined {
  const given = explicitNames(target, entry)[0] ?? recordedNames(recorded)[0];
  if (given !== undefined) return given;
  const segments = segmentsOfTarget(target);
  const found = new Set(derivedNames(target));
  const rest = wellKnownDirectories.has(segments[0] ?? '') ? segments.slice(1) : segments;
  return [rest, segments].map(spell).find((candidate) => found.has(candidate));
}

/**
 * What a process gets: each name with its target. A target has every name that the inventory gives it, else the one of
 * `emittedName`. Names that are not valid are refused.
 *
 * @throws KeywardError `config` when two targets claim one name (naming both) or a name is not valid.
 */
export function emitEnvironment<T extends EmittedTarget>(targets: Iterable<T>): { readonly names: Map<string, T> } {
  const names = new Map<string, T>();
  for (const target of targets) {
    const explicit = explicitNames(target, target.entry);
    for (const name of explicit.length > 0 ? explicit : [emittedName(target, undefined, target.recorded)]) {
      if (!isValidEnvironmentName(name)) {
        throw new KeywardError('config', `"${name}", given to ${formatRef(target)}, is not an environment name`, {
          path: target.path,
          advice: 'Use letters, digits and underscores, not beginning with a digit.',
        });
      }
      const other = names.get(name);
      if (other !== undefined && (other.path !== target.path || other.field !== target.field)) {
        throw new KeywardError(
          'config',
          `${formatRef(other)} and ${formatRef(target)} both claim the environment name ${name}`,
          { path: target.path, advice: 'Give one of them another name with `env:` in keyward.yaml.' },
        );
      }
      names.set(name, target);
    }
  }
  return { names };
}

function explicitNames(target: EnvironmentTarget, entry: InventoryEntry | undefined): readonly string[] {
  if (entry?.path !== target.path) return [];
  return target.field === undefined ? entry.env : (entry.fieldEnv.get(target.field) ?? []);
}

/** Metadata is written by whoever may write the secret, so it cannot claim a name that changes how programs run. */
function recordedNames(recorded = ''): readonly string[] {
  return recorded.split(' ').filter((name) => isValidEnvironmentName(name) && !isSystemName(name));
}

function derivedNames(target: EnvironmentTarget): readonly string[] {
  const segments = segmentsOfTarget(target);
  return [...new Set([segments, ...otherSpellings(segments)].flatMap(suffixNames))];
}

function segmentsOfTarget({ path, field }: EnvironmentTarget): readonly string[] {
  return field === undefined ? segmentsOf(path) : [...segmentsOf(path), field];
}

function otherSpellings(segments: readonly string[]): readonly (readonly string[])[] {
  const field = segments.at(-1);
  if (segments[0] !== 'exchange' || segments.length < 3 || field === undefined) return [];
  return fieldAliases(canonicalField(field)).map((alias) => [...segments.slice(0, -1), alias]);
}

function suffixNames(segments: readonly string[]): readonly string[] {
  const isExchange = segments[0] === 'exchange';
  const isInApp = segments[0] === 'app' && segments.length === 2;
  return segments
    .map((_, start) => ({ name: spell(segments.slice(start)), start }))
    .filter(({ name, start }) => {
      if (!isValidEnvironmentName(name) || isSystemName(name)) return false;
      if (isExchange && start > 1) return false;
      return isInApp || !isGenericName(name);
    })
    .map(({ name }) => name);
}

function spell(segments: readonly string[]): string {
  return segments
    .join('_')
    .replaceAll(/[-.]/g, '_')
    .replaceAll(/[a-z]+/g, (letters) => letters.toUpperCase());
}
