import { isKeywardError } from '../../core/errors.js';
import type { Finding } from '../../core/finding.js';
import { joinPath, parsePath } from '../../core/path.js';
import { formatRef, parseField } from '../../core/ref.js';
import { Secret } from '../../core/secret.js';
import { type KubernetesValue, readKubernetesSecrets } from '../../formats/kubernetes-secret.js';
import { refusalAt, type TextNode } from '../../formats/text-tree.js';
import { guessTarget } from './guess-target.js';
import type { ImportPair } from './import-plan.js';
import type { SourceContent } from './import-source.js';

/**
 * The values of Kubernetes Secrets. A key in capitals, or one that names an exchange credential, is a variable; the others
 * are fields of a document called as the Secret, or paths below that when one of them is binary.
 *
 * @throws KeywardError `invalid` with file, line and column.
 */
export function readKubernetes(nodes: readonly TextNode[], fileName: string): SourceContent {
  const { values, others } = readKubernetesSecrets(nodes, fileName);
  const variables = values.map(({ key }) => variableName(key));
  const binary = new Set(values.filter((value) => secretOf(value).kind === 'binary').map(({ secret }) => secret));
  const kinds = [...new Set(others.map(({ kind }) => kind))].join(', ');
  return {
    pairs: values.map((value) => {
      const where = `${fileName}:${value.place.line}`;
      const name = variableName(value.key);
      const isVariable = name === value.key || isExchangeName(name, variables);
      if (isVariable) return { name, value: secretOf(value), where };
      const place = placeOf(value, binary.has(value.secret), fileName);
      return { name: formatRef(place), place, value: secretOf(value), where };
    }),
    findings: values.flatMap((value) => (value.hasEchoNewline ? [echoFinding(value, fileName)] : [])),
    keep: kinds === '' ? undefined : `it also holds ${kinds}`,
  };
}

function secretOf({ bytes }: KubernetesValue): Secret {
  return Secret.fromBytes(bytes);
}

function variableName(key: string): string {
  return key.replaceAll(/[-.]/g, '_').toUpperCase();
}

function isExchangeName(name: string, all: readonly string[]): boolean {
  return /^[A-Z_]/.test(name) && guessTarget(name, all).path.startsWith('exchange/');
}

function placeOf(
  { secret, key, place }: KubernetesValue,
  isSingle: boolean,
  fileName: string,
): ImportPair['place'] & object {
  try {
    return isSingle ? { path: joinPath(parsePath(secret), key) } : { path: parsePath(secret), field: parseField(key) };
  } catch (error) {
    if (!isKeywardError(error, 'invalid')) throw error;
    throw refusalAt(fileName, place, error.message);
  }
}

function echoFinding({ secret, key, place }: KubernetesValue, fileName: string): Finding {
  return {
    severity: 'warning',
    where: `${fileName}:${place.line}`,
    cause: `${key} of the Secret ${secret} ends with a newline, as \`echo\` without -n makes it; it is kept`,
    fix: 'If no newline is meant, correct it here (printf %s) and in the cluster.',
  };
}
