import { KeywardError } from '../../core/errors.js';
import { readTextFile } from '../../host/plain-file.js';

const maxBytes = 1024 * 1024;

/** The certificates in a PEM file. @throws KeywardError `config` without the file, or one in it. */
export async function readCertificates(file: string): Promise<string> {
  return asCertificates(await readPem(file), file);
}

/** The text of a file that a setting names. @throws KeywardError `config` when there is none. */
export async function readPem(file: string): Promise<string> {
  const text = await readTextFile(file, { maxBytes });
  if (text !== undefined) return text;
  throw new KeywardError('config', `there is no file ${file}`, { store: file, advice: 'Correct the setting.' });
}

/** Node takes a text without certificates for "trust nobody", which only shows when a connection fails. */
export function asCertificates(text: string, where: string): string {
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw noCertificate(where);
}

export function noCertificate(where: string): KeywardError {
  return new KeywardError('config', `${where} holds no certificate`, {
    store: where,
    advice: 'Name a PEM file that begins with -----BEGIN CERTIFICATE-----.',
  });
}
