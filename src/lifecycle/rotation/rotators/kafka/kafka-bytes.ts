import { wrongAnswer } from '../../../../clients/socket/channel.js';

/** The primitive types of Kafka's protocol (kafka.apache.org/protocol, "Protocol Primitive Types"). */
export const bytesOf = {
  int8: (value: number): Buffer => Buffer.of(value),
  int16(value: number): Buffer {
    const bytes = Buffer.alloc(2);
    bytes.writeInt16BE(value);
    return bytes;
  },
  int32(value: number): Buffer {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    return bytes;
  },
  string: (text: string): Buffer => Buffer.concat([bytesOf.int16(Buffer.byteLength(text)), Buffer.from(text)]),
  bytes: (bytes: Uint8Array): Buffer => Buffer.concat([bytesOf.int32(bytes.length), bytes]),
  /** UNSIGNED_VARINT. */
  varint(value: number): Buffer {
    const low = value % 128;
    return value < 128 ? Buffer.of(value) : Buffer.concat([Buffer.of(low + 128), bytesOf.varint((value - low) / 128)]);
  },
  /** COMPACT_STRING and COMPACT_BYTES. */
  compact(value: string | Uint8Array): Buffer {
    const bytes = Buffer.from(value);
    return Buffer.concat([bytesOf.varint(bytes.length + 1), bytes]);
  },
  compactArray: (items: readonly Uint8Array[]): Buffer => Buffer.concat([bytesOf.varint(items.length + 1), ...items]),
  /** No tagged fields. */
  noTags: Buffer.of(0),
};

const maxItems = 1024;

/** Reads an answer from its beginning to its end. Everything throws as `wrongAnswer` for what is out of form. */
export class KafkaReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  int16(): number {
    return this.#take(2).readInt16BE();
  }

  int32(): number {
    return this.#take(4).readInt32BE();
  }

  varint(): number {
    let value = 0;
    for (let factor = 1; factor < 2 ** 28; factor *= 128) {
      const byte = this.#take(1)[0] ?? 0;
      value += (byte % 128) * factor;
      if (byte < 128) return value;
    }
    throw wrongAnswer();
  }

  string(): string {
    return this.#take(this.int16()).toString();
  }

  nullableString(): string | undefined {
    const length = this.int16();
    return length === -1 ? undefined : this.#take(length).toString();
  }

  bytes(): Buffer {
    return this.#take(this.int32());
  }

  /** COMPACT_STRING, and COMPACT_NULLABLE_STRING: absent is empty. */
  compactString(): string {
    return this.#take(Math.max(this.varint(), 1) - 1).toString();
  }

  array<T>(read: () => T): readonly T[] {
    return this.#items(this.int32(), read);
  }

  compactArray<T>(read: () => T): readonly T[] {
    return this.#items(this.varint() - 1, read);
  }

  /** Tagged fields, none of which is known here. */
  skipTags(): void {
    this.#items(this.varint(), () => {
      this.varint();
      this.#take(this.varint());
    });
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw wrongAnswer();
  }

  #items<T>(count: number, read: () => T): readonly T[] {
    if (count < 0 || count > maxItems) throw wrongAnswer();
    return Array.from({ length: count }, read);
  }

  #take(length: number): Buffer {
    if (length < 0 || this.#at + length > this.#bytes.length) throw wrongAnswer();
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}
