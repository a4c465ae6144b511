import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { isKeywardError, KeywardError } from '../../core/errors.js';
import { BoxKey, boxTerm, openBox, sealBox } from '../../crypto/box.js';
import { hkdf } from '../../crypto/derive.js';
import { fromBase64, lp, toBase64, toHex, utf8 } from '../../crypto/encoding.js';
import { randomBytes } from '../../crypto/random.js';
import { generateSigningKey, type SigningKey, sign, signingPublicKey } from '../../crypto/signing.js';
import { errnoOf, fileError } from '../../host/file-error.js';
import { writeOwnedFile, writeOwnedFileSync } from '../../host/owned-file.js';
import { type SealKeys, sealKeyOf } from './seal-keys.js';

/** Who writes this log, and the keys that sign it. */
export interface NodeKey {
  /** 32 hex characters, random per host and store. */
  readonly node: string;
  readonly current: CheckpointKey;
  /** Whether the current key is sealed under an older audit-seal key than the newest one, and may be known to others. */
  readonly isOutdated: boolean;
  /** Set while a new key is not yet announced in the log: the key that announces it. */
  readonly former: CheckpointKey | undefined;
}

export interface CheckpointKey {
  /** Hex. */
  readonly publicKey: string;
  /** The base64 signature of the bytes. */
  sign(bytes: Uint8Array): string;
}

const keyPair = v.strictObject({ publicKey: v.string(), key: v.string() });
const nodeFile = v.strictObject({
  v: v.literal(1),
  node: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
  current: keyPair,
  former: v.optional(keyPair),
});

type StoredPair = v.InferOutput<typeof keyPair>;
type NodeFile = v.InferOutput<typeof nodeFile>;

/**
 * `node.json` of a log: the node's id and public key in clear, its private key in a box that an audit-seal key of
 * the store opens. Always read afresh, since any process of the host may replace the key.
 */
export class NodeKeyFile {
  readonly #path: string;
  readonly #storeId: string;
  readonly #sealKeys: SealKeys;

  constructor(folder: string, storeId: string, sealKeys: SealKeys) {
    this.#path = join(folder, 'node.json');
    this.#storeId = storeId;
    this.#sealKeys = sealKeys;
  }

  /** The key of this log; made and stored first when there is none. */
  async readOrCreate(): Promise<NodeKey> {
    if (this.#read() === undefined) {
      const node = toHex(randomBytes(16));
      const file: NodeFile = { v: 1, node, current: this.#seal(node, generateSigningKey()) };
      await writeOwnedFile(this.#path, encode(file), { exclusive: true }).catch((error: unknown) => {
        if (!isKeywardError(error, 'conflict')) throw error;
      });
    }
    return this.read();
  }

  /** @throws KeywardError `integrity` when the file is missing, damaged, or sealed under another store's key. */
  read(): NodeKey {
    const file = this.#read();
    if (file === undefined) throw this.#damaged('is missing');
    return {
      node: file.node,
      current: this.#open(file.node, file.current),
      isOutdated: this.#generationOf(file.current) < this.#newest,
      former: file.former && this.#open(file.node, file.former),
    };
  }

  /** Puts a fresh key in the place of the current one, which stays to announce it. */
  replaceCurrent(): void {
    const file = this.#read();
    if (file === undefined) throw this.#damaged('is missing');
    if (file.former !== undefined) return;
    const current = this.#seal(file.node, generateSigningKey());
    writeOwnedFileSync(this.#path, encode({ ...file, current, former: file.current }));
  }

  /** Forgets the former key, once the log says that the current one follows it. */
  dropFormer(): void {
    const file = this.#read();
    if (file?.former === undefined) return;
    writeOwnedFileSync(this.#path, encode({ v: 1, node: file.node, current: file.current }));
  }

  #read(): NodeFile | undefined {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw fileError(error, 'read', this.#path);
    }
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), nodeFile), text);
    if (!parsed.success) throw this.#damaged('is damaged');
    return parsed.output;
  }

  #seal(node: string, pair: SigningKey): StoredPair {
    const box = sealBox(this.#boxKey(node, this.#newest), this.#newest, this.#context(node), pair.privateKey);
    return { publicKey: toHex(pair.publicKey), key: toBase64(box) };
  }

  #open(node: string, pair: StoredPair): CheckpointKey {
    const privateKey = this.#openBox(node, pair);
    // The name in clear is what people compare with; it must be the name of the key that signs.
    if (toHex(signingPublicKey(privateKey)) !== pair.publicKey) throw this.#damaged('names a wrong public key');
    return { publicKey: pair.publicKey, sign: (bytes) => toBase64(sign(privateKey, bytes)) };
  }

  #openBox(node: string, pair: StoredPair): Uint8Array {
    try {
      return openBox(this.#boxKey(node, this.#generationOf(pair)), this.#context(node), fromBase64(pair.key));
    } catch (error) {
      throw this.#damaged('holds a key that this store does not open', error);
    }
  }

  get #newest(): number {
    return this.#sealKeys.length - 1;
  }

  #generationOf(pair: StoredPair): number {
    return boxTerm(fromBase64(pair.key));
  }

  #boxKey(node: string, generation: number): BoxKey {
    return new BoxKey(hkdf(sealKeyOf(this.#sealKeys, generation), lp(node), 'keyward/v1/audit-key'));
  }

  #context(node: string) {
    return { storeId: this.#storeId, kind: 'audit-key', rowKey: `audit/${node}/key`, version: 0, schema: 1 } as const;
  }

  #damaged(problem: string, cause?: unknown): KeywardError {
    return new KeywardError('integrity', `${this.#path} ${problem}`, {
      store: this.#path,
      advice: 'Keep a copy of the folder and move it away; a new log then begins, and says so.',
      cause,
    });
  }
}

function encode(file: NodeFile): Uint8Array {
  return utf8(`${JSON.stringify(file, undefined, 2)}\n`);
}
