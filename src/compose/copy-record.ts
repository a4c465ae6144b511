import { KeywardError } from '../core/errors.js';
import type { Payload } from '../core/payload.js';
import { formatRef, parseRef } from '../core/ref.js';
import type { VersionKey } from '../core/version.js';
import { ByteReader, concat, lp, u8, u64 } from '../crypto/encoding.js';
import type { Found } from '../resolver/question.js';

const schema = 2;
const kinds: readonly Payload['kind'][] = ['text', 'binary'];

/** A last good answer as it is kept. */
export interface CopyRecord {
  /** Which store of which configuration answered. */
  readonly identity: string;
  /** What was asked. */
  readonly key: string;
  /** When it was read, on the host's clock. */
  readonly readAt: number;
  /** How often the host's clock had been seen to go back. */
  readonly clockEpoch: number;
  readonly found: Found;
}

/** schema=2 (1) ‖ read at (8) ‖ clock epoch (8) ‖ lp(identity) ‖ lp(key) ‖ lp(ref) ‖ lp(version) ‖ kind (1) ‖ value. */
export function encodeCopy({ identity, key, readAt, clockEpoch, found }: CopyRecord): Uint8Array {
  const { ref, version, payload } = found;
  return concat(
    u8(schema),
    u64(readAt),
    u64(clockEpoch),
    lp(identity),
    lp(key),
    lp(formatRef(ref)),
    lp(versionText(version)),
    u8(kinds.indexOf(payload.kind)),
    payload.bytes,
  );
}

/** @throws KeywardError `integrity` for anything else than `encodeCopy` wrote about this store and question. */
export function decodeCopy(bytes: Uint8Array, identity: string, key: string): CopyRecord {
  const reader = new ByteReader(bytes);
  const isKnown = reader.u8() === schema;
  const [readAt, clockEpoch] = [reader.u64(), reader.u64()];
  const [ofIdentity, ofKey, ref, version] = [reader.text(), reader.text(), reader.text(), reader.text()];
  const kind = kinds[reader.u8()];
  if (!isKnown || ofIdentity !== identity || ofKey !== key || kind === undefined) {
    throw new KeywardError('integrity', 'a last good value is not what was kept under its name');
  }
  const payload = { kind, bytes: reader.rest() };
  return {
    identity,
    key,
    readAt,
    clockEpoch,
    found: { ref: parseRef(ref), version: versionOf(version), payload },
  };
}

/** A number as it is, an id after a colon, nothing where the store has no versions. */
function versionText(version: VersionKey | undefined): string {
  return typeof version === 'string' ? `:${version}` : String(version ?? '');
}

function versionOf(text: string): VersionKey | undefined {
  if (text === '') return undefined;
  return text.startsWith(':') ? text.slice(1) : Number(text);
}
