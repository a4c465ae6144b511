import { KeywardError } from '../../core/errors.js';
import { type Path, parsePath } from '../../core/path.js';
import type { Payload } from '../../core/payload.js';
import { concat, toHex, u8 } from '../../crypto/encoding.js';
import { publicRandomBytes, randomBytes } from '../../crypto/random.js';
import type { Barrier, RowAddress, RowPut, RowView } from '../barrier/barrier.js';
import type { FoundRow } from '../barrier/row-boxes.js';
import { decodeSecret, encodeSecret } from './secret-codec.js';
import type { StoredVersion } from './secret-state.js';

const kinds: readonly Payload['kind'][] = ['text', 'binary'];
const idBytes = 16;
const dataKeyBytes = 32;

export function secretAddress(path: Path): RowAddress {
  return { kind: 'secret', shardBy: path, name: path, version: 0 };
}

export function payloadAddress(path: Path, version: number, objectId: Uint8Array): RowAddress {
  return { kind: 'payload', shardBy: path, name: path, objectId, version };
}

/** Keyed hash of kind and bytes: equal for equal payloads of this store, and useless without its key. */
export function payloadMac(seals: Pick<Barrier, 'mac'>, payload: Payload): Uint8Array {
  return seals.mac(encodePayload(payload));
}

/** A new version that no stage is on yet, and the row of its payload under a data key of its own. */
export function sealVersion(
  seals: Pick<Barrier, 'wrapDataKey' | 'mac'>,
  path: Path,
  payload: Payload,
  about: Pick<StoredVersion, 'number' | 'createdAt' | 'token'>,
): { readonly version: StoredVersion; readonly put: RowPut } {
  const objectId = publicRandomBytes(idBytes);
  const dataKey = randomBytes(dataKeyBytes);
  const address = payloadAddress(path, about.number, objectId);
  const version: StoredVersion = {
    ...about,
    id: toHex(publicRandomBytes(idBytes)),
    state: 'live',
    kind: payload.kind,
    size: payload.bytes.length,
    sealed: { objectId, wrappedKey: seals.wrapDataKey(address, dataKey), mac: payloadMac(seals, payload) },
    stages: [],
  };
  return { version, put: { address, plaintext: encodePayload(payload), dataKey } };
}

/**
 * The payload of a version; `undefined` when its row is gone, or the version destroyed.
 *
 * @throws KeywardError `integrity` when the row does not hold what the version says.
 */
export async function openPayload(
  barrier: Barrier,
  view: RowView,
  path: Path,
  version: StoredVersion,
): Promise<Payload | undefined> {
  if (version.sealed === undefined) return undefined;
  const address = payloadAddress(path, version.number, version.sealed.objectId);
  const bytes = await view.get(address, barrier.unwrapDataKey(address, version.sealed.wrappedKey));
  if (bytes === undefined) return undefined;
  if (bytes.length !== 1 + version.size || kinds[bytes[0] ?? -1] !== version.kind) {
    throw new KeywardError('integrity', `the payload of version ${version.number} is not as it was written`, { path });
  }
  return { kind: version.kind, bytes: bytes.slice(1) };
}

/** The row of a secret with all its data keys wrapped under the current term; `undefined` when they are. */
export function renewDataKeys(barrier: Barrier, { address, body }: FoundRow): Uint8Array | undefined {
  const state = decodeSecret(parsePath(address.name), body);
  const versions = state.versions.map((version) => {
    const { number, sealed } = version;
    if (sealed === undefined) return version;
    const wrappedKey = barrier.rewrapDataKey(payloadAddress(state.path, number, sealed.objectId), sealed.wrappedKey);
    return wrappedKey === undefined ? version : { ...version, sealed: { ...sealed, wrappedKey } };
  });
  const isRenewed = versions.some((version, index) => version !== state.versions[index]);
  return isRenewed ? encodeSecret({ ...state, versions }) : undefined;
}

/** The plaintext of a `payload` row: kind (1: text 0, binary 1) ‖ the bytes. */
function encodePayload(payload: Payload): Uint8Array {
  return concat(u8(kinds.indexOf(payload.kind)), payload.bytes);
}
