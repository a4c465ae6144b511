import { randomBytes } from 'node:crypto';
import { gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';

/** Something that must be found nowhere, with a name for messages. */
export interface Canary {
  readonly name: string;
  readonly bytes: Buffer;
}

const windowBytes = 8;
/** A window of hexadecimal digits holds eight bytes as well. */
const hexWindow = 2 * windowBytes;

const random = (length: number) => randomBytes(length).toString('base64url').slice(0, length);

/** Values of every spelling that a careless program might treat specially. */
export function valueCanaries(): readonly Canary[] {
  const texts: Readonly<Record<string, string>> = {
    short: random(7),
    plain: random(32),
    word: randomBytes(9)
      .toString('hex')
      .replace(/[0-9]/g, (digit) => 'ghijklmnop'.charAt(Number(digit))),
    long: random(4096),
    base64: randomBytes(33).toString('base64'),
    hex: randomBytes(24).toString('hex'),
    percent: [...randomBytes(16)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
    json: JSON.stringify({ k: random(18) }),
    dashed: `${random(9)}-${random(9)}_${random(9)}`,
    shell: `${random(10)}\n"'$\`\\${random(10)}`,
    multibyte: `${random(6)}ю${random(3)}鍵${random(3)}🔑${random(6)}`,
    url: `${random(5)}://${random(8)}:${random(12)}@${random(5)}/${random(5)}?${random(9)}`,
  };
  const values = Object.entries(texts).map(([name, text]) => ({ name: `value ${name}`, bytes: Buffer.from(text) }));
  return [...values, { name: 'value binary', bytes: Buffer.concat([Buffer.of(0xff, 0xfe, 0), randomBytes(40)]) }];
}

/**
 * A name that can stand in a path, a field, a stage, metadata or the environment; to be found in no case. Of letters that
 * hexadecimal lacks: eight of its digits meet those of a log full of hashes by chance.
 */
export function nameCanary(name: string): Canary & { readonly text: string } {
  const text = `k${[...randomBytes(20)].map((byte) => 'ghijkmnpqrstuvwx'.charAt(byte % 16)).join('')}`;
  return { name: `name ${name}`, text, bytes: Buffer.from(text) };
}

/**
 * Where any eight bytes of a canary stand in a sink: as they are, backwards, in capitals, as UTF-16, hex, base64 at any
 * alignment, percent or JSON escapes, compressed, or the last inside one of the others.
 */
export function leaksIn(sinks: Sinks, canaries: readonly Canary[]): readonly string[] {
  return searchFor(canaries)(sinks);
}

/** What can be looked into, by name. */
export type Sinks = ReadonlyMap<string, Uint8Array>;

/** As `leaksIn`, for many searches. */
export function searchFor(canaries: readonly Canary[]): (sinks: Sinks) => readonly string[] {
  const search = new WindowSearch(canaries);
  return (sinks) =>
    [...sinks].flatMap(([sink, bytes]) =>
      viewsOf(Buffer.from(bytes)).flatMap(([view, content]) => {
        const canary = search.firstIn(content);
        return canary === undefined ? [] : [`${sink}: ${canary.name}, ${view}`];
      }),
    );
}

type View = readonly [name: string, content: Buffer];

function viewsOf(bytes: Buffer): readonly View[] {
  const decoded = decodingsOf(bytes);
  const inflated = [['raw', bytes] as const, ...decoded].flatMap(([name, content]) =>
    inflatedIn(content).map((plain) => [`compressed, ${name}`, plain] as const),
  );
  return [['raw', bytes], ...decoded, ...inflated];
}

/** Buffers of Node 24.21 spoil the heap when they decode it. */
const utf16 = new TextDecoder('utf-16le');

function decodingsOf(bytes: Buffer): readonly View[] {
  const latin = bytes.toString('latin1');
  return [
    ['reversed', Buffer.from(bytes).reverse()],
    ['UTF-16', Buffer.from(utf16.decode(bytes))],
    ['UTF-16 from an odd byte', Buffer.from(utf16.decode(bytes.subarray(1)))],
    ['hex', decodedRuns(latin, /[0-9a-fA-F]{14,}/g, [0, 1], 'hex')],
    ['base64', decodedRuns(latin, /[A-Za-z0-9+/]{10,}/g, [0, 1, 2, 3], 'base64')],
    ['base64url', decodedRuns(latin, /[A-Za-z0-9_-]{10,}/g, [0, 1, 2, 3], 'base64url')],
    [
      'percent',
      Buffer.from(
        latin.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => fromHex(hex)),
        'latin1',
      ),
    ],
    [
      'JSON',
      Buffer.from(
        latin.replace(/\\(u[0-9a-fA-F]{4}|.)/g, (_, code: string) => unescaped(code)),
        'latin1',
      ),
    ],
  ];
}

function decodedRuns(
  latin: string,
  pattern: RegExp,
  offsets: readonly number[],
  encoding: 'hex' | 'base64' | 'base64url',
): Buffer {
  const gap = Buffer.of(0);
  const runs = latin.match(pattern) ?? [];
  return Buffer.concat(
    runs.flatMap((run) => offsets.flatMap((offset) => [Buffer.from(run.slice(offset), encoding), gap])),
  );
}

function unescaped(code: string): string {
  if (code.startsWith('u') && code.length === 5) {
    return Buffer.from(String.fromCharCode(Number.parseInt(code.slice(1), 16))).toString('latin1');
  }
  return { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }[code] ?? code;
}

function fromHex(hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16));
}

