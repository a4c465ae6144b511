import { KeywardError } from '../core/errors.js';
import { maxPayloadBytes } from '../core/payload.js';
import type { CliIo } from './io.js';

/**
 * Everything on standard input.
 *
 * @param maxBytes how much there may be, a final newline aside: a payload, unless it is given.
 * @throws KeywardError `too_large` beyond it.
 */
export async function readStandardInput(io: CliIo, maxBytes = maxPayloadBytes): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of io.stdin) {
    const bytes = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : new Uint8Array(chunk);
    chunks.push(bytes);
    size += bytes.length;
    if (size > maxBytes + 2) {
      throw new KeywardError('too_large', `standard input has more than ${maxBytes} bytes`);
    }
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
