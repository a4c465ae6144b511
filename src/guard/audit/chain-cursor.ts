import * as v from 'valibot';
import { utf8 } from '../../crypto/encoding.js';
import { type LogLine, lineHash, noPrevious } from './log-line.js';
import { type SealedEntry, type TrackedIntent, trackedIntent } from './sealed-entry.js';
import { volumeName } from './volume-name.js';

const cursorState = v.strictObject({
  node: v.string(),
  volume: v.pipe(v.number(), v.integer(), v.minValue(1)),
  offset: v.pipe(v.number(), v.integer(), v.minValue(0)),
  sequence: v.pipe(v.number(), v.integer(), v.minValue(0)),
  hash: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  unsigned: v.pipe(v.number(), v.integer(), v.minValue(0)),
  intents: v.array(trackedIntent),
});

type CursorState = Omit<v.InferOutput<typeof cursorState>, 'intents'> & { readonly intents: readonly TrackedIntent[] };

/** Where a chain ends: what the next line must follow, and what is open there. The state that the sequencer keeps. */
export class ChainCursor {
  readonly node: string;
  #volume: number;
  #offset: number;
  #sequence: number;
  #hash: string;
  #unsigned: number;
  readonly #intents: Map<string, TrackedIntent>;

  private constructor(state: CursorState) {
    this.node = state.node;
    this.#volume = state.volume;
    this.#offset = state.offset;
    this.#sequence = state.sequence;
    this.#hash = state.hash;
    this.#unsigned = state.unsigned;
    this.#intents = new Map(state.intents.map((intent) => [intent.operationId, intent]));
  }

  /** At the beginning of a volume whose first line follows the line with this number and hash. */
  static atStart(node: string, volume: number, sequence = 0, hash = noPrevious): ChainCursor {
    return new ChainCursor({ node, volume, offset: 0, sequence, hash, unsigned: 0, intents: [] });
  }

  /** `undefined` for bytes that `encode` did not write. */
  static decode(bytes: Uint8Array): ChainCursor | undefined {
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), cursorState), Buffer.from(bytes).toString('utf8'));
    return parsed.success ? new ChainCursor(parsed.output) : undefined;
  }

  encode(): Uint8Array {
    return utf8(JSON.stringify(this.#state()));
  }

  copy(): ChainCursor {
    return new ChainCursor(this.#state());
  }

  get volume(): string {
    return volumeName(this.#volume);
  }

  get volumeNumber(): number {
    return this.#volume;
  }

  /** Bytes of the volume that belong to the chain. */
  get offset(): number {
    return this.#offset;
  }

  /** Number of the last line; 0 before the first. */
  get sequence(): number {
    return this.#sequence;
  }

  get hash(): string {
    return this.#hash;
  }

  /** Entries after the last checkpoint. */
  get unsigned(): number {
    return this.#unsigned;
  }

  get intents(): readonly TrackedIntent[] {
    return [...this.#intents.values()];
  }

  isOpen(operationId: string): boolean {
    return this.#intents.has(operationId);
  }

  /** Whether the line continues the chain here. */
  isNext(line: LogLine): boolean {
    return line.node === this.node && line.sequence === this.#sequence + 1 && line.previous === this.#hash;
  }

  /** Moves past a line; `body` is what its box holds, `undefined` for a checkpoint. */
  advance(lineBytes: Uint8Array, body: SealedEntry | undefined): void {
    this.#sequence += 1;
    this.#hash = lineHash(lineBytes);
    this.#offset += lineBytes.length + 1;
    this.#unsigned = body === undefined ? 0 : this.#unsigned + 1;
    if (body === undefined) return;
    for (const intent of body.openIntents ?? []) this.#intents.set(intent.operationId, intent);
    if (body.intent !== undefined) this.#intents.set(body.intent.operationId, body.intent);
    const { kind, operationId } = body.entry;
    if (kind === 'outcome' && operationId !== undefined) this.#intents.delete(operationId);
  }

  /** Moves to the beginning of the next volume. */
  turnVolume(): void {
    this.#volume += 1;
    this.#offset = 0;
  }

  #state(): CursorState {
    return {
      node: this.node,
      volume: this.#volume,
      offset: this.#offset,
      sequence: this.#sequence,
      hash: this.#hash,
      unsigned: this.#unsigned,
      intents: [...this.#intents.values()],
    };
  }
}
