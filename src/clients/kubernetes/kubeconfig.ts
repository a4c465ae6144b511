import type { RequestOptions } from 'node:https';
import { dirname } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { KeywardError } from '../../core/errors.js';
import { importOptional } from '../../core/import-optional.js';
import { quoted } from '../../core/path.js';
import { realpath } from '../../host/file-calls.js';
import { errnoOf } from '../../host/file-error.js';
import { parseServerAddress } from '../http/origin.js';
import type { ClusterAccess, ClusterOptions, Credentials } from './cluster-options.js';

/**
 * The cluster of a context, with the official client's reading of the files and its ways of signing in (certificates,
 * tokens, programs, OpenID Connect). The requests are ours: the client's own follow redirects, have no limits, and
 * throw what the server said.
 *
 * @param files Paths and texts; what stands in an earlier one wins.
 * @throws KeywardError `config`
 */
export async function openKubeconfig(
  files: readonly (readonly [file: string, text: string])[],
  { store, context, kubeconfig, project }: ClusterOptions,
): Promise<ClusterAccess> {
  const refuse = (problem: string, advice: string) =>
    new KeywardError('config', `${store}: ${problem}`, { store, advice });
  if (kubeconfig !== undefined && (await isInside(project, kubeconfig))) {
    throw refuse(
      `${kubeconfig} lies in the project, and a kubeconfig decides who is asked and which programs run`,
      'Keep it outside, so that only you can change it; ~/.kube/config needs no naming.',
    );
  }
  const client = await importOptional(
    '@kubernetes/client-node',
    `${store} with a kubeconfig`,
    () => import('@kubernetes/client-node'),
  );
  const config = new client.KubeConfig();
  for (const [file, text] of files) {
    const part = new client.KubeConfig();
    try {
      part.loadFromString(text);
    } catch {
      // What the library says quotes the file.
      throw refuse(`${file} is no kubeconfig`, 'See: kubectl config view');
    }
    part.makePathsAbsolute(dirname(file));
    merge(config, part);
  }
  const chosen = context ?? config.getCurrentContext() ?? '';
  config.setCurrentContext(chosen);
  const found = config.getContextObject(chosen);
  const cluster = config.getCurrentCluster();
  if (!found || !cluster || !config.getCurrentUser()) {
    throw refuse(
      `the kubeconfig has no context ${quoted(chosen)} with a cluster and a user`,
      'See: kubectl config get-contexts',
    );
  }
  if (cluster.skipTLSVerify) {
    throw refuse(
      'the kubeconfig switches the verification of the server off',
      'Replace insecure-skip-tls-verify by certificate-authority.',
    );
  }
  if (cluster.proxyUrl) throw refuse('the kubeconfig names a proxy, and proxies are not used', 'Remove proxy-url.');
  const address = parseServerAddress(cluster.server, 'server: of the kubeconfig');
  return {
    address,
    namespace: found.namespace,
    // Without TLS there is only `kubectl proxy` on this machine, which signs in by itself.
    credentials: async () => (address.isTls ? signIn(config, store) : { tls: {}, headers: {} }),
  };
}

async function signIn(config: KubeConfig, store: string): Promise<Credentials> {
  const options: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (error) {
    // What the library throws holds the output of the program that signs in.
    const code = errnoOf(error) === 'ENOENT' || errnoOf(error) === 'EACCES' ? 'config' : 'unauthenticated';
    throw new KeywardError(code, `${store}: signing in as the kubeconfig says failed`, {
      store,
      advice: 'See: kubectl auth whoami',
    });
  }
  const { ca, cert, key, servername, headers } = options;
  const headerTexts = Object.entries(headers ?? {}).map(([name, value]) => [name, String(value).trim()]);
  return {
    tls: {
      ca: ca === undefined ? undefined : [String(ca)],
      certificate: cert === undefined ? undefined : String(cert),
      key: key === undefined ? undefined : String(key),
      serverName: servername,
    },
    headers: Object.fromEntries(headerTexts),
  };
}

function merge(config: KubeConfig, part: KubeConfig): void {
  if (!config.getCurrentContext()) config.setCurrentContext(part.getCurrentContext());
  for (const cluster of part.getClusters()) if (!config.getCluster(cluster.name)) config.addCluster(cluster);
  for (const user of part.getUsers()) if (!config.getUser(user.name)) config.addUser(user);
  for (const found of part.getContexts()) if (!config.getContextObject(found.name)) config.addContext(found);
}

async function isInside(folder: string, file: string): Promise<boolean> {
  const [real, target] = await Promise.all([realpath(folder), realpath(file)]);
  return target.startsWith(`${real.replace(/\/$/, '')}/`);
}
