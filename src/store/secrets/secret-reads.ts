import { KeywardError } from '../../core/errors.js';
import { narrowToField } from '../../core/payload.js';
import { currentStage } from '../../core/ref.js';
import { equalBytes } from '../../crypto/encoding.js';
import type { Barrier } from '../barrier/barrier.js';
import { decodeCursor, encodeCursor } from './directory-cursor.js';
import { decodeEntry } from './directory-index.js';
import { readSecret } from './secret-change.js';
import { decodeSecret } from './secret-codec.js';
import { openPayload, secretAddress } from './secret-rows.js';
import { assertLive, currentVersion, findVersion, versionInfo } from './secret-state.js';
import type { SecretStore } from './secret-store.js';

const defaultPageSize = 100;
const maxPageSize = 1000;

export function createSecretReads(barrier: Barrier): Pick<SecretStore, 'read' | 'exists' | 'describe' | 'list'> {
  return {
    async read({ path, field, version: selector = { kind: 'stage', stage: currentStage } }) {
      for (let seen: Uint8Array | undefined; ; ) {
        const row = await barrier.get(secretAddress(path));
        if (row === undefined) return undefined;
        const state = decodeSecret(path, row);
        const version = findVersion(state, selector);
        if (version === undefined) return undefined;
        assertLive(state, version);
        const whole = await openPayload(barrier, barrier, path, version);
        if (whole !== undefined) {
          const payload = field === undefined ? whole : narrowToField(whole, field);
          const metadata = Object.fromEntries(state.metadata);
          return payload && { path, payload, version: versionInfo(version), metadata };
        }
        // The two reads are two snapshots: the version may have gone between them, but then its secret's row differs.
        if (seen !== undefined && equalBytes(seen, row)) {
          throw new KeywardError('integrity', `the payload of version ${version.number} of ${path} is missing`, {
            path,
          });
        }
        seen = row;
      }
    },

    exists: (path) => barrier.has(secretAddress(path)),

    async describe(path) {
      const state = await readSecret(barrier, path);
      if (state === undefined) return undefined;
      const current = currentVersion(state);
      return {
        path,
        metadata: Object.fromEntries(state.metadata),
        versions: state.versions.map(versionInfo).reverse(),
        current: current.state === 'live' ? current.number : undefined,
        createdAt: new Date(state.createdAt),
        updatedAt: new Date(state.updatedAt),
      };
    },

    async list(directory, { cursor, limit = defaultPageSize }) {
      if (!Number.isInteger(limit) || limit < 1 || limit > maxPageSize) {
        throw new KeywardError('invalid', `a page has from 1 to ${maxPageSize} names`);
      }
      const after = cursor === undefined ? undefined : decodeCursor(barrier, directory, cursor);
      const rows = await barrier.listDirectory(directory, { after, limit: limit + 1 });
      const page = rows.slice(0, limit);
      const entries = page.map(({ plaintext }) => {
        const { name, isSecret, children } = decodeEntry(plaintext);
        return { name, isSecret, hasChildren: children > 0 };
      });
      const last = rows.length > limit ? page.at(-1) : undefined;
      return { entries, next: last && encodeCursor(barrier, directory, last.position) };
    },
  };
}
