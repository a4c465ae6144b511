import type { AuditFilter, AuditRecord, AuditVerification } from '../../core/client.js';
import type { Clock, Timer } from '../../core/clock.js';
import { isKeywardError, KeywardError } from '../../core/errors.js';
import type { LongWork } from '../../core/maintenance.js';
import type { Observer } from '../../core/observer.js';
import { fileError } from '../../host/file-error.js';
import { ensureOwnedFolder } from '../../host/owned-file.js';
import { currentProcess, isRunning, type ProcessIdentity } from '../../host/process-identity.js';
import type { Sequencer } from '../../store/physical/sequencer.js';
import { AppendQueue } from './append-queue.js';
import type { AuditClass, AuditEntry, AuditLog, OpenIntent, OrphanedIntent } from './audit-log.js';
import { ChainWriter, type LineRequest, ownEvent } from './chain-writer.js';
import { CheckpointCopy } from './checkpoint-copy.js';
import { type LogDisk, systemDisk } from './log-disk.js';
import { isLoggableStoreId } from './log-line.js';
import { NodeKeyFile } from './node-key.js';
import type { SealKeys } from './seal-keys.js';
import { EntryBoxes, encodeSealedEntry, type SealedEntry } from './sealed-entry.js';
import { showEntries, volumeSources } from './show-entries.js';
import { verifyLog } from './verify-log.js';
import { lostCheckpoints, witnessesOf } from './witnesses.js';

export interface AuditLogOptions {
  /** Made with mode 0700 when it is not there. */
  readonly folder: string;
  readonly storeId: string;
  /** The audit-seal keys of the store, 32 bytes each. */
  readonly sealKeys: SealKeys;
  /** Orders the processes that write this log; stays the caller's to close. */
  readonly sequencer: Sequencer;
  readonly clock: Clock;
  readonly observer: Observer;
  /** Told once, when nothing can be recorded any more: whoever holds the store open has to seal it. */
  readonly onSealed: (reason: KeywardError) => void;
  readonly disk?: LogDisk | undefined;
  /** Size at which a volume ends; 64 MiB when absent. */
  readonly volumeBytes?: number | undefined;
  readonly process?: ProcessIdentity | undefined;
  readonly isRunning?: ((process: ProcessIdentity) => boolean) | undefined;
}

const defaultVolumeBytes = 64 * 1024 * 1024;
const checkIntervalMs = 1000;
const checkpointIntervalMs = 60_000;
const turnDeadlineMs = 2000;
const defaultShown = 100;

/**
 * Opens the log of a store, creating it at first use, and finds the end of its chain.
 *
 * @throws KeywardError `integrity` when the files are not what was written, `config` when the folder or a file is open
 * to others, `unavailable` when the disk fails or another process does not let go.
 */
export async function openAuditLog(options: AuditLogOptions): Promise<AuditLog> {
  const { folder, storeId, sealKeys, sequencer } = options;
  if (!isLoggableStoreId(storeId)) throw new KeywardError('internal', 'the id of the store cannot stand in the log');
  await ensureOwnedFolder(folder);
  const keys = new NodeKeyFile(folder, storeId, sealKeys);
  const { node, current, isOutdated } = await keys.readOrCreate();
  const boxes = new EntryBoxes(storeId, node, sealKeys);
  const self = options.process ?? currentProcess();
  const disk = options.disk ?? systemDisk;
  const volumeBytes = options.volumeBytes ?? defaultVolumeBytes;
  const source = `local:${self.pid}`;
  const writer = new ChainWriter({ ...options, node, boxes, keys, disk, source, volumeBytes });
  const copy = new CheckpointCopy(folder);
  const begin = (state: Uint8Array | undefined) => {
    const begun = writer.begin(state, copy.signedTo());
    return { state: begun.state, result: { lost: begun.result, cut: copy.setAsideIfLost() } };
  };
  const { lost, cut } = await sequencer.exclusive(begin, { deadlineMs: turnDeadlineMs }).catch((error: unknown) => {
    throw fileError(error, 'read', folder);
  });
  const log = new SharedAuditLog(options, { writer, keys, boxes, copy, self, source, publicKey: current.publicKey });
  log.warnOfCuts();
  if (cut !== undefined) await log.recordCut(Math.max(cut, lost ?? 0));
  else if (lost !== undefined) await log.reportLoss(lost);
  if (isOutdated) await log.replaceKey();
  return log;
}

