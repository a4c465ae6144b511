import * as keyward from '../../src/index.js';
import * as redaction from '../../src/redaction/index.js';
import type { Canary, Sinks } from '../system/canaries.js';
import type { Laptop, RunOptions } from '../system/cli.js';
import { type KeptLaptop, watchFiles } from './kept-laptop.js';
import { canary } from './scenario.js';
import { spellingSinks } from './spelling-sinks.js';

/** What a scenario works with: the library in a project whose stores hold every canary. */
export class Library {
  readonly laptop: Laptop;
  readonly env: Readonly<Record<string, string>>;
  #secrets: Promise<keyward.OpenedSecrets> | undefined;
  #store: Promise<keyward.OpenedStore> | undefined;

  readonly metrics: keyward.MetricsRegistry | undefined;

  constructor(laptop: Laptop, more: RunOptions['env'] = {}, metrics?: keyward.MetricsRegistry) {
    this.laptop = laptop;
    this.env = laptop.environment(more);
    this.metrics = metrics;
  }

  /** Opened at the first call. */
  secrets(): Promise<keyward.OpenedSecrets> {
    this.#secrets ??= keyward.openSecrets(programOf(this));
    return this.#secrets;
  }

  /** As `secrets`. */
  store(): Promise<keyward.OpenedStore> {
    this.#store ??= keyward.openStore({ env: this.env });
    return this.#store;
  }

  async close(): Promise<void> {
    await this.#secrets?.then((secrets) => secrets.close()).catch(() => {});
    await this.#store?.then((store) => store.close()).catch(() => {});
  }
}

/** How a program in the project opens the library. */
export function programOf({ laptop, env, metrics }: Library): keyward.OpenSecretsOptions {
  return { cwd: laptop.project, env, environment: 'development', metrics };
}

/** One call of a function of the library. */
export interface LibraryScenario {
  /** Answers what the function answers. */
  readonly call: (library: Library, value: string) => unknown;
  /** Files that are in the project before, readable by their owner only. */
  readonly files?: Readonly<Record<string, string>>;
  /** It is the one that gives values out, so that its answer holds them. */
  readonly gives?: true;
}

/** Calls whose answers hold no value. */
export function calls(...scenarios: readonly LibraryScenario['call'][]): readonly LibraryScenario[] {
  return scenarios.map((call) => ({ call }));
}

/** Calls whose answers are values. */
export function giving(...scenarios: readonly LibraryScenario['call'][]): readonly LibraryScenario[] {
  return scenarios.map((call) => ({ call, gives: true }));
}

export function bytesOf(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

/** Calls, and answers whatever it threw, said and wrote, and what it answered unless it gives values out. */
export async function performCall(
  kept: KeptLaptop,
  { call, files = {}, gives }: LibraryScenario,
  value: Canary,
  breakIt: (laptop: Laptop) => RunOptions = () => ({}),
): Promise<Sinks> {
  const laptop = kept.restored();
  const text = value.bytes.toString();
  for (const [name, content] of Object.entries(files)) {
    laptop.write(
      name,
      content.replaceAll(canary, () => text),
      0o600,
    );
  }
  const { env } = breakIt(laptop);
  const library = new Library(laptop, env);
  const written = watchFiles(laptop);
  const said = listen();
  const outcome = await outcomeOf(() => call(library, text));
  await library.close();
  // A warning is given in the next turn.
  await new Promise((resolve) => setImmediate(resolve));
  const shown = gives && !outcome.hasThrown ? [] : spellingsOf(outcome.thing);
  return new Map([...shown, ...said(), ...written()]);
}

/** Everything that a thing shows of itself, by the name of the sink. */
export function spellingsOf(thing: unknown): Sinks {
  return new Map(spellingSinks.map(({ name, spell }) => [name, Buffer.from(spell(thing))]));
}

async function outcomeOf(call: () => unknown) {
  try {
    return { hasThrown: false, thing: await call() };
  } catch (thing) {
    return { hasThrown: true, thing };
  }
}

/** Begins to listen to the outputs and warnings of this process. Answers how to stop, which answers what was said. */
export function listen(): () => Sinks {
  const said = new Map<string, string>();
  const add = (sink: string, text: string) => void said.set(sink, `${said.get(sink) ?? ''}${text}\n`);
  const onWarning = (warning: Error) => add('warnings', `${warning.stack}${JSON.stringify(warning)}`);
  process.on('warning', onWarning);
  const undo = (['stdout', 'stderr'] as const).map((name) => {
    const { write } = process[name];
    process[name].write = (chunk: string | Uint8Array) => {
      add(name, Buffer.from(chunk).toString('latin1'));
      return true;
    };
    return () => Object.assign(process[name], { write });
  });
  return () => {
    process.off('warning', onWarning);
    for (const step of undo) step();
    return new Map([...said].map(([name, text]) => [name, Buffer.from(text)]));
  };
}

/** Every function that a program can call, by the name that the scenarios use: what is exported, and what that answers. */
export async function callableNames(library: Library): Promise<readonly string[]> {
  const secrets = await library.secrets();
  const store = await library.store();
  const logRedactor = redaction.createLogRedactor({ values: () => [] });
  const redactor = redaction.createRedactor({ values: [] });
  return [
    ...exportedFrom(keyward, ''),
    ...exportedFrom(redaction, 'redaction.'),
    ...namesIn(secrets, 'secrets.'),
    ...namesIn(await secrets.handle('held/v1'), 'handle.'),
    ...namesIn(await secrets.handleAll('held/all'), 'fieldsHandle.'),
    ...namesIn(await secrets.credentials('binance'), 'credentials.'),
    ...namesIn(keyward.Secret, 'Secret.'),
    ...namesIn(keyward.Secret.fromText('text'), 'secret.'),
    ...namesIn(store, 'store.'),
    ...namesIn(logRedactor, 'logRedactor.'),
    ...namesIn(redactor, 'redactor.'),
    ...namesIn(redactor.stream(), 'redactedStream.'),
  ].sort();
}

function exportedFrom(module: object, prefix: string): readonly string[] {
  return Object.entries(module).flatMap(([name, value]) => (typeof value === 'function' ? [prefix + name] : []));
}

const notCalled = new Set(['constructor', 'prototype', 'length', 'name']);

/** Functions of the object, of what it inherits, and of the plain objects in it. Symbols are for printing only. */
function namesIn(thing: object, prefix: string): readonly string[] {
  const names = new Set<string>();
  for (let at: object | null = thing; at !== null && !isBuiltIn(at); at = Object.getPrototypeOf(at)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (notCalled.has(name)) continue;
      if (typeof value === 'function') names.add(prefix + name);
      else if (isPlain(value)) for (const inner of namesIn(value, `${prefix}${name}.`)) names.add(inner);
    }
  }
  return [...names];
}

function isBuiltIn(thing: object): boolean {
  return thing === Object.prototype || thing === Function.prototype;
}

function isPlain(thing: unknown): thing is object {
  return typeof thing === 'object' && thing !== null && Object.getPrototypeOf(thing) === Object.prototype;
}
