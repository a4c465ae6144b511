import type { PatchInput } from '../../core/client.js';
import type { Clock } from '../../core/clock.js';
import { KeywardError } from '../../core/errors.js';
import { assertMetadata } from '../../core/metadata.js';
import type { Path } from '../../core/path.js';
import { checkedPayload, isDocument, type Payload, patchDocument, textPayload } from '../../core/payload.js';
import { parseField } from '../../core/ref.js';
import type { NumberedVersion } from '../../core/version.js';
import { equalBytes } from '../../crypto/encoding.js';
import type { Barrier, RowView } from '../barrier/barrier.js';
import { checkedMetadata } from './metadata.js';
import { assertVersion, changeSecret, existing, type SecretStep } from './secret-change.js';
import { openPayload, payloadMac, sealVersion } from './secret-rows.js';
import {
  assertLive,
  currentVersion,
  defaultMaxVersions,
  type SecretState,
  type StoredVersion,
  versionInfo,
  withVersion,
} from './secret-state.js';
import type { SecretStore } from './secret-store.js';
import { checkedToken } from './version-token.js';

/** The changes that make versions. */
export function createSecretWrites(parts: {
  readonly barrier: Barrier;
  readonly clock: Clock;
}): Pick<SecretStore, 'write' | 'patch'> {
  const { barrier } = parts;

  return {
    async write(change, path, input, { ifVersion, token }) {
      const payload = input.payload && checkedPayload(input.payload);
      const metadata = input.metadata && checkedMetadata(input.metadata);
      if (payload === undefined) {
        if (metadata === undefined)
          throw new KeywardError('invalid', `nothing to write to ${path} was given`, { path });
        if (token !== undefined)
          throw new KeywardError('invalid', 'a token belongs to a payload; none was given', { path });
        return changeSecret(parts, change, path, (before) => {
          assertVersion(path, before, ifVersion);
          assertMetadata(path, before?.metadata ?? new Map(), input.ifMetadata);
          const after = { ...existing(before, path), metadata };
          const current = currentVersion(after);
          return { after, result: versionInfo(current), version: current.number };
        });
      }
      if (token !== undefined) checkedToken(token);
      return changeSecret(parts, change, path, (before, _view, nowMs) => {
        const repeated = versionOfToken(before, token);
        if (before !== undefined && repeated !== undefined) {
          const mac = repeated.sealed?.mac;
          if (mac === undefined || !equalBytes(mac, payloadMac(barrier, payload))) throw tokenTaken(path);
          return unchanged(before, repeated);
        }
        assertVersion(path, before, ifVersion);
        assertMetadata(path, before?.metadata ?? new Map(), input.ifMetadata);
        return addVersion(barrier, before ?? newSecret(path, nowMs), { payload, token, metadata, nowMs });
      });
    },

    async patch(change, path, input, { ifVersion, token }) {
      const apply = checkedPatch(path, input);
      if (token !== undefined) checkedToken(token);
      return changeSecret(parts, change, path, async (before, view, nowMs) => {
        const repeated = versionOfToken(before, token);
        if (before !== undefined && repeated !== undefined) {
          // The document that the patch was made to is gone; patching its result again changes nothing.
          const written = await openPayload(barrier, view, path, repeated);
          if (written === undefined || !isDocument(written)) throw tokenTaken(path);
          if (!equalBytes(apply(written).bytes, written.bytes)) throw tokenTaken(path);
          return unchanged(before, repeated);
        }
        assertVersion(path, before, ifVersion);
        const base = before === undefined ? emptyDocument(path, input) : await currentDocument(barrier, view, before);
        return addVersion(barrier, before ?? newSecret(path, nowMs), { payload: apply(base), token, nowMs });
      });
    },
  };
}

interface NewVersion {
  readonly payload: Payload;
  readonly token: string | undefined;
  readonly metadata?: ReadonlyMap<string, string> | undefined;
  readonly nowMs: number;
}

function addVersion(barrier: Barrier, state: SecretState, added: NewVersion): SecretStep<NumberedVersion> {
  const { payload, token, metadata, nowMs } = added;
  const about = { number: state.nextNumber, createdAt: nowMs, token };
  const { version, put } = sealVersion(barrier, state.path, payload, about);
  const after = withVersion({ ...state, metadata: metadata ?? state.metadata }, version);
  return { after, put, result: versionInfo(currentVersion(after)), version: version.number };
}

function unchanged(state: SecretState, version: StoredVersion): SecretStep<NumberedVersion> {
  return { after: state, result: versionInfo(version), version: version.number };
}

function newSecret(path: Path, nowMs: number): SecretState {
  return {
    path,
    createdAt: nowMs,
    updatedAt: nowMs,
    metadata: new Map(),
    maxVersions: defaultMaxVersions,
    nextNumber: 1,
    versions: [],
  };
}

function versionOfToken(state: SecretState | undefined, token: string | undefined): StoredVersion | undefined {
  return token === undefined ? undefined : state?.versions.find((version) => version.token === token);
}

function tokenTaken(path: Path): KeywardError {
  return new KeywardError('conflict', `the token was used for another write to ${path}`, {
    path,
    advice: 'Use a fresh token for each write, and the same one only to repeat it.',
  });
}

/** @throws KeywardError `invalid` for fields that cannot be, or a patch that does not say what it wants. */
function checkedPatch(path: Path, input: PatchInput): (document: Payload) => Payload {
  const set = new Map(Object.entries(input.set ?? {}));
  const remove = new Set(input.remove);
  for (const field of [...set.keys(), ...remove]) parseField(field);
  // Half a surrogate pair could be escaped in JSON, but the document would then no longer read as one with fields.
  for (const value of set.values()) textPayload(value);
  const isBoth = [...remove].some((field) => set.has(field));
  if (isBoth || set.size + remove.size === 0) {
    const problem = isBoth ? 'sets and removes the same field' : 'names no field';
    throw new KeywardError('invalid', `the patch of ${path} ${problem}`, { path });
  }
  return (document) => patchDocument(document, set, remove);
}

function emptyDocument(path: Path, input: PatchInput): Payload {
  if (input.set === undefined || Object.keys(input.set).length === 0) existing(undefined, path);
  return textPayload('{}');
}

/** @throws KeywardError `deleted` when there is nothing to patch; `conflict` when it has no fields of its own. */
async function currentDocument(barrier: Barrier, view: RowView, state: SecretState): Promise<Payload> {
  const { path } = state;
  const current = currentVersion(state);
  assertLive(state, current);
  const payload = await openPayload(barrier, view, path, current);
  if (payload === undefined) {
    throw new KeywardError('integrity', `the payload of version ${current.number} of ${path} is missing`, { path });
  }
  if (isDocument(payload)) return payload;
  throw new KeywardError('conflict', `${path} is a single value, not a document with fields`, {
    path,
    advice: 'Replace it as a whole, or set fields of another secret.',
  });
}
