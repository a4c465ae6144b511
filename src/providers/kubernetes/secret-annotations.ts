import { KeywardError } from '../../core/errors.js';
import { quoted } from '../../core/path.js';

type Annotations = ReadonlyMap<string, string>;

export interface OwnNotes {
  /** The path, where the name of the Secret does not say it. */
  readonly path: string | undefined;
  /** The keys whose value is JSON and no text; absent keeps what is there. */
  readonly jsonKeys: readonly string[] | undefined;
  /** Replaces what the owner noted; absent keeps it. */
  readonly metadata: Readonly<Record<string, string>> | undefined;
}

const pathKey = 'keyward.dev/path';
const jsonKey = 'keyward.dev/json';
const notesPrefix = 'metadata.keyward.dev/';
/** Source: `TotalAnnotationSizeLimitB` of k8s.io/apimachinery. */
const maxBytes = 256 * 1024;

export const pathIn = (annotations: Annotations) => annotations.get(pathKey);

export const jsonKeysIn = (annotations: Annotations) => (annotations.get(jsonKey) ?? '').split(',');

/** What the owner noted; annotations of others are theirs. */
export function metadataIn(annotations: Annotations): Readonly<Record<string, string>> {
  const own = [...annotations].filter(([name]) => name.startsWith(notesPrefix));
  return Object.fromEntries(own.map(([name, text]) => [name.slice(notesPrefix.length), text]));
}

/**
 * What changes in the annotations of a Secret; `null` for what goes.
 *
 * @throws KeywardError `unsupported` for a name that no annotation can have, `too_large` over 256 KiB.
 */
export function annotationsFor(
  present: Annotations,
  { path, jsonKeys, metadata }: OwnNotes,
  store: string,
): ReadonlyMap<string, string | null> {
  const changed = new Map<string, string | null>();
  if (path !== undefined) changed.set(pathKey, path);
  if (jsonKeys !== undefined && (jsonKeys.length > 0 || present.has(jsonKey))) {
    changed.set(jsonKey, jsonKeys.length > 0 ? jsonKeys.join(',') : null);
  }
  if (metadata !== undefined) {
    for (const name of present.keys()) if (name.startsWith(notesPrefix)) changed.set(name, null);
    for (const [name, text] of Object.entries(metadata)) {
      if (!/^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(name)) {
        throw new KeywardError('unsupported', `${store} cannot note ${quoted(name)}: no annotation has such a name`, {
          store,
          advice: 'Use 1 to 63 letters, digits, dashes, dots and underscores.',
        });
      }
      changed.set(notesPrefix + name, text);
    }
  }
  const all = new Map<string, string | null>([...present, ...changed]);
  const total = [...all].reduce((sum, [name, text]) => sum + (text === null ? 0 : Buffer.byteLength(name + text)), 0);
  if (total <= maxBytes) return changed;
  throw new KeywardError('too_large', `${store} takes at most ${maxBytes} bytes of notes, and this is ${total}`, {
    store,
  });
}
