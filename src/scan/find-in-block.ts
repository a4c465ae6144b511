import { decodedLayers } from './decode-layers.js';
import { findSecrets } from './find-secrets.js';
import type { ManagedFinder } from './fingerprints.js';
import type { Kind } from './match.js';

/** A secret and the place that it, or the text it is encoded in, has in the block. */
export interface PlacedSecret {
  readonly kind: Kind;
  readonly value: Uint8Array;
  readonly start: number;
  readonly end: number;
}

export const managedId = 'managed-value';

const deepest = 2;
/** Where there are more, a person needs no longer list. */
const mostFindings = 1000;
/** More parts in encodings than any honest file has in so many bytes. */
const bytesPerLayer = 32;
const fewestLayers = 1000;
/** Bytes at the beginning of what was decoded that tell whether it is text. */
const sampleBytes = 64;

export interface FoundInBlock {
  readonly secrets: readonly PlacedSecret[];
  /** Whether nothing was left out: neither a finding over a thousand nor one of too many encoded parts. */
  readonly isWhole: boolean;
}

/**
 * The secrets in a block as it is and in what is encoded in it, two levels deep, in the order of their places. With a
 * finder of managed values those, too, in any encoding at any alignment.
 */
export function findInBlock(block: Uint8Array, managed?: ManagedFinder): FoundInBlock {
  const found: PlacedSecret[] = [];
  let layersLeft = fewestLayers + Math.floor(block.length / bytesPerLayer);
  const look = (bytes: Uint8Array, depth: number, place?: { readonly start: number; readonly end: number }) => {
    const add = (kind: Kind, start: number, end: number) => {
      if (found.length === mostFindings) return;
      const secret = { kind, value: bytes.slice(start, end), start: place?.start ?? start, end: place?.end ?? end };
      if (!isKnown(found, secret)) found.push(secret);
    };
    for (const { start, end, name } of managed?.find(bytes) ?? []) add(managedKind(name), start, end);
    if (depth === 0 || isText(bytes)) for (const { kind, start, end } of findSecrets(bytes)) add(kind, start, end);
    if (depth === deepest || found.length === mostFindings) return;
    for (const layer of decodedLayers(bytes, managed === undefined ? 'text' : 'all')) {
      if (layersLeft <= 0) return;
      layersLeft -= 1;
      look(layer.bytes, depth + 1, place ?? layer);
    }
  };
  look(block, 0);
  const secrets = found.sort((a, b) => a.start - b.start);
  return { secrets, isWhole: found.length < mostFindings && layersLeft > 0 };
}

/** Whether the place is told of already: as of a managed value, or as of this kind. */
function isKnown(found: readonly PlacedSecret[], { kind, start, end }: PlacedSecret): boolean {
  return found.some(
    (other) => other.start < end && start < other.end && (other.kind.id === managedId || other.kind.id === kind.id),
  );
}

function managedKind(name: string | undefined): Kind {
  return { id: managedId, title: name === undefined ? 'managed value' : `value of ${name}`, severity: 'error' };
}

function isText(bytes: Uint8Array): boolean {
  return bytes.subarray(0, sampleBytes).every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0d));
}
