import type { Deployment } from '../../core/deployment.js';
import { valuesInLink } from './link-values.js';

const prefix = 'vault.hashicorp.com/';
/** The longest annotation that has a name of ours in it; a name behind the slash has at most 63 characters. */
const longestName = 63 - 'agent-inject-template-'.length;

/**
 * What the agent injector of Vault reads at a pod: a file in /vault/secrets for each value.
 * Source: developer.hashicorp.com/vault/docs/deploy/kubernetes/injector/annotations.
 */
export function vaultAnnotations(deployment: Deployment, role: string): Readonly<Record<string, string>> {
  const { values, first } = valuesInLink(deployment, ['vault'], undefined);
  const files = values.flatMap(({ place, field, fileName }, index): readonly (readonly [string, string])[] => {
    const name = fileName.length > longestName ? `value-${index}` : fileName;
    const path = JSON.stringify(`${place.mount}/data/${place.name}`);
    return [
      [`agent-inject-secret-${name}`, `${place.mount}/data/${place.name}`],
      [`agent-inject-file-${name}`, fileName],
      [`agent-inject-perms-${name}`, '0400'],
      [
        `agent-inject-template-${name}`,
        `{{- with secret ${path} -}}{{ index .Data.data ${JSON.stringify(field ?? 'value')} }}{{- end -}}`,
      ],
    ];
  });
  const settings = [
    ['agent-inject', 'true'],
    ['role', role],
    // The agent runs as the user of the program, so that it alone reads the files.
    ['agent-run-as-same-user', 'true'],
    ...(first.namespace === undefined ? [] : [['namespace', first.namespace]]),
    ...files,
  ];
  return Object.fromEntries(settings.map(([name, value]) => [`${prefix}${name}`, value]));
}
