import { existsSync } from 'node:fs';
import type { Clock } from '../../core/clock.js';
import { KeywardError } from '../../core/errors.js';
import { concat, equalBytes, utf8 } from '../../crypto/encoding.js';
import { errnoOf, fileError } from '../../host/file-error.js';
import type { Step } from '../../store/physical/sequencer.js';
import { ChainCursor } from './chain-cursor.js';
import { findChain } from './find-chain.js';
import type { LogDisk } from './log-disk.js';
import { formatCheckpointLine, formatEntryLine, type LinePosition } from './log-line.js';
import type { NodeKeyFile } from './node-key.js';
import { readTail } from './read-tail.js';
import { ReserveFile } from './reserve-file.js';
import { type EntryBoxes, encodeSealedEntry, type SealedEntry } from './sealed-entry.js';
import { VolumeFile } from './volume-file.js';
import { volumeName, volumePath } from './volume-name.js';

/** A line that is wanted; `bytes` is what `encodeSealedEntry` made of its body. The outcome of an intent is written only while the intent is open. */
export type LineRequest =
  | { readonly kind: 'entry'; readonly body: SealedEntry; readonly bytes: Uint8Array }
  | {
      readonly kind: 'outcome';
      readonly body: SealedEntry;
      readonly bytes: Uint8Array;
      readonly operationId: string;
    }
  | { readonly kind: 'checkpoint'; readonly evenIfSigned: boolean };

export interface Written {
  /** The newest checkpoint line that was written, if any. */
  readonly checkpoint: Uint8Array | undefined;
  /** The disk is full; instead of what was asked for, only that was written. */
  readonly isFull: boolean;
}

export interface ChainWriterOptions {
  readonly folder: string;
  readonly storeId: string;
  readonly node: string;
  readonly boxes: EntryBoxes;
  readonly keys: NodeKeyFile;
  readonly disk: LogDisk;
  readonly clock: Clock;
  /** How the log names itself as the source of its own entries. */
  readonly source: string;
  /** A volume of this size is not continued. */
  readonly volumeBytes: number;
}

const entriesPerCheckpoint = 1000;
const checkIntervalMs = 1000;

/**
 * Writes lines, inside the sequencer's turn. `integrity` errors mean that the files are not what was written, and that
 * this process must not go on; `unavailable` ones that the disk refused this time.
 */
export class ChainWriter {
  readonly #options: ChainWriterOptions;
  readonly #reserve: ReserveFile;
  #file: VolumeFile | undefined;
  /** The state that this process left last, so that it need not be decoded when nobody else wrote in between. */
  #left: { readonly state: Uint8Array; readonly cursor: ChainCursor } | undefined;
  #checkedAt = Number.NEGATIVE_INFINITY;
  #isFull = false;

  constructor(options: ChainWriterOptions) {
    this.#options = options;
    this.#reserve = new ReserveFile(options.folder, options.disk);
  }

  /**
   * Finds the end of the chain when a process begins. Answers the last line that was written and is gone, if any. Up to
   * the line `signedTo`, nothing may be missing.
   */
  begin(state: Uint8Array | undefined, signedTo: number): Step<number | undefined> {
    const { folder, disk, node, boxes } = this.#options;
    const { cursor, lost } = findChain(folder, disk, node, boxes, state, signedTo);
    return { state: cursor.encode(), result: lost };
  }

  /** The end of the chain as recorded, without looking at the files. */
  end(state: Uint8Array | undefined): ChainCursor {
    const { folder, disk, node, boxes } = this.#options;
    if (state !== undefined && this.#left !== undefined && equalBytes(state, this.#left.state)) {
      return this.#left.cursor.copy();
    }
    const recorded = state && ChainCursor.decode(state);
    return recorded?.node === node
      ? recorded
      : findChain(folder, disk, node, boxes, undefined, Number.POSITIVE_INFINITY).cursor;
  }

