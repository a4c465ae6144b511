import { join } from 'node:path';
import { KeywardError } from '../../core/errors.js';
import { readdir } from '../../host/file-calls.js';
import { fileError } from '../../host/file-error.js';
import { readTextFile } from '../../host/plain-file.js';
import type { TlsMaterial } from '../http/http-client.js';
import type { VaultSettings } from './vault-settings.js';

const maxBytes = 1024 * 1024;

/** The certificates and the key that the settings name. @throws KeywardError `config` for a file that is none. */
export async function readTlsFiles(settings: VaultSettings): Promise<TlsMaterial> {
  const { caFile, caFolder, caText, clientCertificate, serverName } = settings;
  const ca: string[] = [];
  if (caText !== undefined) ca.push(asCertificates(caText, 'VAULT_CACERT_BYTES'));
  else if (caFile !== undefined) ca.push(asCertificates(await readPem(caFile), caFile));
  else if (caFolder !== undefined) ca.push(...(await readFolder(caFolder)));
  return {
    ca: ca.length === 0 ? undefined : ca,
    certificate:
      clientCertificate && asCertificates(await readPem(clientCertificate.certificate), clientCertificate.certificate),
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
  return Promise.all(files.map(async (name) => asCertificates(await readPem(join(folder, name)), join(folder, name))));
}

async function readPem(file: string): Promise<string> {
  const text = await readTextFile(file, { maxBytes });
  if (text !== undefined) return text;
  throw new KeywardError('config', `there is no file ${file}`, { store: file, advice: 'Correct the setting.' });
}

/** Node takes a text without certificates for "trust nobody", which only shows when a connection fails. */
function asCertificates(text: string, where: string): string {
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw noCertificate(where);
}

function noCertificate(where: string): KeywardError {
  return new KeywardError('config', `${where} holds no certificate`, {
    store: where,
    advice: 'Name a PEM file that begins with -----BEGIN CERTIFICATE-----.',
  });
}
