import type { Finding } from '../../core/finding.js';

type Environment = Readonly<Record<string, string | undefined>>;

interface Sign {
  readonly name: string;
  /** Whether this value of it is meant. */
  readonly isMeant: (value: string, env: Environment) => boolean;
  readonly severity: Finding['severity'];
  readonly cause: string;
  readonly fix: string;
}

const isOn = (value: string) => /^(?:1|t|true|yes|on)$/i.test(value);
const isZero = (value: string) => value === '0';
const unverified = 'switches the verification of servers off for every program that hears it';
const ownAuthority = (how: string) => `Unset it, and name the certificate of your own authority: ${how}`;

/** What variables can say about how safely stores are reached. Values are looked at and never repeated. */
const signs: readonly Sign[] = [
  {
    name: 'NODE_TLS_REJECT_UNAUTHORIZED',
    isMeant: isZero,
    severity: 'error',
    cause: unverified,
    fix: ownAuthority('NODE_EXTRA_CA_CERTS=/path/ca.pem'),
  },
  ...['VAULT_SKIP_VERIFY', 'BAO_SKIP_VERIFY'].map(
    (name): Sign => ({
      name,
      isMeant: isOn,
      severity: 'error',
      cause: unverified,
      fix: ownAuthority('VAULT_CACERT=/path/ca.pem'),
    }),
  ),
  {
    name: 'PYTHONHTTPSVERIFY',
    isMeant: isZero,
    severity: 'warning',
    cause: unverified,
    fix: ownAuthority('SSL_CERT_FILE=/path/ca.pem'),
  },
  {
    name: 'GIT_SSL_NO_VERIFY',
    isMeant: (value) => value !== '',
    severity: 'warning',
    cause: unverified,
    fix: ownAuthority('GIT_SSL_CAINFO=/path/ca.pem'),
  },
  {
    name: 'AWS_SECRET_ACCESS_KEY',
    isMeant: (_, env) => !env['AWS_SESSION_TOKEN'],
    severity: 'warning',
    cause: 'is an access key that does not end by itself',
    fix: 'Use a role (instance profile, IRSA, `aws sso login`); until then, rotate the key.',
  },
  {
    name: 'AZURE_CLIENT_SECRET',
    isMeant: (value) => value !== '',
    severity: 'warning',
    cause: 'is a client secret that lives for months',
    fix: 'Use a managed identity or workload identity.',
  },
  {
    name: 'GOOGLE_APPLICATION_CREDENTIALS',
    isMeant: (value) => value !== '',
    severity: 'warning',
    cause: 'names a file of credentials; the key of a service account in it does not end by itself',
    fix: 'Use workload identity, or `gcloud auth application-default login` on a laptop.',
  },
];

/** Verification that is switched off, and credentials that live long, as far as variables tell. */
export function environmentFindings(env: Environment): readonly Finding[] {
  return signs.flatMap(({ name, isMeant, severity, cause, fix }) => {
    const value = env[name];
    return value === undefined || !isMeant(value, env) ? [] : [{ severity, where: name, cause, fix }];
  });
}
