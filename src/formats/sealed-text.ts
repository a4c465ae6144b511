import { isSealedEnvName, type SealedDocument } from '../core/sealed-document.js';
import { formatSealedEnv, parseSealedEnv } from './sealed-env.js';
import { formatSealedYaml, parseSealedYaml } from './sealed-yaml.js';

/** The text of a sealed file, in the form that its name asks for: that of `.env` files, else YAML. */
export function formatSealed(document: SealedDocument, fileName: string): string {
  return isSealedEnvName(fileName) ? formatSealedEnv(document) : formatSealedYaml(document);
}

/** Reads what `formatSealed` writes. @throws KeywardError `invalid` with the line. */
export function parseSealed(text: string, fileName: string): SealedDocument {
  return isSealedEnvName(fileName) ? parseSealedEnv(text, fileName) : parseSealedYaml(text, fileName);
}
