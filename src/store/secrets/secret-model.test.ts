import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ErrorCode, isKeywardError } from '../../core/errors.js';
import { type Directory, isBelow, type Path, parseDirectory, parsePath } from '../../core/path.js';
import { payloadText, textPayload } from '../../core/payload.js';
import type { VersionState } from '../../core/version.js';
import { memoryStore, newChange, type StoreUnderTest, sealedStore } from '../../testing/store-under-test.js';

interface ModelVersion {
  readonly number: number;
  readonly text: string;
  readonly token: string | undefined;
  state: VersionState;
}

interface ModelSecret {
  next: number;
  max: number;
  versions: ModelVersion[];
  readonly stages: Map<string, number>;
}

class Refusal extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode) {
    super(code);
    this.code = code;
  }
}

/** The rules of versions, stages and states, as plainly as they can be put. Each change answers a version number. */
class Model {
  readonly secrets = new Map<Path, ModelSecret>();

  write(path: Path, text: string, ifVersion: number | undefined, token: string | undefined): number {
    const secret: ModelSecret = this.secrets.get(path) ?? { next: 1, max: 10, versions: [], stages: new Map() };
    const same = secret.versions.find((version) => token !== undefined && version.token === token);
    if (same !== undefined) {
      if (same.state === 'destroyed' || same.text !== text) throw new Refusal('conflict');
      return same.number;
    }
    this.check(path, ifVersion);
    const number = secret.next;
    secret.next += 1;
    secret.versions.push({ number, text, token, state: 'live' });
    this.moveCurrent(secret, number);
    this.prune(secret);
    this.secrets.set(path, secret);
    return number;
  }

  setState(path: Path, numbers: readonly number[], change: 'deleted' | 'live' | 'destroyed'): number {
    const secret = this.existing(path);
    const versions = numbers.map((number) => secret.versions.find((version) => version.number === number));
    if (versions.includes(undefined)) throw new Refusal('not_found');
    if (change === 'live' && versions.some((version) => version?.state === 'destroyed')) throw new Refusal('deleted');
    for (const version of versions) {
      if (version !== undefined && version.state !== 'destroyed') version.state = change;
    }
    return 0;
  }

  stage(path: Path, stage: string, number: number | undefined, ifVersion: number | undefined): number {
    const secret = this.existing(path);
    this.check(path, ifVersion);
    if (number === undefined) {
      secret.stages.delete(stage);
      return 0;
    }
    this.live(secret, number);
    if (stage === 'current') this.moveCurrent(secret, number);
    else secret.stages.set(stage, number);
    return 0;
  }

  rollback(path: Path, to: number | undefined): number {
    const secret = this.existing(path);
    const number = to ?? secret.stages.get('previous');
    if (number === undefined) throw new Refusal('not_found');
    this.live(secret, number);
    this.moveCurrent(secret, number);
    return number;
  }

  setMax(path: Path, max: number): number {
    const secret = this.existing(path);
    secret.max = max;
    this.prune(secret);
    return 0;
  }

  purge(path: Path): number {
    this.existing(path);
    this.secrets.delete(path);
    return 0;
  }

  check(path: Path, ifVersion: number | undefined): void {
    const current = this.secrets.get(path)?.stages.get('current') ?? 0;
    if (ifVersion !== undefined && ifVersion !== current) throw new Refusal('conflict');
  }

  private existing(path: Path): ModelSecret {
    const secret = this.secrets.get(path);
    if (secret === undefined) throw new Refusal('not_found');
    return secret;
  }

  private live(secret: ModelSecret, number: number): void {
    const version = secret.versions.find((candidate) => candidate.number === number);
    if (version === undefined) throw new Refusal(number < secret.next ? 'deleted' : 'not_found');
    if (version.state !== 'live') throw new Refusal('deleted');
  }

  private moveCurrent(secret: ModelSecret, number: number): void {
    const former = secret.stages.get('current');
    if (former === number) return;
    secret.stages.set('current', number);
    if (former !== undefined) secret.stages.set('previous', former);
  }

  private prune(secret: ModelSecret): void {
    for (;;) {
      const staged = new Set(secret.stages.values());
      const oldest = secret.versions.find((version) => !staged.has(version.number));
      if (secret.versions.length <= secret.max || oldest === undefined) return;
      secret.versions = secret.versions.filter((version) => version !== oldest);
    }
  }
}

interface Step {
  readonly name: string;
  readonly onModel: (model: Model) => number;
  readonly onStore: (store: StoreUnderTest) => Promise<number>;
}

const paths = ['a', 'a/b', 'c/d/e'].map(parsePath);
const path = fc.constantFrom(...paths);
const number = fc.integer({ min: 1, max: 7 });
const numbers = fc.uniqueArray(number, { minLength: 1, maxLength: 3 });
const ifVersion = fc.option(fc.integer({ min: 0, max: 7 }), { nil: undefined, freq: 3 });
const token = fc.option(fc.constantFrom('t'.repeat(32), 'u'.repeat(32)), { nil: undefined, freq: 2 });
const none = async (done: Promise<void>) => {
  await done;
  return 0;
};

const write = fc.record({ path, text: fc.constantFrom('x', 'y'), ifVersion, token }).map(
  (input): Step => ({
    name: `write ${JSON.stringify(input)}`,
    onModel: (model) => model.write(input.path, input.text, input.ifVersion, input.token),
    onStore: async ({ secrets }) =>
      (await secrets.write(newChange(), input.path, { payload: textPayload(input.text) }, input)).number,
  }),
);

