import * as v from 'valibot';
import { isWrittenNowhere } from '../clients/guarded-addresses.js';
import { accessLevels } from '../core/access-entry.js';

const text = v.pipe(v.string(), v.nonEmpty('a text that is not empty'));

/** `audit:` of the configuration: where the access log goes, and what it says. */
export const auditSchema = v.strictObject({
  file: v.optional(v.union([v.literal(true), text], 'true, or the path of a file')),
  stdout: v.optional(v.literal(true, 'true, or nothing')),
  http: v.optional(
    v.pipe(v.string(), v.check(isSinkUrl, 'an https: address, without user name, password and fragment')),
  ),
  tokenFile: v.optional(text),
  store: v.optional(v.literal(true, 'true, or nothing')),
  level: v.optional(v.picklist(accessLevels)),
  principal: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9_.+=@:/-]{1,128}$/, 'a name without spaces'))),
});

export type AuditConfig = v.InferOutput<typeof auditSchema>;

/** What is wrong with the section as a whole. */
export function auditProblem(audit: AuditConfig): string | undefined {
  const { file, stdout, http, store, tokenFile } = audit;
  if ((file ?? stdout ?? http ?? store) === undefined) return 'it names none of file, stdout, http and store';
  return tokenFile !== undefined && http === undefined ? '`tokenFile` is sent to `http`, which is missing' : undefined;
}

/** Nobody on the way may read what is sent, so plain HTTP stays on this machine. */
function isSinkUrl(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, username, password, hash } = new URL(address);
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  return (
    (protocol === 'https:' || (protocol === 'http:' && isLocal)) &&
    `${username}${password}${hash}` === '' &&
    !isWrittenNowhere(address)
  );
}
