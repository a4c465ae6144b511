import { randomUUID } from 'node:crypto';
import type { RecordsClient } from '../../core/client.js';
import { KeywardError } from '../../core/errors.js';

/** What one record holds, with room to spare. */
const partBytes = 60 * 1024;
const maxTurns = 5;

interface Head {
  readonly schema: 1;
  /** The records that hold the document, in their order. */
  readonly parts: readonly string[];
}

export interface ReadDocument {
  readonly value: unknown;
  readonly revision: number;
}

/** A JSON document of any size over several records; `undefined` when there is none. @throws KeywardError `integrity` */
export async function readDocument(records: RecordsClient, name: string): Promise<ReadDocument | undefined> {
  for (let turn = 1; turn <= maxTurns; turn += 1) {
    const record = await records.get(name);
    if (record === undefined) return undefined;
    const head = headOf(record.bytes);
    const parts = await Promise.all(head.parts.map((part) => records.get(part)));
    const pieces = parts.flatMap((part) => part?.bytes ?? []);
    // Else another process has replaced it in the meantime.
    if (pieces.length === parts.length) return { value: decode(Buffer.concat(pieces)), revision: record.revision };
  }
  throw new KeywardError('integrity', `the record ${name} lacks some of its parts`);
}

/** @throws KeywardError `conflict` when the document is not at this revision (0: not there). Answers the new one. */
export async function writeDocument(
  records: RecordsClient,
  name: string,
  value: object,
  revision: number,
): Promise<number> {
  const before = await records.get(name);
  const bytes = encode(value);
  // A process that ended in the middle has left parts of its own.
  const folder = `${name}/parts/${randomUUID()}`;
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += partBytes) {
    const part = `${folder}/${parts.length}`;
    await records.put(part, bytes.subarray(at, at + partBytes), { ifRevision: 0 });
    parts.push(part);
  }
  const head: Head = { schema: 1, parts };
  const written = await records.put(name, encode(head), { ifRevision: revision });
  for (const part of before === undefined ? [] : headOf(before.bytes).parts) {
    const found = await records.get(part);
    if (found !== undefined) await records.remove(part, { ifRevision: found.revision });
  }
  return written;
}

function headOf(bytes: Uint8Array): Head {
  const head = decode(bytes) as Head;
  if (head.schema === 1) return head;
  throw new KeywardError('invalid', 'an incident was written down by a later version of Keyward', {
    advice: 'Use the newest version of Keyward.',
  });
}

function encode(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function decode(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}
