import { join } from 'node:path';
import { readdir } from '../../host/file-calls.js';
import { fileError } from '../../host/file-error.js';
import { asCertificates, noCertificate, readCertificates, readPem } from '../http/certificate-files.js';
import type { TlsMaterial } from '../http/http-client.js';
import type { VaultSettings } from './vault-settings.js';

/** The certificates and the key that the settings name. @throws KeywardError `config` for a file that is none. */
export async function readTlsFiles(settings: VaultSettings): Promise<TlsMaterial> {
  const { caFile, caFolder, caText, clientCertificate, serverName } = settings;
  const ca: string[] = [];
  if (caText !== undefined) ca.push(asCertificates(caText, 'VAULT_CACERT_BYTES'));
  else if (caFile !== undefined) ca.push(await readCertificates(caFile));
  else if (caFolder !== undefined) ca.push(...(await readFolder(caFolder)));
  return {
    ca: ca.length === 0 ? undefined : ca,
    certificate: clientCertificate && (await readCertificates(clientCertificate.certificate)),
    key: clientCertificate && (await readPem(clientCertificate.key)),
    serverName,
  };
}

async function readFolder(folder: string): Promise<readonly string[]> {
  let names: readonly string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    throw fileError(error, 'read', folder);
  }
  const files = names.filter((name) => /\.(?:pem|crt|cer)$/.test(name)).sort();
  if (files.length === 0) throw noCertificate(folder);
  return Promise.all(files.map((name) => readCertificates(join(folder, name))));
}
