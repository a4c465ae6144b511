import { awsOrigin, awsPlace } from '../../clients/aws/aws-settings.js';
import type { OptionsOf } from '../../core/options.js';
import { joinPath, pathFrom } from '../../core/path.js';
import type { Capability, Provider } from '../../core/provider.js';
import { defineProviderKind, type ProviderContext, prefixDirectory } from '../../core/provider-kind.js';
import { createRemoteProvider } from '../../core/remote-provider.js';
import { maxValueBytes, parameterProblem } from './parameter-name.js';

const kind = 'ssm';
const capabilities: readonly Capability[] = ['list', 'describe', 'write', 'remove', 'readMany'];

const options = { endpoint: 'address', region: 'address', prefix: 'prefix' } as const;

export const ssmProviderKind = defineProviderKind({ options, identity: 'keys', create: createSsmProvider });

/** The Parameter Store of AWS Systems Manager, by the official SDK. */
function createSsmProvider(given: OptionsOf<typeof options>, context: ProviderContext): Provider {
  const { name, environment, env, identity } = context;
  const prefix = prefixDirectory(given.prefix, environment) ?? '';
  const place = awsPlace(given, env, 'SSM', identity);
  return createRemoteProvider({
    name,
    kind,
    traits: {
      managed: true,
      layout: 'single',
      // A name may say a version or a label: `/bot/token:3`.
      pathInLog: (text) => pathFrom('/', prefix, text.replace(/:[^/:]*$/, '')),
      origin: awsOrigin(place, env, prefix),
      placeOf: (path) => ({ kind, region: place.region, name: `/${joinPath(prefix, path)}` }),
      lacksCheckAndSet: true,
      limits: {
        binary: false,
        empty: false,
        notes: false,
        maxBytes: maxValueBytes,
        problemOf: (path) => parameterProblem(`/${joinPath(prefix, path)}`),
      },
    },
    capabilities,
    connect: async () => {
      const { connectSsm } = await import('./ssm-store.js');
      return connectSsm({ name, prefix, place, env });
    },
  });
}
