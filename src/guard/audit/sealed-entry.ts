import * as v from 'valibot';
import { type ErrorCode, errorCodes, KeywardError } from '../../core/errors.js';
import { BoxKey, boxTerm, openBox, sealBox } from '../../crypto/box.js';
import { hkdf } from '../../crypto/derive.js';
import { concat, fromBase64, fromUtf8, lp, toBase64, u32, utf8 } from '../../crypto/encoding.js';
import type { AuditEntry } from './audit-log.js';
import { type SealKeys, sealKeyOf } from './seal-keys.js';

/** A change that was announced, with the process that announced it. */
export interface TrackedIntent {
  readonly operationId: string;
  readonly shard?: number | undefined;
  /** When it was announced, in milliseconds since 1970. */
  readonly time: number;
  readonly pid: number;
  readonly startedAt: string;
}

/** What the box of a line holds. */
export interface SealedEntry {
  readonly entry: AuditEntry;
  /** With an intent entry. */
  readonly intent?: TrackedIntent | undefined;
  /** In the first entry of a volume: the intents that were open then, so that one volume alone tells which are now. */
  readonly openIntents?: readonly TrackedIntent[] | undefined;
}

export const trackedIntent = v.strictObject({
  operationId: v.string(),
  shard: v.optional(v.number()),
  time: v.number(),
  pid: v.number(),
  startedAt: v.string(),
});

const outcomes = ['ok', 'absent', 'committed', 'not_committed', 'unknown', ...errorCodes] as const satisfies readonly (
  | AuditEntry['outcome']
  | ErrorCode
)[];

/** The allow-list of what can be recorded at all: an entry with any other member is refused, not trimmed. */
const sealedEntry = v.strictObject({
  entry: v.strictObject({
    kind: v.picklist(['access', 'intent', 'outcome', 'event']),
    actor: v.string(),
    source: v.string(),
    operation: v.string(),
    path: v.optional(v.string()),
    decision: v.optional(v.strictObject({ allowed: v.boolean(), rule: v.string() })),
    outcome: v.optional(v.picklist(outcomes)),
    operationId: v.optional(v.string()),
    details: v.record(v.string(), v.custom<string | number | boolean>(isPlain)),
  }),
  intent: v.optional(trackedIntent),
  openIntents: v.optional(v.array(trackedIntent)),
});

function isPlain(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && !Number.isNaN(value));
}

const schema = 1;
const maxEntryBytes = 40 * 1024;

/** @throws KeywardError `internal` when the entry holds anything that may not be recorded, `too_large` over 40 KiB. */
export function encodeSealedEntry(body: SealedEntry): Uint8Array {
  const checked = v.safeParse(sealedEntry, body);
  if (!checked.success) throw new KeywardError('internal', 'an audit entry does not have the form of one');
  const bytes = utf8(JSON.stringify(checked.output));
  if (bytes.length > maxEntryBytes) {
    throw new KeywardError('too_large', `an audit entry has ${bytes.length} bytes; at most ${maxEntryBytes} fit`);
  }
  return bytes;
}

/** Seals and opens the boxes of one node's lines, with a key of its own for each volume. */
export class EntryBoxes {
  readonly #storeId: string;
  readonly #node: string;
  readonly #sealKeys: SealKeys;
  readonly #keys = new Map<string, BoxKey>();

  constructor(storeId: string, node: string, sealKeys: SealKeys) {
    this.#storeId = storeId;
    this.#node = node;
    this.#sealKeys = sealKeys;
  }

  seal(volume: string, sequence: number, body: Uint8Array): string {
    return toBase64(sealBox(this.#keyOf(volume, this.#newest), this.#newest, this.#context(volume, sequence), body));
  }

  /** @throws KeywardError `integrity` */
  open(volume: string, sequence: number, box: string): SealedEntry {
    const sealed = boxBytes(box);
    const bytes = openBox(this.#keyOf(volume, boxTerm(sealed)), this.#context(volume, sequence), sealed);
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), sealedEntry), fromUtf8(bytes));
    if (!parsed.success) throw new KeywardError('integrity', 'an audit entry does not have the form of one');
    return parsed.output;
  }

  #context(volume: string, sequence: number) {
    const rowKey = `audit/${this.#node}/${volume}/${sequence}`;
    return { storeId: this.#storeId, kind: 'audit-entry', rowKey, version: 0, schema } as const;
  }

  get #newest(): number {
    return this.#sealKeys.length - 1;
  }

  #keyOf(volume: string, generation: number): BoxKey {
    const id = `${generation}/${volume}`;
    const known = this.#keys.get(id);
    if (known !== undefined) return known;
    const salt = concat(lp(this.#node), u32(Number(volume)));
    const key = new BoxKey(hkdf(sealKeyOf(this.#sealKeys, generation), salt, 'keyward/v1/audit-entry'));
    this.#keys.set(id, key);
    return key;
  }
}

function boxBytes(box: string): Uint8Array {
  try {
    return fromBase64(box);
  } catch {
    throw new KeywardError('integrity', 'the box of an audit entry is damaged');
  }
}
