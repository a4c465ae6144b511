import { awsOrigin, awsPlace } from '../../clients/aws/aws-settings.js';
import type { OptionsOf } from '../../core/options.js';
import { joinPath, pathFrom } from '../../core/path.js';
import type { Capability, Provider } from '../../core/provider.js';
import { defineProviderKind, type ProviderContext, prefixDirectory } from '../../core/provider-kind.js';
import { createRemoteProvider } from '../../core/remote-provider.js';

const kind = 'aws';
const capabilities: readonly Capability[] = [
  'list',
  'describe',
  'write',
  'remove',
  'restore',
  'stage',
  'readMany',
  'rotation',
];

const options = { endpoint: 'address', region: 'address', prefix: 'prefix' } as const;

export const awsProviderKind = defineProviderKind({ options, identity: 'keys', create: createAwsProvider });

/** AWS Secrets Manager, by the official SDK. */
function createAwsProvider(given: OptionsOf<typeof options>, context: ProviderContext): Provider {
  const { name, environment, env, identity } = context;
  const prefix = prefixDirectory(given.prefix, environment) ?? '';
  const place = awsPlace(given, env, 'SECRETS_MANAGER', identity);
  return createRemoteProvider({
    name,
    kind,
    traits: {
      managed: true,
      layout: 'document',
      pathInLog: (text) => pathFrom('', prefix, text),
      origin: awsOrigin(place, env, prefix),
      placeOf: (path) => ({ kind, region: place.region, name: joinPath(prefix, path) }),
      limits: { empty: false, maxBytes: 65_536 },
    },
    capabilities,
    connect: async () => {
      const { connectAws } = await import('./aws-store.js');
      return connectAws({ name, prefix, place, env });
    },
  });
}
