/** The order of keys: by their bytes, a prefix before what it begins. Negative, zero or positive. */
export function compareKeys(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}

const scratch = Buffer.alloc(128);

/** A string that stands for the key in maps; strings sort as the keys do. */
export function keyText(key: Uint8Array): string {
  if (key.length > scratch.length) return Buffer.from(key).toString('latin1');
  // Asking a small array for its memory gives it another one first.
  scratch.set(key);
  return scratch.toString('latin1', 0, key.length);
}

/** The first key after all keys that begin with the prefix; `undefined` when there is none. */
export function endOfPrefix(prefix: Uint8Array): Uint8Array | undefined {
  const last = prefix.findLastIndex((byte) => byte !== 0xff);
  if (last < 0) return undefined;
  const end = Uint8Array.from(prefix.subarray(0, last + 1));
  end[last] = (end[last] ?? 0) + 1;
  return end;
}

/** The first key of a listing: the prefix itself, or the key right behind `after` where that is further on. */
export function startOfList(prefix: Uint8Array, after: Uint8Array | undefined): Uint8Array {
  if (after === undefined || compareKeys(after, prefix) < 0) return Uint8Array.from(prefix);
  const next = new Uint8Array(after.length + 1);
  next.set(after);
  return next;
}

export function startsWith(key: Uint8Array, prefix: Uint8Array): boolean {
  return key.length >= prefix.length && compareKeys(key.subarray(0, prefix.length), prefix) === 0;
}
