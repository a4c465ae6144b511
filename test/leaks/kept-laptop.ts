import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatDotenv } from '../../src/formats/format-dotenv.js';
import { copyFolder } from '../copy-folder.js';
import type { Canary, Sinks } from '../system/canaries.js';
import { filesIn, Laptop } from '../system/cli.js';

/** A laptop with every canary in its store: alone, as a field of a document, in two environments and in `.env`. */
export class KeptLaptop {
  readonly laptop = new Laptop();
  readonly #kept = mkdtempSync(join(tmpdir(), 'keyward-kept-'));

  static async withEvery(values: readonly Canary[]): Promise<KeptLaptop> {
    const kept = new KeptLaptop();
    const { laptop } = kept;
    const texts = values.filter(isText).map(({ bytes }) => bytes.toString());
    laptop.write('.env', formatDotenv(texts.map((text, index) => [`CANARY_${index}`, text])));
    await laptop.ok(['init', '--from', '.env']);
    const document = JSON.stringify(Object.fromEntries(texts.map((text, index) => [`field${index}`, text])));
    for (const environment of ['development', 'production']) {
      await laptop.ok(['set', 'held/all', '--env', environment], { stdin: document });
      await laptop.ok(['set', 'exchange/binance', '--env', environment], { stdin: keysOfExchange(texts) });
    }
    for (const [index, { bytes }] of values.entries()) {
      await laptop.ok(['set', `held/v${index}`, '--exact'], { stdin: Buffer.concat([bytes, bytes]) });
      await laptop.ok(['set', `held/v${index}`, '--exact', '--replace'], { stdin: bytes });
    }
    copyFolder(laptop.home, kept.#kept);
    return kept;
  }

  /** As it was at first, and at the same place, since trust is given to places. */
  restored(): Laptop {
    rmSync(this.laptop.home, { recursive: true });
    copyFolder(this.#kept, this.laptop.home);
    return this.laptop;
  }

  remove(): void {
    this.laptop.remove();
    rmSync(this.#kept, { recursive: true });
  }
}

/** Bytes that are no text cannot stand in an argument. */
export function isText({ name }: Canary): boolean {
  return name !== 'value binary';
}

function keysOfExchange([, apiKey, apiSecret]: readonly string[]): string {
  return JSON.stringify({ api_key: apiKey, api_secret: apiSecret });
}

function contentsOf(folder: string): ReadonlyMap<string, Buffer> {
  return new Map(filesIn(folder).map((path) => [path.slice(folder.length + 1), readFileSync(path)]));
}

const blockBytes = 4096;

/** Begins to watch the files of a laptop. Answers a function that tells what was written to them since. */
export function watchFiles({ home }: Laptop): () => Sinks {
  const before = contentsOf(home);
  return () => new Map([...changedIn(before, contentsOf(home)), ...leftInMemory()]);
}

/** What is new in files: a store is large, and a call changes few of its pages. */
function changedIn(before: ReadonlyMap<string, Buffer>, after: ReadonlyMap<string, Buffer>): Sinks {
  const changed = [...after].map(([path, content]) => {
    const old = before.get(path) ?? Buffer.alloc(0);
    const blocks = Array.from({ length: Math.ceil(content.length / blockBytes) }, (_, index) => {
      const [from, to] = [index * blockBytes, (index + 1) * blockBytes];
      return content.subarray(from, to).equals(old.subarray(from, to)) ? [] : [content.subarray(from, to)];
    });
    return [path, Buffer.concat(blocks.flat())] as const;
  });
  return new Map(changed.filter(([, bytes]) => bytes.length > 0));
}

const memoryFolder = '/dev/shm';

/** Files that Keyward put into memory for a program or an editor, and should have taken away. */
function leftInMemory(): Sinks {
  if (!existsSync(memoryFolder)) return new Map();
  const folders = readdirSync(memoryFolder).filter(
    (name) => name.startsWith('keyward.') && name.includes(`.${process.pid}.`),
  );
  return new Map(
    folders.flatMap((name) =>
      filesIn(join(memoryFolder, name)).map((path) => [`in memory: ${path}`, readFileSync(path)] as const),
    ),
  );
}
