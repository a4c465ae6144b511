import { isValidEnvironmentName } from '../core/environment-names.js';
import { cannotHold } from './cannot-hold.js';

export interface GithubEnv {
  /** For standard output of a step: from then on the runner hides these texts in the log. */
  readonly masks: string;
  /** To be appended to the file that `GITHUB_ENV` names. */
  readonly assignments: string;
}

/** Shorter pieces are not hidden: the log would lose every `{` or `no`. */
const minMaskLength = 4;
const ownedByRunner = /^(?:GITHUB_|RUNNER_)|^NODE_OPTIONS$/i;

/**
 * What makes the values variables of the later steps of a GitHub job and hides them in its log: workflow commands, and
 * assignments of the form `NAME<<delimiter`.
 *
 * @param newDelimiter makes a text that nobody can guess, so that no value can end its assignment.
 * @throws KeywardError `invalid` for a NUL, and for names that the runner does not let anybody set.
 */
export function formatGithubEnv(
  entries: Iterable<readonly [name: string, value: string]>,
  newDelimiter: () => string,
): GithubEnv {
  let masks = '';
  let assignments = '';
  for (const [name, value] of entries) {
    if (!isValidEnvironmentName(name)) throw cannotHold('GITHUB_ENV', name, 'it is not an environment name');
    if (ownedByRunner.test(name)) throw cannotHold('GITHUB_ENV', name, 'the runner does not let it be set');
    if (value.includes('\0')) throw cannotHold('GITHUB_ENV', name, 'its value has a NUL');
    const delimiter = newDelimiter();
    if (value.includes(delimiter)) throw cannotHold('GITHUB_ENV', name, 'its value has the delimiter');
    masks += linesOf(value)
      .map((line) => `::add-mask::${escapeData(line)}\n`)
      .join('');
    assignments += `${name}<<${delimiter}\n${value}\n${delimiter}\n`;
  }
  return { masks, assignments };
}

function linesOf(value: string): readonly string[] {
  return value.split(/\r\n|\r|\n/).filter((line) => line.trim().length >= minMaskLength);
}

function escapeData(line: string): string {
  return line.replaceAll('%', '%25');
}
