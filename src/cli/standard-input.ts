import { KeywardError } from '../core/errors.js';
import { maxPayloadBytes } from '../core/payload.js';
import type { CliIo } from './io.js';

/** Everything on standard input. @throws KeywardError `too_large` over the limit of a payload and one newline. */
export async function readStandardInput(io: CliIo): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of io.stdin) {
    const bytes = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : new Uint8Array(chunk);
    chunks.push(bytes);
    size += bytes.length;
    if (size > maxPayloadBytes + 2) {
      throw new KeywardError('too_large', `standard input has more than ${maxPayloadBytes} bytes`);
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
