import { type DeliveredValue, deliveredValues } from '../delivered-values.js';
import { defineTarget } from '../manifest.js';
import { printYaml } from '../print-yaml.js';
import { shellWord } from '../shell-word.js';
import { hardenedService, withoutVariables } from './hardened-service.js';

const mount = '/run/secrets';

/** https://github.com/compose-spec/compose-spec/blob/main/spec.md */
export default defineTarget({
  summary: 'compose.yaml: the program in a hardened container, its secrets as files',
  options: {
    secrets: {
      value: '<how>',
      description:
        'file: one for each; external: made before; folder or nested: one mounted folder, by name or by path',
      default: 'file',
      choices: ['file', 'external', 'folder', 'nested'],
    },
    folder: { value: '<folder>', description: 'of the secrets on the host', default: './secrets' },
    memory: { value: '<size>', description: 'at most', default: '512M' },
    cpus: { value: '<number>', description: 'at most', default: '1' },
  },
  async render(deployment, options) {
    const { app } = deployment;
    const values = deliveredValues(deployment);
    const { secrets: how, folder } = options;
    const isMounted = how === 'folder' || how === 'nested';
    const nameOf = ({ fileName, nestedFile }: DeliveredValue) => (how === 'nested' ? nestedFile : fileName);
    const hasOwn = !isMounted && values.length > 0;
    const service = {
      ...hardenedService(app, options),
      environment: Object.fromEntries(
        values.flatMap((value) => value.env.map((name) => [`${name}_FILE`, `${mount}/${nameOf(value)}`])),
      ),
      ...(isMounted && { volumes: [{ type: 'bind', source: folder, target: mount, read_only: true }] }),
      ...(hasOwn && { secrets: values.map(nameOf) }),
    };
    const sources = values.map((value) => [
      nameOf(value),
      how === 'external' ? { external: true } : { file: `${folder}/${nameOf(value)}` },
    ]);
    const text = await printYaml(
      withoutVariables({
        name: app.name,
        services: { [app.name]: service },
        ...(hasOwn && { secrets: Object.fromEntries(sources) }),
      }),
    );
    return [{ path: 'compose.yaml', text, next: nextStep(how, folder, app.uid) }];
  },
});

function nextStep(how: string, folder: string, uid: number): string {
  if (how === 'external') return 'Before the first start: keyward export --format swarm --run';
  const layout = how === 'nested' ? ' --layout nested' : '';
  return `Before the first start: keyward export --format dir${layout} --out ${shellWord(folder)}\nThe files must be readable for user ${uid}: sudo chown -R ${uid} ${shellWord(folder)}`;
}
