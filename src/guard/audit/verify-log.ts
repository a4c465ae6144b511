import type { AuditProblem, AuditVerification } from '../../core/client.js';
import type { OnProgress } from '../../core/progress.js';
import { equalBytes, fromBase64, fromHex } from '../../crypto/encoding.js';
import { verifySignature } from '../../crypto/signing.js';
import { LineSplitter } from './line-splitter.js';
import { type CheckpointLine, type LogLine, lineHash, noPrevious, parseLine } from './log-line.js';
import { volumeName } from './volume-name.js';

export interface VolumeSource {
  readonly name: string;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** A checkpoint line that was kept elsewhere. The log must still hold it, byte for byte. */
export interface Witness {
  /** For messages: `checkpoint.json`, `anchor`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface VerifyOptions {
  readonly witnesses: readonly Witness[];
  /** Hex of a key that must be among those that signed; a log without any line is then broken. */
  readonly publicKey?: string | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/**
 * Reads the log once, holding one chunk, and says whether it is one unbroken chain from its first line to its last, with
 * every checkpoint signed by the key before it in the line of keys, and with every witness in its place. Needs no key.
 *
 * What it finds: every edit, removal, reordering and cut up to the newest checkpoint that is signed or witnessed. What
 * no log can show by itself: a cut of its end, or a rewriting of everything after the newest witness by the holder of
 * the signing key.
 */
export async function verifyLog(
  volumes: readonly VolumeSource[],
  { witnesses, publicKey, onProgress }: VerifyOptions,
): Promise<AuditVerification> {
  const check = new ChainCheck(witnesses);
  let expected = 1;
  for (const [index, volume] of volumes.entries()) {
    onProgress?.({ step: 'verifying', part: index / volumes.length });
    if (volume.name !== volumeName(expected)) return check.broken(volumeName(expected), 1, 'the volume is missing');
    expected += 1;
    check.beginVolume(volume.name);
    const splitter = new LineSplitter();
    for await (const chunk of volume.chunks) {
      for (const bytes of splitter.push(chunk)) {
        check.line(bytes);
        if (check.problem !== undefined) return check.result();
      }
    }
    if (splitter.isInsideLine) check.tornLine();
  }
  return check.end(publicKey);
}

interface Place {
  readonly volume: string;
  readonly line: number;
}

class ChainCheck {
  readonly #witnesses: ReadonlyMap<number, Witness>;
  readonly #keys: string[] = [];
  #problem: AuditProblem | undefined;
  #here: Place = { volume: volumeName(1), line: 0 };
  #before: Place = this.#here;
  #torn: Place | undefined;
  /** A line that does not fit the one before it, until the line after it tells which of both was changed. */
  #suspect: { readonly before: Place; readonly here: Place; readonly hash: string } | undefined;
  #node: string | undefined;
  #storeId: string | undefined;
  #key: string | undefined;
  #formerKey: string | undefined;
  #sequence = 0;
  #hash = noPrevious;
  #entries = 0;
  #checkpoints = 0;
  #unsigned = 0;

  constructor(witnesses: readonly Witness[]) {
    const bySequence = new Map<number, Witness>();
    for (const witness of witnesses) {
      const line = parseLine(witness.bytes);
      if (line?.kind !== 'checkpoint') this.#fail({ volume: witness.name, line: 1 }, 'is not a checkpoint');
      else {
        const other = bySequence.get(line.sequence);
        if (other !== undefined && !equalBytes(other.bytes, witness.bytes)) {
          this.#fail({ volume: witness.name, line: 1 }, `differs from ${other.name}`);
        }
        bySequence.set(line.sequence, witness);
      }
    }
    this.#witnesses = bySequence;
  }

  get problem(): AuditProblem | undefined {
    return this.#problem;
  }

