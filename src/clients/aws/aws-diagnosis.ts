import type { Clock } from '../../core/clock.js';
import { isKeywardError } from '../../core/errors.js';
import type { Finding } from '../../core/finding.js';
import type { Diagnosis } from '../../core/provider.js';
import { parseServerAddress } from '../http/origin.js';
import { serverFindings } from '../http/server-findings.js';

/** What requests are signed with, as far as the SDK says it. */
export interface AwsSigner {
  readonly accessKeyId: string;
  readonly sessionToken?: string | undefined;
  readonly accountId?: string | undefined;
}

/** What the SDK's client of a service knows of itself. */
interface AwsConfig {
  readonly credentials: () => Promise<AwsSigner>;
  readonly region: () => Promise<string>;
  /** Absent for the service's own. */
  readonly endpoint?:
    | (() => Promise<{ readonly protocol: string; readonly hostname: string; readonly port?: number }>)
    | undefined;
  readonly endpointProvider: (params: { readonly Region: string }) => { readonly url: URL };
}

export interface AwsQuestion {
  /** Name of the store, for the findings. */
  readonly store: string;
  /** What is needed there, by its names in the service. */
  readonly names: readonly string[];
  /** Asks for all but the value. */
  readonly describe: (name: string) => Promise<unknown>;
  /** What that needs, as policies name it. */
  readonly action: string;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

const mostNames = 50;

/** Who signs, with what, to which server, and what of the needed cannot be looked at. @throws KeywardError as `describe` */
export async function awsDiagnosis(config: AwsConfig, question: AwsQuestion): Promise<Diagnosis> {
  const { store, clock, signal } = question;
  const hidden = await hiddenFindings(question);
  const signer = await config.credentials();
  const address = parseServerAddress(await originOf(config), 'endpoint');
  return {
    identity: identityOf(signer),
    findings: [
      ...signerFindings(signer, store),
      ...(await serverFindings({ store, address, clock, signal })),
      ...hidden,
    ],
  };
}

/** The account, and the kind of the credential with the end of its public half. */
export function identityOf({ accessKeyId, sessionToken, accountId }: AwsSigner): string {
  const kind = sessionToken ? 'temporary credential' : 'access key';
  return `${accountId === undefined ? '' : `account ${accountId}, `}${kind} …${accessKeyId.slice(-4)}`;
}

export function signerFindings({ accessKeyId, sessionToken }: AwsSigner, where: string): readonly Finding[] {
  // By their first letters: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
  if (!accessKeyId.startsWith('AKIA') || sessionToken) return [];
  const cause = `signs with an access key that does not end by itself (…${accessKeyId.slice(-4)})`;
  const fix = 'Use a role (instance profile, IRSA, `aws sso login`); until then, rotate the key.';
  return [{ severity: 'warning', where, cause, fix, link: 'providers/aws.md' }];
}

async function hiddenFindings({ store, names, describe, action }: AwsQuestion): Promise<readonly Finding[]> {
  const hidden: string[] = [];
  for (const name of [...new Set(names)].slice(0, mostNames)) {
    try {
      await describe(name);
    } catch (error) {
      if (!isKeywardError(error, 'denied')) throw error;
      hidden.push(name);
    }
  }
  if (hidden.length === 0) return [];
  const more = hidden.length === 1 ? '' : ` and ${hidden.length - 1} more`;
  const cause = `may not describe ${hidden[0]}${more}, so it cannot be told what is allowed there`;
  return [{ severity: 'info', where: store, cause, fix: `Allow ${action} on what is needed.` }];
}

async function originOf({ endpoint, endpointProvider, region }: AwsConfig): Promise<string> {
  if (endpoint === undefined) return endpointProvider({ Region: await region() }).url.origin;
  const { protocol, hostname, port } = await endpoint();
  return `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`;
}
