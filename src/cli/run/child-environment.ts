import { fileVariables } from '../../core/environment-names.js';
import { KeywardError } from '../../core/errors.js';
import { isOwnCredential, isRefusedForInjection } from '../../core/injection-rules.js';
import type { Secret } from '../../core/secret.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** What a program needs to find its way about; none of it is a secret. */
const pristineNames =
  /^(?:COLORTERM|HOME|LANG|LANGUAGE|LC_[A-Z]+|LOGNAME|NO_COLOR|PATH|PWD|SHELL|TERM|TMPDIR|TZ|USER)$/;

/**
 * The environment that a program starts from: without Keyward's own credentials, and in a clean one only what every
 * program needs and what `kept` names.
 */
export function baseEnvironment(env: Environment, kept: ReadonlySet<string> | undefined): Environment {
  const isPassed = (name: string) => kept === undefined || pristineNames.test(name) || kept.has(name);
  return Object.fromEntries(Object.entries(env).filter(([name]) => isPassed(name) && !isOwnCredential(name)));
}

/** @throws KeywardError `config` naming the names that may not be set unless each is allowed. */
export function refuseNames(names: Iterable<string>, allowed: ReadonlySet<string>): void {
  const refused = [...names].filter((name) => isRefusedForInjection(name) && !allowed.has(name));
  if (refused.length === 0) return;
  throw new KeywardError('config', `refused to set ${refused.join(', ')}: it changes how programs run`, {
    advice: `If it is meant, allow it by name: keyward run ${refused.map((name) => `--allow-name ${name}`).join(' ')} -- …`,
  });
}

export function fileVariable(name: string): string {
  return `${name}_FILE`;
}

/** What to set for values that are texts; what names a file with another value is then not set. */
export function givenAsText(values: ReadonlyMap<string, Secret>): Environment {
  const texts = [...values].map(([name, secret]) => [name, secret.expose()]);
  return { ...unset([...values.keys()].flatMap(fileVariables)), ...Object.fromEntries(texts) };
}

/** What to set for values that lie in these files; the names themselves are then not set. */
export function givenAsFiles(paths: ReadonlyMap<string, string>): Environment {
  const variables = [...paths].map(([name, path]) => [fileVariable(name), path]);
  return { ...unset([...paths.keys()]), ...Object.fromEntries(variables) };
}

function unset(names: readonly string[]): Environment {
  return Object.fromEntries(names.map((name) => [name, undefined]));
}
