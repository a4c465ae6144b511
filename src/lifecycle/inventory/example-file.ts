import { emitEnvironment, targetsOf } from '../../core/environment-names.js';
import { isKeywardError, type KeywardError } from '../../core/errors.js';
import type { Finding } from '../../core/finding.js';
import type { Inventory } from '../../core/inventory.js';
import { formatRef } from '../../core/ref.js';
import type { Secret } from '../../core/secret.js';
import { isSensitiveName } from '../../core/sensitive-names.js';
import { assertNoErrors, parseDotenv } from '../../formats/dotenv.js';
import { endOfValue } from './end-of-value.js';
import { keyKindOf } from './key-kind.js';
import { guessBits, isPlaceholder, weakBits } from './placeholder.js';

/** What projects commit for newcomers: every name, and no value. */
export const exampleFile = '.env.example';

const link = 'guide/checking.md#envexample';

/**
 * The names that the inventory gives the environment, each without a value, with what it is for: the same for the same
 * inventory.
 *
 * @throws KeywardError `config` as `emitEnvironment`.
 */
export function exampleText(inventory: Inventory): string {
  const { names } = emitEnvironment([...inventory.values()].flatMap(targetsOf));
  const lines = [...names].map(([name, { path, field, entry }]) => {
    const remarks = [entry?.purpose, entry?.owner, entry?.required === false ? 'optional' : undefined];
    const remark = [formatRef({ path, field }), ...remarks.filter((text) => text !== undefined)].join(', ');
    return `# ${remark.replaceAll(/\s+/g, ' ')}\n${name}=\n`;
  });
  return lines.join('');
}

/** Names that the inventory gives and that the example does not have. @throws as `exampleText` */
export function missingInExample(inventory: Inventory, text: string): readonly string[] {
  const present = new Set(parseDotenv(text).entries.map(({ name }) => name));
  return parseDotenv(exampleText(inventory))
    .entries.map(({ name }) => name)
    .filter((name) => !present.has(name));
}

/**
 * Values in the example that are real: those of a secret, and what cannot be told from one.
 *
 * @param held values of the inventory by what they are called, as far as they are known.
 */
export function exampleFindings(text: string, held: ReadonlyMap<string, Secret>): readonly Finding[] {
  const secrets = [...held].filter(([name]) => isSensitiveName(name)).map(([, secret]) => secret);
  const example = parseDotenv(text);
  const refusal = refusalOf(() => assertNoErrors(example, exampleFile));
  if (refusal !== undefined) {
    return [{ severity: 'error', where: exampleFile, cause: refusal.message, fix: refusal.advice, link }];
  }
  return example.entries.flatMap(({ name, value, line }) => {
    const isHeld = value !== '' && secrets.some((secret) => secret.equals(value));
    if (!isHeld && !looksReal(name, value)) return [];
    const cause = isHeld ? `${name} has the value of a secret` : `${name} has what looks like a real value`;
    const fix = 'Take the value out; if it is real and was committed, rotate it.';
    return [{ severity: 'error', where: `${exampleFile}:${line}`, cause, fix, link }];
  });
}

function refusalOf(check: () => void): KeywardError | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (isKeywardError(error)) return error;
    throw error;
  }
}

function looksReal(name: string, value: string): boolean {
  if (isPlaceholder(value)) return false;
  if (keyKindOf(value) !== undefined || endOfValue(value) !== undefined) return true;
  return isSensitiveName(name) && guessBits(value) >= weakBits && /[0-9]/.test(value);
}