/** What gzip and zlib streams anywhere in the bytes, or the whole as a bare deflate stream, hold. */
function inflatedIn(bytes: Buffer): readonly Buffer[] {
  const found: Buffer[] = [];
  const attempt = (inflate: (input: Buffer) => Buffer, input: Buffer) => {
    try {
      found.push(inflate(input));
    } catch {
      // Not a stream of this kind.
    }
  };
  for (let at = bytes.indexOf('1f8b08', 0, 'hex'); at >= 0; at = bytes.indexOf('1f8b08', at + 1, 'hex')) {
    attempt(gunzipSync, untilEnd(bytes, at));
  }
  for (const magic of ['7801', '789c', '78da']) {
    for (let at = bytes.indexOf(magic, 0, 'hex'); at >= 0; at = bytes.indexOf(magic, at + 1, 'hex')) {
      attempt(inflateSync, untilEnd(bytes, at));
    }
  }
  attempt(inflateRawSync, bytes);
  return found;
}

const maxStream = 64 * 1024;

function untilEnd(bytes: Buffer, at: number): Buffer {
  return bytes.subarray(at, at + maxStream);
}

/** Looks for every window of every canary in one pass. */
class WindowSearch {
  readonly #windows = new Map<string, { readonly canary: Canary; readonly rest: string }>();
  readonly #short: readonly Canary[];
  readonly #begins = new Uint8Array(1 << 16);

  constructor(canaries: readonly Canary[]) {
    const all = canaries.flatMap((canary) => [canary, capitals(canary)]);
    this.#short = all.filter(({ bytes }) => bytes.length < windowBytes);
    for (const canary of all) {
      const text = canary.bytes.toString('latin1');
      const size = /^[0-9a-f]+$/i.test(text) ? hexWindow : windowBytes;
      for (let at = 0; at + size <= text.length; at += 1) {
        const window = text.slice(at, at + windowBytes);
        this.#windows.set(window, { canary, rest: text.slice(at + windowBytes, at + size) });
        this.#begins[canary.bytes.readUInt16LE(at)] = 1;
      }
    }
  }

  firstIn(content: Buffer): Canary | undefined {
    for (let at = 0; at + windowBytes <= content.length; at += 1) {
      if (this.#begins[content.readUInt16LE(at)] !== 1) continue;
      const window = this.#windows.get(content.toString('latin1', at, at + windowBytes));
      if (
        window &&
        content.toString('latin1', at + windowBytes, at + windowBytes + window.rest.length) === window.rest
      ) {
        return window.canary;
      }
    }
    return this.#short.find(({ bytes }) => content.includes(bytes));
  }
}

/** Names of environment variables are paths in capitals. */
function capitals({ name, bytes }: Canary): Canary {
  return { name: `${name} in capitals`, bytes: Buffer.from(bytes.toString('latin1').toUpperCase(), 'latin1') };
}