  beginVolume(volume: string): void {
    if (this.#torn !== undefined) this.#fail(this.#torn, 'the line is incomplete, and more follows it');
    this.#here = { volume, line: 0 };
  }

  line(bytes: Uint8Array): void {
    this.#before = this.#here.line === 0 ? this.#before : this.#here;
    this.#here = { volume: this.#here.volume, line: this.#here.line + 1 };
    const line = parseLine(bytes);
    this.#settleSuspect(line);
    if (this.#problem !== undefined) return;
    if (line === undefined) {
      this.#fail(this.#here, 'it is not a line of an audit log');
      return;
    }
    const problem = this.#problemOf(line, bytes);
    if (problem !== undefined) this.#fail(this.#here, problem);
    else if (this.#problem === undefined) this.#accept(line, bytes);
  }

  tornLine(): void {
    this.#torn = { volume: this.#here.volume, line: this.#here.line + 1 };
  }

  end(publicKey: string | undefined): AuditVerification {
    this.#settleSuspect(undefined);
    const missing = [...this.#witnesses].find(([sequence]) => sequence > this.#sequence)?.[1];
    const next = { volume: this.#here.volume, line: this.#here.line + 1 };
    if (missing !== undefined) this.#fail(next, `the log ends before the checkpoint in ${missing.name}`);
    const isToBeSigned = this.#checkpoints > 0 || this.#entries === 0;
    if (publicKey !== undefined && isToBeSigned && !this.#keys.includes(publicKey)) {
      this.#fail(next, 'no checkpoint is signed by the expected key');
    }
    return this.result();
  }

  broken(volume: string, line: number, problem: string): AuditVerification {
    this.#settleSuspect(undefined);
    this.#fail({ volume, line }, problem);
    return this.result();
  }

  result(): AuditVerification {
    const isUnsigned = this.#unsigned > 0 || this.#torn !== undefined;
    const torn = this.#torn && { ...this.#torn, problem: 'the last line is incomplete: a write was interrupted' };
    return {
      status: this.#problem !== undefined ? 'broken' : isUnsigned ? 'unsigned' : 'ok',
      entries: this.#entries,
      checkpoints: this.#checkpoints,
      unsignedEntries: this.#unsigned,
      keys: [...this.#keys],
      firstProblem: this.#problem ?? torn,
    };
  }

  #problemOf(line: LogLine, bytes: Uint8Array): string | undefined {
    if (line.sequence !== this.#sequence + 1)
      return `number ${line.sequence} stands where ${this.#sequence + 1} belongs`;
    const signature = line.kind === 'checkpoint' ? this.#problemOfCheckpoint(line) : undefined;
    if (signature !== undefined) return signature;
    if (line.previous !== this.#hash) return this.#suspectLine(line, bytes);
    if (this.#node !== undefined && line.node !== this.#node) return 'it was written by another node';
    const witness = this.#witnesses.get(line.sequence);
    if (witness === undefined || equalBytes(witness.bytes, bytes)) return undefined;
    return `it differs from the checkpoint in ${witness.name}`;
  }

  /** The signature vouches for a checkpoint's link to the line before it; else the next line has to. */
  #suspectLine(line: LogLine, bytes: Uint8Array): string | undefined {
    if (this.#sequence === 0) return mismatch;
    if (line.kind === 'checkpoint') this.#fail(this.#before, changed);
    else this.#suspect = { before: this.#before, here: this.#here, hash: lineHash(bytes) };
    return undefined;
  }

  #settleSuspect(next: LogLine | undefined): void {
    if (this.#suspect === undefined) return;
    const isKept = next?.previous === this.#suspect.hash;
    if (isKept) this.#fail(this.#suspect.before, changed);
    else this.#fail(this.#suspect.here, mismatch);
  }

  #problemOfCheckpoint(line: CheckpointLine): string | undefined {
    if (this.#storeId !== undefined && line.storeId !== this.#storeId) return 'the checkpoint is of another store';
    const isRepeated = line.key === this.#formerKey && line.nextKey === this.#key;
    if (this.#key !== undefined && line.key !== this.#key && !isRepeated)
      return 'the checkpoint is signed by a new key';
    const isGenuine = verifySignature(fromHex(line.key), line.signedBytes, signatureBytes(line));
    return isGenuine ? undefined : 'the signature of the checkpoint is wrong';
  }

  #accept(line: LogLine, bytes: Uint8Array): void {
    this.#sequence = line.sequence;
    this.#hash = lineHash(bytes);
    this.#node = line.node;
    if (line.kind === 'entry') {
      this.#entries += 1;
      this.#unsigned += 1;
      return;
    }
    this.#checkpoints += 1;
    this.#unsigned = 0;
    this.#storeId = line.storeId;
    if (!this.#keys.includes(line.key)) this.#keys.push(line.key);
    if (line.nextKey !== undefined) this.#formerKey = line.key;
    this.#key = line.nextKey ?? line.key;
  }

  #fail(place: Place, problem: string): void {
    this.#problem ??= { volume: place.volume, line: place.line, problem };
  }
}

const changed = 'the line was changed: the one after it continues another';
const mismatch = 'it does not continue the line before it';

function signatureBytes(line: CheckpointLine): Uint8Array {
  try {
    return fromBase64(line.signature);
  } catch {
    return new Uint8Array(0);
  }
}
