import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificates {
  /** PEM of the authority, and the file that it is in. */
  readonly ca: string;
  readonly caFile: string;
  readonly certificate: string;
  readonly key: string;
}

/** An authority of this test and a certificate for 127.0.0.1, made by `openssl` in the folder. */
export function issueCertificates(folder: string): Certificates {
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  openssl('req', '-x509', ...key, '-subj', '/CN=test authority', '-keyout', 'ca.key', '-out', 'ca.pem');
  const name = [
    '-subj',
    '/CN=127.0.0.1',
    '-addext',
    'subjectAltName=IP:127.0.0.1',
    '-addext',
    'basicConstraints=CA:FALSE',
  ];
  openssl(
    'req',
    '-x509',
    ...key,
    ...name,
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-keyout',
    'own.key',
    '-out',
    'own.pem',
  );
  const text = (file: string) => readFileSync(join(folder, file), 'utf8');
  return { ca: text('ca.pem'), caFile: join(folder, 'ca.pem'), certificate: text('own.pem'), key: text('own.key') };
}