const setState = fc.record({ path, numbers, verb: fc.constantFrom('delete', 'undelete', 'destroy') }).map(
  (input): Step => ({
    name: `${input.verb} ${input.path} ${input.numbers}`,
    onModel: (model) =>
      model.setState(
        input.path,
        input.numbers,
        ({ delete: 'deleted', undelete: 'live', destroy: 'destroyed' } as const)[input.verb],
      ),
    onStore: ({ secrets }) => none(secrets[input.verb](newChange(), input.path, { versions: input.numbers })),
  }),
);

const stage = fc
  .record({
    path,
    stage: fc.constantFrom('current', 'previous', 'pending', 'good'),
    number: fc.option(number, { nil: undefined }),
    ifVersion,
  })
  .filter((input) => input.stage !== 'current' || input.number !== undefined)
  .map(
    (input): Step => ({
      name: `stage ${JSON.stringify(input)}`,
      onModel: (model) => model.stage(input.path, input.stage, input.number, input.ifVersion),
      onStore: ({ secrets }) => none(secrets.setStage(newChange(), input.path, input.stage, input.number, input)),
    }),
  );

const rollback = fc.record({ path, to: fc.option(number, { nil: undefined }) }).map(
  (input): Step => ({
    name: `rollback ${JSON.stringify(input)}`,
    onModel: (model) => model.rollback(input.path, input.to),
    onStore: async ({ secrets }) => (await secrets.rollback(newChange(), input.path, input)).number,
  }),
);

const setMax = fc.record({ path, max: fc.integer({ min: 1, max: 5 }) }).map(
  (input): Step => ({
    name: `max ${JSON.stringify(input)}`,
    onModel: (model) => model.setMax(input.path, input.max),
    onStore: ({ secrets }) => none(secrets.setMaxVersions(newChange(), input.path, input.max)),
  }),
);

const purge = path.map(
  (input): Step => ({
    name: `purge ${input}`,
    onModel: (model) => model.purge(input),
    onStore: ({ secrets }) => none(secrets.purge(newChange(), input)),
  }),
);

const steps = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: write },
    { weight: 3, arbitrary: setState },
    { weight: 3, arbitrary: stage },
    { weight: 2, arbitrary: rollback },
    { weight: 1, arbitrary: setMax },
    { weight: 1, arbitrary: purge },
  ),
  { minLength: 1, maxLength: 40 },
);

async function codeOr<T>(run: () => Promise<T> | T): Promise<T | ErrorCode> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Refusal || isKeywardError(error)) return error.code;
    throw error;
  }
}

async function stateOfStore({ secrets }: StoreUnderTest) {
  return Promise.all(
    paths.map(async (secret) => {
      const description = await secrets.describe(secret);
      const versions = [...(description?.versions ?? [])].reverse().map(async ({ number, state, stages }) => {
        const version = { kind: 'number', number } as const;
        const text = await codeOr(async () => {
          const read = await secrets.read({ path: secret, version });
          return read && payloadText(read.payload);
        });
        return { number, state, stages, text };
      });
      return { secret, current: description?.current, versions: await Promise.all(versions) };
    }),
  );
}

function stateOfModel(model: Model) {
  return paths.map((secret) => {
    const { versions = [], stages = new Map<string, number>() } = model.secrets.get(secret) ?? {};
    const current = versions.find(({ number, state }) => number === stages.get('current') && state === 'live');
    return {
      secret,
      current: current?.number,
      versions: versions.map(({ number, state, text }) => ({
        number,
        state,
        stages: [...stages].flatMap(([name, at]) => (at === number ? [name] : [])).sort(),
        text: state === 'live' ? text : 'deleted',
      })),
    };
  });
}

async function listsOfStore({ secrets }: StoreUnderTest) {
  const pages = ['', 'a', 'c', 'c/d'].map(async (directory) => {
    const { entries } = await secrets.list(parseDirectory(directory), {});
    return entries.map((entry) => JSON.stringify(entry)).sort();
  });
  return Promise.all(pages);
}

function listsOfModel(model: Model) {
  const secrets = [...model.secrets.keys()];
  return ['', 'a', 'c', 'c/d'].map((text) => {
    const directory: Directory = parseDirectory(text);
    const names = secrets
      .filter((secret) => isBelow(secret, directory))
      .map((secret) => secret.split('/').slice(0, directory === '' ? 1 : directory.split('/').length + 1));
    const children = new Set(names.map((segments) => segments.join('/')));
    return [...children]
      .map((child) => {
        const full = parsePath(child);
        const hasChildren = secrets.some((secret) => isBelow(secret, full));
        return JSON.stringify({ name: child.split('/').at(-1), isSecret: model.secrets.has(full), hasChildren });
      })
      .sort();
  });
}

async function agrees(store: StoreUnderTest, run: readonly Step[]): Promise<void> {
  const model = new Model();
  for (const step of run) {
    const expected = await codeOr(() => step.onModel(model));
    expect(await codeOr(() => step.onStore(store)), step.name).toBe(expected);
  }
  expect(await stateOfStore(store)).toEqual(stateOfModel(model));
  expect(await listsOfStore(store)).toEqual(listsOfModel(model));
}

describe('versions, stages and states', () => {
  test('are those of a plain model after any sequence of changes', async () => {
    await fc.assert(
      fc.asyncProperty(steps, (run) => agrees(memoryStore(), run)),
      { numRuns: 400 },
    );
  });

  test('are those of the model in a sealed store as well, and its accounts stay right', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (run) => {
        const store = await sealedStore();
        await agrees(store, run);
        await store.barrier.verifyAll();
      }),
      { numRuns: 30 },
    );
  });
});