interface Parts {
  readonly writer: ChainWriter;
  readonly keys: NodeKeyFile;
  readonly boxes: EntryBoxes;
  readonly copy: CheckpointCopy;
  readonly self: ProcessIdentity;
  /** How the log names itself as the source of its own entries. */
  readonly source: string;
  readonly publicKey: string;
}

class SharedAuditLog implements AuditLog {
  publicKey: string;
  readonly #options: AuditLogOptions;
  readonly #parts: Parts;
  readonly #queue: AppendQueue;
  #checkTimer: Timer;
  #checkpointTimer: Timer;

  constructor(options: AuditLogOptions, parts: Parts) {
    this.#options = options;
    this.#parts = parts;
    this.publicKey = parts.publicKey;
    this.#queue = new AppendQueue({
      writer: parts.writer,
      sequencer: options.sequencer,
      clock: options.clock,
      onCheckpoint: (checkpoint) => this.#keepCheckpoint(checkpoint),
      onSealed: (reason) => this.#reportSealed(reason),
    });
    this.#checkTimer = this.#checkLater();
    this.#checkpointTimer = this.#checkpointLater();
  }

  async append(entry: AuditEntry, durability: AuditClass): Promise<void> {
    await this.#queue.add(entryRequest({ entry }), durability);
  }

  async openIntent(entry: AuditEntry, { operationId, shard }: OpenIntent): Promise<void> {
    const { pid, startedAt } = this.#parts.self;
    const intent = { operationId, shard, time: this.#options.clock.now(), pid, startedAt };
    await this.#queue.add(entryRequest({ entry: { ...entry, operationId }, intent }), 'synced');
  }

  async closeIntent(entry: AuditEntry, operationId: string, durability: AuditClass): Promise<void> {
    const { body, bytes } = entryRequest({ entry: { ...entry, kind: 'outcome', operationId } });
    await this.#queue.add({ kind: 'outcome', body, bytes, operationId }, durability);
  }

  async orphans(): Promise<readonly OrphanedIntent[]> {
    const isAlive = this.#options.isRunning ?? isRunning;
    const { intents } = await this.#end();
    const now = this.#options.clock.now();
    return intents
      .filter((intent) => !isAlive(intent))
      .map(({ operationId, shard, time }) => ({ operationId, shard, ageMs: now - time }));
  }

  async show({ limit = defaultShown, ...filter }: AuditFilter) {
    const { volume, offset } = await this.#end();
    const volumes = volumeSources(this.#options.folder, volume, offset);
    const records: readonly AuditRecord[] = await showEntries(volumes, this.#parts.boxes, { ...filter, limit });
    return records;
  }

  async verify(
    options: LongWork & { anchor?: Uint8Array | undefined; publicKey?: string | undefined } = {},
  ): Promise<AuditVerification> {
    const { volume, offset, sequence } = await this.#end();
    const { folder } = this.#options;
    const { current, former } = this.#parts.keys.read();
    // A log that has just begun is not signed by anybody, and nothing is wrong with it.
    const own = sequence === 0 ? undefined : (former ?? current).publicKey;
    return verifyLog(volumeSources(folder, volume, offset), {
      witnesses: witnessesOf(folder, options.anchor),
      publicKey: options.publicKey ?? own,
      onProgress: options.onProgress,
    });
  }

  async checkpoint(): Promise<Uint8Array> {
    const checkpoint = await this.#queue.add({ kind: 'checkpoint', evenIfSigned: true }, 'synced');
    if (checkpoint === undefined) throw new KeywardError('internal', 'no checkpoint was written');
    return checkpoint;
  }

  async replaceKey(): Promise<string> {
    await this.#options.sequencer.exclusive(() => ({ state: undefined, result: this.#parts.keys.replaceCurrent() }), {
      deadlineMs: turnDeadlineMs,
    });
    await this.checkpoint();
    this.publicKey = this.#parts.keys.read().current.publicKey;
    return this.publicKey;
  }

  async close(): Promise<void> {
    if (this.#queue.isClosed) return;
    this.#checkTimer.cancel();
    this.#checkpointTimer.cancel();
    try {
      if (!this.#queue.isSealed) await this.#queue.add({ kind: 'checkpoint', evenIfSigned: false }, 'synced');
    } finally {
      await this.#queue.close();
      this.#parts.writer.close();
    }
  }

  /** Lines that were recorded once are gone: by a loss of power, or by somebody's hand. Said where both are read. */
  async reportLoss(lastKnown: number): Promise<void> {
    this.#options.observer.finding({
      severity: 'error',
      where: this.#options.folder,
      cause: `the audit log ends before its line number ${lastKnown}, which was written once`,
      fix: 'Run `keyward audit verify`, with an anchor that was kept elsewhere if there is one.',
    });
    await this.append(ownEvent(this.#parts.source, 'audit.lost', { lastKnown }), 'synced');
  }

  /** Says that checkpoints are kept which the log does not hold: at every opening, for as long as they are. */
  warnOfCuts(): void {
    const names = lostCheckpoints(this.#options.folder);
    if (names.length === 0) return;
    this.#options.observer.finding({
      severity: 'error',
      where: this.#options.folder,
      cause: `the audit log was cut or replaced: it does not hold the line in ${names.join(', ')}`,
      fix: 'Run `keyward audit verify`. Keep a copy of the folder and move it away; a new log then begins.',
    });
  }

  async recordCut(lastKnown: number): Promise<void> {
    await this.append(ownEvent(this.#parts.source, 'audit.cut', { lastKnown }), 'synced');
  }

  #end() {
    const step = (state: Uint8Array | undefined) => ({ state: undefined, result: this.#parts.writer.end(state) });
    return this.#options.sequencer.exclusive(step, { deadlineMs: turnDeadlineMs });
  }

  #checkLater(): Timer {
    return this.#options.clock.after(
      checkIntervalMs,
      () => {
        this.#checkTimer = this.#checkLater();
        try {
          this.#parts.writer.check();
        } catch (error) {
          // A lack of room is said by the next write, which frees the reserve for it.
          if (isKeywardError(error, 'integrity')) this.#queue.seal(error);
        }
      },
      { background: true },
    );
  }

  #checkpointLater(): Timer {
    return this.#options.clock.after(
      checkpointIntervalMs,
      () => {
        this.#checkpointTimer = this.#checkpointLater();
        this.#queue.add({ kind: 'checkpoint', evenIfSigned: false }, 'synced').catch((error: unknown) => {
          this.#warn('the audit log could not be signed', error);
        });
      },
      { background: true },
    );
  }

  async #keepCheckpoint(checkpoint: Uint8Array): Promise<void> {
    const { copy, keys } = this.#parts;
    const keep = () => {
      const cut = copy.advance(checkpoint);
      keys.dropFormer();
      return { state: undefined, result: cut };
    };
    try {
      const cut = await this.#options.sequencer.exclusive(keep, { deadlineMs: turnDeadlineMs });
      if (cut !== undefined) this.#sayCut(cut);
    } catch (error) {
      this.#warn(`the newest checkpoint could not be kept in ${copy.name}`, error);
    }
  }

  /** Not awaited: the queue that has to write it waits for its caller. */
  #sayCut(lastKnown: number): void {
    this.warnOfCuts();
    this.recordCut(lastKnown).catch((error: unknown) => {
      this.#warn('the cut of the audit log could not be recorded in it', error);
    });
  }

  #reportSealed(reason: KeywardError): void {
    this.#options.observer.finding({
      severity: 'error',
      where: this.#options.folder,
      cause: reason.message,
      fix: reason.advice,
    });
    this.#options.onSealed(reason);
  }

  #warn(cause: string, error: unknown): void {
    const reason = fileError(error, 'write', this.#options.folder);
    this.#options.observer.finding({
      severity: 'warning',
      where: this.#options.folder,
      cause: `${cause}: ${reason.message}`,
      fix: reason.advice,
    });
  }
}

/** Refused here when it is no entry, so that it does not spoil the lines it would be written with. */
function entryRequest(body: SealedEntry): Extract<LineRequest, { kind: 'entry' }> {
  return { kind: 'entry', body, bytes: encodeSealedEntry(body) };
}
