import { deliveredValues } from '../delivered-values.js';
import { hclText } from '../hcl-text.js';
import { defineTarget } from '../manifest.js';
import { common, leftOut, placesOfKind } from '../places-of-kind.js';

/** https://openbao.org/docs/agent-and-proxy/agent/template/ */
export default defineTarget({
  summary: 'the configuration of the agent of Vault or OpenBao: each value as a file',
  options: {
    address: { value: '<url>', description: 'when the link does not say it' },
    folder: { value: '<folder>', description: 'of the files; in memory is best', default: '/run/secrets' },
    credentials: { value: '<folder>', description: 'with role-id and secret-id', default: '/etc/vault-agent' },
    engine: { value: '<1|2>', description: 'version of the key-value engine', default: '2', choices: ['1', '2'] },
  },
  render(deployment, { address, folder, credentials, engine }) {
    const places = new Map(placesOfKind(deployment, 'vault').map(({ secret, place }) => [secret.path, place]));
    const server = common(
      'address',
      address,
      [...places.values()].map((place) => place.address),
    );
    const [namespace] = [...places.values()].map((place) => place.namespace);
    const templates = deliveredValues(deployment).flatMap(({ path, field, fileName }) => {
      const place = places.get(path);
      if (place === undefined) return [];
      const [read, data] = engine === '1' ? ['', '.Data'] : ['data/', '.Data.data'];
      // Quoted twice: in the language of templates, and in HCL.
      const source = JSON.stringify(`${place.mount}/${read}${place.name}`);
      const value = `index ${data} ${JSON.stringify(field ?? 'value')}`;
      return [
        block('template', [
          ['contents', hclText(`{{ with secret ${source} }}{{ ${value} }}{{ end }}`)],
          ['destination', hclText(`${folder}/${fileName}`)],
          ['perms', hclText('0400')],
          ['error_on_missing_key', 'true'],
        ]),
      ];
    });
    const method = [
      '  method {',
      '    type = "approle"',
      '    config = {',
      `      role_id_file_path                   = ${hclText(`${credentials}/role-id`)}`,
      `      secret_id_file_path                 = ${hclText(`${credentials}/secret-id`)}`,
      '      remove_secret_id_file_after_reading = true',
      '    }',
      '  }',
    ];
    const text = [
      block('vault', [
        ['address', hclText(server)],
        ...(namespace === undefined ? [] : [['namespace', hclText(namespace)] as const]),
      ]),
      `auto_auth {\n${method.join('\n')}\n}\n`,
      block('template_config', [['exit_on_retry_failure', 'true']]),
      ...templates,
    ].join('\n');
    const next = [
      'Run as the user of the program: vault agent -config=vault-agent.hcl',
      leftOut(deployment, new Set(places.keys()), 'as they are not in Vault'),
    ];
    return [{ path: 'vault-agent.hcl', text, next: next.filter((line) => line !== '').join('\n') }];
  },
});

function block(name: string, settings: readonly (readonly [string, string])[]): string {
  const width = Math.max(...settings.map(([key]) => key.length));
  return `${name} {\n${settings.map(([key, value]) => `  ${key.padEnd(width)} = ${value}\n`).join('')}}\n`;
}
