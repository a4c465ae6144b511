import { pairBits } from './rarity.js';

const wordCharacter = /[A-Za-z0-9]/;

const rememberedLength = 3;

/**
 * About how many bits a value takes to guess for who knows how values are usually made: of each character what it takes
 * after the one before, at most what its kinds of characters allow; of a repetition one bit.
 */
export function estimateBits(value: Uint8Array): number {
  const text = Buffer.from(value).toString('latin1');
  const most = Math.log2(alphabetSize(text));
  const seen = new Set<string>();
  let bits = 0;
  for (let at = 0; at < text.length; at += 1) {
    const recent = text.slice(Math.max(0, at + 1 - rememberedLength), at + 1);
    const before = text[at - 1] ?? '';
    const isRepeated = text[at] === before || (recent.length === rememberedLength && seen.has(recent));
    seen.add(recent);
    const isWord = wordCharacter.test(before) && wordCharacter.test(text[at] ?? '');
    const expected = isWord ? pairBits(before.charCodeAt(0), text.charCodeAt(at)) : most;
    bits += isRepeated ? 1 : Math.min(most, expected);
  }
  return bits;
}

function alphabetSize(text: string): number {
  if (/^[0-9]*$/.test(text)) return 10;
  if (/^[0-9a-f]*$/i.test(text)) return 16;
  const kinds: readonly (readonly [RegExp, number])[] = [
    [/[a-z]/, 26],
    [/[A-Z]/, 26],
    [/[0-9]/, 10],
    [/[ -/:-@[-`{-~]/, 32],
    [/[^ -~]/, 162],
  ];
  return kinds.reduce((sum, [kind, size]) => sum + (kind.test(text) ? size : 0), 0);
}
