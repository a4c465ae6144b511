import { parseServerAddress } from '../../clients/http/origin.js';
import { KeywardError } from '../../core/errors.js';
import type { OptionsOf } from '../../core/options.js';
import { joinPath, parsePath, quoted } from '../../core/path.js';
import type { Capability, Provider } from '../../core/provider.js';
import { defineProviderKind, type ProviderContext, prefixDirectory } from '../../core/provider-kind.js';
import { createRemoteProvider } from '../../core/remote-provider.js';
import { NativeNames } from '../../formats/native-names.js';

const kind = 'gcp';
const capabilities: readonly Capability[] = ['list', 'describe', 'write', 'remove', 'restore'];

const options = {
  endpoint: 'address',
  project: 'address',
  location: 'address',
  transport: 'text',
  prefix: 'prefix',
  naming: 'text',
  names: 'names',
} as const;

export const gcpProviderKind = defineProviderKind({ options, create: createGcpProvider });

/** Secret Manager of Google Cloud, through the official package. */
function createGcpProvider(given: OptionsOf<typeof options>, context: ProviderContext): Provider {
  const { name, environment, env } = context;
  const refuse = (problem: string, advice: string) =>
    new KeywardError('config', `${name}: ${problem}`, { store: name, advice });
  const project = given.project ?? (env['GOOGLE_CLOUD_PROJECT'] || env['GCLOUD_PROJECT'] || undefined);
  const { location } = given;
  for (const place of [project, location]) {
    if (place === undefined || /^[a-z0-9][a-z0-9:.-]{0,62}$/.test(place)) continue;
    throw refuse(`${quoted(place)} is no project or location`, 'Write them like my-project and europe-west3.');
  }
  const universe = env['GOOGLE_CLOUD_UNIVERSE_DOMAIN'] || undefined;
  const host = `secretmanager.${location === undefined ? '' : `${location}.rep.`}${universe ?? 'googleapis.com'}`;
  const address = parseServerAddress(given.endpoint ?? `https://${host}`, 'endpoint');
  const { transport = address.isTls ? 'grpc' : 'rest' } = given;
  if (transport !== 'rest' && (transport !== 'grpc' || !address.isTls || address.basePath !== '')) {
    throw refuse(
      `${quoted(transport)} is no transport to ${address.origin}`,
      'Use grpc with https: and no path, or rest.',
    );
  }
  const roots = env['GRPC_DEFAULT_SSL_ROOTS_FILE_PATH'] || undefined;
  const prefix = prefixDirectory(given.prefix, environment) ?? '';
  const names = new NativeNames(given.naming, {
    store: name,
    maxLength: 255,
    pattern: /^[A-Za-z0-9_-]+$/,
    overrides: new Map(Object.entries(given.names ?? {}).map(([path, id]) => [parsePath(path), id])),
  });
  return createRemoteProvider({
    name,
    kind,
    traits: {
      managed: true,
      layout: 'both',
      placeOf: (path) => ({ kind, project, location, name: names.nameOf(joinPath(prefix, path)) }),
      limits: { maxBytes: 64 * 1024 },
      // Answers of the project that the credentials happen to name are not kept for an outage.
      origin:
        project &&
        JSON.stringify([address.origin + address.basePath, project, location, prefix, given.naming, given.names]),
    },
    capabilities,
    connect: async () => {
      const { connectGcp } = await import('./gcp-store.js');
      const isRest = transport === 'rest';
      return connectGcp({ store: name, address, universe, isRest, roots, project, location, prefix, names });
    },
  });
}
