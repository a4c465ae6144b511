const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * The bytes without one final newline (`\n` or `\r\n`): editors and `echo` add it, and no credential means it. The rule
 * for stdin, files and `*_FILE` values unless the user asks for the exact bytes. Not a copy.
 */
export function withoutFinalNewline(bytes: Uint8Array): Uint8Array {
  if (bytes.at(-1) !== lineFeed) return bytes;
  return bytes.subarray(0, bytes.length - (bytes.at(-2) === carriageReturn ? 2 : 1));
}
