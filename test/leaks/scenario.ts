import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatDotenv } from '../../src/formats/format-dotenv.js';
import { copyFolder } from '../copy-folder.js';
import type { Canary, Sinks } from '../system/canaries.js';
import { filesIn, Laptop, type Ran, type RunOptions } from '../system/cli.js';

/** Stands in a scenario for a value; each of the canaries takes its place in turn. */
export const canary = '<canary>';

/** One call of a command, on a laptop whose store and `.env` hold every canary. */
export interface Scenario {
  readonly args: readonly string[];
  readonly stdin?: string;
  /** What a person types at the questions; there is a terminal when this is given. */
  readonly typed?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Files that the person has in the project; those that end in .sh can be executed. */
  readonly files?: Readonly<Record<string, string>>;
  /** Calls that come first, with a harmless standard input. */
  readonly before?: readonly (readonly string[])[];
  /** On a laptop where Keyward was never used. */
  readonly isFirst?: true;
  /** Takes seconds, and is called with one value. */
  readonly isSlow?: true;
  /** Where the values belong: `stdout`, or files below the home that the call writes. */
  readonly shows?: readonly string[];
}

/** How much a command says. */
export interface Level {
  readonly options: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export const levels: readonly Level[] = [
  { options: [], env: {} },
  { options: ['--json'], env: {} },
  { options: ['--quiet'], env: {} },
  { options: [], env: { KEYWARD_DEBUG: '1' } },
];

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

/** Whether the scenario takes a value from outside; it is then called with each of them. */
export function takesValue(scenario: Scenario): boolean {
  return JSON.stringify(scenario).includes(canary);
}

/** Whether it can be any bytes. */
export function takesBytes({ stdin, ...rest }: Scenario): boolean {
  return stdin === canary && !JSON.stringify(rest).includes(canary);
}

export interface Performed {
  readonly ran: Ran;
  /** Everything that the call said or wrote. */
  readonly sinks: Sinks;
}

/** Calls the command. @param breakIt what happens to the laptop before the call. */
export async function perform(
  kept: KeptLaptop,
  scenario: Scenario,
  value: Canary,
  level: Level,
  breakIt: (laptop: Laptop) => RunOptions = () => ({}),
): Promise<Performed> {
  const laptop = scenario.isFirst ? new Laptop() : kept.restored();
  const withValue = (text: string) => text.replaceAll(canary, () => value.bytes.toString());
  try {
    for (const [name, content] of Object.entries(scenario.files ?? {})) {
      laptop.write(name, withValue(content), name.endsWith('.sh') ? 0o755 : 0o644);
    }
    for (const args of scenario.before ?? []) await laptop.ok(args, { stdin: 'harmless' });
    const entries = Object.entries(scenario.env ?? {}).map(([name, text]) => [name, withValue(text)]);
    const broken = breakIt(laptop);
    const before = contentsOf(laptop.home);
    const stdin = scenario.stdin === canary ? value.bytes : withValue(scenario.stdin ?? '');
    const env = { ...Object.fromEntries(entries), ...level.env, ...broken.env };
    const options = { ...broken, env, stdin };
    const args = withOptions(scenario.args, level.options).map(withValue);
    const typed = scenario.typed?.map(withValue);
    const ran = await (typed ? laptop.runAtTerminal(args, { ...options, typed }) : laptop.run(args, options));
    const said = [['stdout', ran.bytes] as const, ['stderr', Buffer.from(ran.stderr)] as const];
    const written = changedIn(before, contentsOf(laptop.home));
    return { ran, sinks: new Map([...said, ...written, ...leftInMemory()]) };
  } finally {
    if (scenario.isFirst) laptop.remove();
  }
}

/** Before the first argument that is no option and no verb, since what follows may belong to another program. */
function withOptions(args: readonly string[], options: readonly string[]): readonly string[] {
  const end = args.indexOf('--');
  return end < 0 ? [...args, ...options] : [...args.slice(0, end), ...options, ...args.slice(end)];
}

function contentsOf(folder: string): ReadonlyMap<string, Buffer> {
  return new Map(filesIn(folder).map((path) => [path.slice(folder.length + 1), readFileSync(path)]));
}

const blockBytes = 4096;

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