  /** Writes all of the lines with one write. */
  write(state: Uint8Array | undefined, requests: readonly LineRequest[]): Step<Written> {
    const start = this.#currentEnd(state);
    try {
      if (this.#isFull || this.#options.clock.monotonic() - this.#checkedAt >= checkIntervalMs) this.check();
      const cursor = start.copy();
      const ended = cursor.offset >= this.#options.volumeBytes ? this.#turnVolume(cursor) : undefined;
      const checkpoint = this.#writeLines(cursor, requests) ?? ended;
      const left = cursor.encode();
      this.#left = { state: left, cursor };
      return { state: left, result: { checkpoint, isFull: false } };
    } catch (error) {
      if (!isNoRoom(error)) throw this.#writeError(error, start.volume);
      return this.#sayFull(this.#currentEnd(start.encode()), error);
    }
  }

  /**
   * Whether the open volume is still the file in the folder, and room is set aside.
   *
   * @throws KeywardError `integrity` when it was removed or replaced; the disk's error when there is no room.
   */
  check(): void {
    const problem = this.#file?.displacement();
    if (problem !== undefined) {
      throw new KeywardError('integrity', `${this.#pathOf(this.#file?.name ?? '')} ${problem}`, { store: 'audit log' });
    }
    this.#reserve.ensure();
    this.#isFull = false;
    this.#checkedAt = this.#options.clock.monotonic();
  }

  /** Makes everything durable that this process wrote. */
  async sync(): Promise<void> {
    await this.#file?.sync();
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  /** The end of the chain, past the lines of processes that ended in the middle of a write; their torn rest is cut. */
  #currentEnd(state: Uint8Array | undefined): ChainCursor {
    const cursor = this.end(state);
    for (;;) {
      const file = this.#fileOf(cursor);
      if (file.size < cursor.offset) {
        throw new KeywardError('integrity', `${this.#pathOf(file.name)} is shorter than it was`, {
          store: 'audit log',
        });
      }
      if (file.size > cursor.offset) {
        readTail(file, cursor, this.#options.boxes);
        file.cut(cursor.offset);
      }
      if (!existsSync(this.#pathOf(volumeName(cursor.volumeNumber + 1)))) return cursor;
      cursor.turnVolume();
    }
  }

  /** Ends the volume with a checkpoint, durably, and begins the next one. Answers the checkpoint. */
  #turnVolume(cursor: ChainCursor): Uint8Array | undefined {
    const checkpoint = this.#writeLines(cursor, [{ kind: 'checkpoint', evenIfSigned: false }]);
    this.#fileOf(cursor).syncNow();
    cursor.turnVolume();
    return checkpoint;
  }

  /** The room that was set aside is for this one line; nothing else is written until it can be set aside again. */
  #sayFull(cursor: ChainCursor, cause: unknown): Step<Written> {
    if (this.#isFull) throw this.#writeError(cause, cursor.volume);
    this.#isFull = true;
    this.#reserve.free();
    const body = { entry: ownEvent(this.#options.source, 'audit.full', {}) };
    try {
      this.#writeLines(cursor, [{ kind: 'entry', body, bytes: encodeSealedEntry(body) }]);
    } catch (error) {
      throw this.#writeError(error, cursor.volume);
    }
    return { state: cursor.encode(), result: { checkpoint: undefined, isFull: true } };
  }

  /** Answers the checkpoint that is among the lines. */
  #writeLines(cursor: ChainCursor, requests: readonly LineRequest[]): Uint8Array | undefined {
    const file = this.#fileOf(cursor);
    const start = cursor.offset;
    const lines = new Lines(this.#options, cursor);
    lines.add(requests);
    file.write(lines.bytes(), start);
    return lines.checkpoint;
  }

  #fileOf(cursor: ChainCursor): VolumeFile {
    if (this.#file?.name === cursor.volume) return this.#file;
    const create = cursor.offset === 0;
    const file = this.#opened(cursor.volume, create);
    this.#file?.close();
    this.#file = file;
    return file;
  }

  #opened(volume: string, create: boolean): VolumeFile {
    try {
      return VolumeFile.open(this.#options.folder, volume, this.#options.disk, { create });
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      throw new KeywardError('integrity', `${this.#pathOf(volume)} was removed`, { store: 'audit log', cause: error });
    }
  }

  #writeError(error: unknown, volume: string): KeywardError {
    return fileError(error, 'write', this.#pathOf(volume));
  }

  #pathOf(volume: string): string {
    return volumePath(this.#options.folder, volume);
  }
}

/** An entry of the log about itself. */
export function ownEvent(source: string, operation: string, details: SealedEntry['entry']['details']) {
  return { kind: 'event', actor: 'keyward', source, operation, details } as const;
}

/** Lines in the making; the cursor moves past each as it is made. */
class Lines {
  readonly #options: ChainWriterOptions;
  readonly #cursor: ChainCursor;
  readonly #parts: Uint8Array[] = [];
  checkpoint: Uint8Array | undefined;

  constructor(options: ChainWriterOptions, cursor: ChainCursor) {
    this.#options = options;
    this.#cursor = cursor;
  }

  add(requests: readonly LineRequest[]): void {
    for (const request of requests) {
      if (request.kind === 'entry') this.#addEntry(request);
      if (request.kind === 'outcome' && this.#cursor.isOpen(request.operationId)) this.#addEntry(request);
    }
    const isWanted = requests.some(
      (request) => request.kind === 'checkpoint' && (request.evenIfSigned || this.#cursor.unsigned > 0),
    );
    if (isWanted || this.#cursor.unsigned >= entriesPerCheckpoint) this.#addCheckpoint();
  }

  bytes(): Uint8Array {
    return concat(...this.#parts);
  }

  #addEntry({ body, bytes }: { readonly body: SealedEntry; readonly bytes: Uint8Array }): void {
    if (this.#cursor.offset === 0) this.#addVolumeStart();
    this.#addSealed(body, bytes);
  }

  #addVolumeStart(): void {
    const { volume, intents } = this.#cursor;
    const entry = ownEvent(this.#options.source, 'audit.volume', { volume });
    const body = { entry, openIntents: intents };
    this.#addSealed(body, encodeSealedEntry(body));
  }

  #addSealed(body: SealedEntry, bytes: Uint8Array): void {
    const at = this.#position();
    const box = this.#options.boxes.seal(this.#cursor.volume, at.sequence, bytes);
    this.#push(formatEntryLine(at, box), body);
  }

  #addCheckpoint(): void {
    if (this.#cursor.offset === 0) this.#addVolumeStart();
    const { storeId } = this.#options;
    const { current, former } = this.#options.keys.read();
    if (former !== undefined) {
      const handover = { storeId, key: former.publicKey, nextKey: current.publicKey };
      this.#push(formatCheckpointLine(this.#position(), handover, former.sign), undefined);
    }
    const statement = { storeId, key: current.publicKey, nextKey: undefined };
    this.checkpoint = formatCheckpointLine(this.#position(), statement, current.sign);
    this.#push(this.checkpoint, undefined);
  }

  #push(line: Uint8Array, body: SealedEntry | undefined): void {
    this.#parts.push(line, utf8('\n'));
    this.#cursor.advance(line, body);
  }

  #position(): LinePosition {
    return {
      node: this.#cursor.node,
      sequence: this.#cursor.sequence + 1,
      time: new Date(this.#options.clock.now()).toISOString(),
      previous: this.#cursor.hash,
    };
  }
}

function isNoRoom(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 'ENOSPC' || errno === 'EDQUOT';
}
