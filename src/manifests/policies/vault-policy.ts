import { hclText } from '../hcl-text.js';
import { defineTarget } from '../manifest.js';
import { placesOfKind } from '../places-of-kind.js';
import { shellWord } from '../shell-word.js';

const capabilities = {
  read: { data: ['read'], metadata: ['read'] },
  rotate: { data: ['create', 'read', 'update'], metadata: ['create', 'read', 'update'] },
  manage: { data: ['create', 'read', 'update', 'delete'], metadata: ['create', 'read', 'update', 'delete'] },
} as const;

/** https://openbao.org/docs/concepts/policies/ and the API of the second version of the key-value engine. */
export default defineTarget({
  summary: 'a policy of Vault or OpenBao: exactly the secrets of the inventory',
  options: {
    access: {
      value: '<which>',
      description: 'read: for the program; rotate: also new versions; manage: also delete, undelete and destroy',
      default: 'read',
      choices: ['read', 'rotate', 'manage'],
    },
    engine: { value: '<1|2>', description: 'version of the key-value engine', default: '2', choices: ['1', '2'] },
  },
  render(deployment, { access, engine }) {
    const { data, metadata } = capabilities[access === 'manage' ? 'manage' : access === 'rotate' ? 'rotate' : 'read'];
    const places = placesOfKind(deployment, 'vault');
    const rules = places.flatMap(({ place: { mount, name } }): readonly (readonly [string, readonly string[]])[] => {
      if (engine === '1') return [[`${mount}/${name}`, data]];
      const rest: readonly string[] = access === 'manage' ? ['undelete', 'destroy'] : [];
      return [
        [`${mount}/data/${name}`, data],
        [`${mount}/metadata/${name}`, metadata],
        ...rest.map((operation): readonly [string, readonly string[]] => [`${mount}/${operation}/${name}`, ['update']]),
      ];
    });
    const texts = [...new Map(rules)].map(
      ([path, words]) => `path ${hclText(path)} {\n  capabilities = [${words.map(hclText).join(', ')}]\n}\n`,
    );
    const name = access === 'read' ? deployment.app.name : `${deployment.app.name}-${access}`;
    const [namespace] = places.map(({ place }) => place.namespace);
    const where = namespace === undefined ? '' : ` -namespace=${shellWord(namespace)}`;
    const path = `${name}-policy.hcl`;
    return [{ path, text: texts.join('\n'), next: `vault policy write${where} ${name} ${path}` }];
  },
});
