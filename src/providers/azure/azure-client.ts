import type { SecretClient } from '@azure/keyvault-secrets';
import { readCertificates } from '../../clients/http/certificate-files.js';
import { HttpClient } from '../../clients/http/http-client.js';
import { serverFindings } from '../../clients/http/server-findings.js';
import type { Clock } from '../../core/clock.js';
import type { TokenIdentity } from '../../core/identity.js';
import { importOptional } from '../../core/import-optional.js';
import type { Diagnosis } from '../../core/provider.js';
import { azureTransport } from './azure-transport.js';
import type { AzureVault } from './azure-vault.js';
import { signInFailure } from './sign-in-failure.js';
import { tokenDiagnosis } from './token-diagnosis.js';

export interface AzureClientOptions {
  /** Name of the store, for messages. */
  readonly store: string;
  readonly vault: AzureVault;
  /** The certificates of the only authorities to trust, as a PEM file. */
  readonly ca: string | undefined;
  /** Who signs in; whom the package finds by itself when absent. */
  readonly identity: TokenIdentity | undefined;
  /** Whether the environment says where a managed identity signs in. */
  readonly isManaged: boolean;
  readonly clock: Clock;
}

/** The package's client of a vault, over connections of ours, with the identity that it finds by itself. */
export interface AzureClient {
  readonly secrets: SecretClient;
  /** What is to be said of the server, and once it let us in also of who we are there. */
  diagnose(signal: AbortSignal | undefined): Promise<Diagnosis>;
  close(): void;
}

const retryOptions = { maxRetries: 0 };

/** Signs in at the first request. @throws KeywardError `config` without a package, or for a file that holds no certificate. */
export async function openAzureClient(options: AzureClientOptions): Promise<AzureClient> {
  const { store, vault, ca, isManaged, clock } = options;
  const purpose = `the provider ${store}`;
  const [{ SecretClient: Client }, identity] = await Promise.all([
    importOptional('@azure/keyvault-secrets', purpose, () => import('@azure/keyvault-secrets')),
    options.identity ?? foundIdentity(vault, purpose),
  ]);
  const { address } = vault;
  const tls = ca === undefined ? undefined : { ca: [await readCertificates(ca)] };
  const http = new HttpClient({
    store,
    address,
    tls,
    caSetting: 'ca: in keyward.yaml, or NODE_EXTRA_CA_CERTS',
    maxRedirects: 0,
    clock,
  });
  let signedIn: Diagnosis | undefined;
  const credential: ConstructorParameters<typeof Client>[1] = {
    // A token serves all who wait for it, also when the one who asked first gave up.
    async getToken(scopes, { abortSignal: _, ...given } = {}) {
      try {
        const token = await identity.getToken(scopes, given);
        if (token === null) throw signInFailure(token, store, false);
        signedIn = tokenDiagnosis(token.token, store);
        return token;
      } catch (error) {
        throw signInFailure(error, store, isManaged || options.identity !== undefined || signedIn !== undefined);
      }
    },
  };
  const secrets = new Client(address.origin, credential, {
    httpClient: azureTransport({ store, vault, http, clock }),
    retryOptions,
    allowInsecureConnection: !address.isTls,
    // The transport checks it, more strictly, and also for addresses that have no domain above them.
    disableChallengeResourceVerification: true,
  });
  return {
    secrets,
    async diagnose(signal) {
      const findings = await serverFindings({ store, address, tls, clock, signal });
      return { identity: signedIn?.identity, findings: [...findings, ...(signedIn?.findings ?? [])] };
    },
    close: () => http.close(),
  };
}

async function foundIdentity({ authority }: AzureVault, purpose: string): Promise<TokenIdentity> {
  const { DefaultAzureCredential } = await importOptional('@azure/identity', purpose, () => import('@azure/identity'));
  return new DefaultAzureCredential({ retryOptions, ...(authority !== undefined && { authorityHost: authority }) });
}
