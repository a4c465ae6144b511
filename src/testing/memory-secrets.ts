import { randomBytes } from 'node:crypto';
import type {
  ListEntry,
  ListPage,
  NumberedWriteOptions,
  PatchInput,
  SecretsClient,
  VersionNumbers,
} from '../core/client.js';
import { type Clock, systemClock } from '../core/clock.js';
import { KeywardError } from '../core/errors.js';
import { assertMetadata } from '../core/metadata.js';
import { type Directory, isBelow, type Path } from '../core/path.js';
import { checkedPayload, documentPayload, narrowToField, type Payload, patchDocument } from '../core/payload.js';
import { readEach, type WriteInput } from '../core/provider.js';
import { currentStage, parseStage, pendingStage, previousStage, type Ref, type VersionSelector } from '../core/ref.js';
import type { NumberedVersion, SecretDescription, SecretVersion, VersionState } from '../core/version.js';

interface Version {
  readonly number: number;
  readonly id: string;
  readonly createdAt: Date;
  readonly token: string | undefined;
  readonly payload: Payload;
  state: VersionState;
}

interface Held {
  readonly createdAt: Date;
  readonly versions: Map<number, Version>;
  readonly stages: Map<string, number>;
  updatedAt: Date;
  metadata: Readonly<Record<string, string>>;
  lastNumber: number;
  maxVersions: number;
}

const fixedStages = new Set([currentStage, previousStage]);
const keptStages = [currentStage, previousStage, pendingStage];

/** Keyward's secrets with all their rules, in plain memory: for tests only. */
export class MemorySecrets implements SecretsClient {
  readonly #held = new Map<Path, Held>();
  readonly #clock: Clock;
  readonly #onChange: (path: Path) => void;

  constructor(options: { readonly clock?: Clock; readonly onChange?: (path: Path) => void } = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#onChange = options.onChange ?? (() => {});
  }

  async read(ref: Ref): Promise<SecretVersion | undefined> {
    const held = this.#held.get(ref.path);
    const version = held && select(held, ref.version);
    if (held === undefined || version === undefined) return undefined;
    if (version.state !== 'live') throw gone(ref.path, version);
    const payload = ref.field === undefined ? version.payload : narrowToField(version.payload, ref.field);
    if (payload === undefined) return undefined;
    const copy = { kind: payload.kind, bytes: Uint8Array.from(payload.bytes) };
    return { path: ref.path, payload: copy, version: infoOf(held, version), metadata: { ...held.metadata } };
  }

  readMany(refs: readonly Ref[]): Promise<readonly (SecretVersion | undefined | KeywardError)[]> {
    return readEach(this, refs);
  }

  async write(path: Path, input: WriteInput, options: NumberedWriteOptions = {}): Promise<NumberedVersion> {
    return this.put(path, input, options);
  }

  /** As `write`, at once: so that a test can set up without waiting. */
  put(path: Path, input: WriteInput, options: NumberedWriteOptions = {}): NumberedVersion {
    const held = this.#held.get(path);
    const repeated = held && input.payload && repeatedWrite(held, input.payload, options.token, path);
    if (repeated !== undefined) return repeated;
    checkCurrent(held, options.ifVersion, path);
    assertMetadata(path, new Map(Object.entries(held?.metadata ?? {})), input.ifMetadata);
    if (input.payload === undefined) {
      const existing = this.#existing(path);
      existing.metadata = { ...(input.metadata ?? existing.metadata) };
      this.#changed(path, existing);
      return infoOf(existing, this.#current(path, existing));
    }
    const target = held ?? this.#create(path);
    if (input.metadata !== undefined) target.metadata = { ...input.metadata };
    const version = this.#append(target, input.payload, options.token);
    this.#changed(path, target);
    return infoOf(target, version);
  }

  async patch(path: Path, input: PatchInput, options: NumberedWriteOptions = {}): Promise<NumberedVersion> {
    const present = await this.read({ path });
    const set = new Map(Object.entries(input.set ?? {}));
    const payload = patchDocument(present?.payload ?? documentPayload([]), set, new Set(input.remove));
    return this.put(path, { payload }, options);
  }

  async describe(path: Path): Promise<SecretDescription<NumberedVersion> | undefined> {
    const held = this.#held.get(path);
    if (held === undefined) return undefined;
    const current = select(held, undefined);
    return {
      path,
      metadata: { ...held.metadata },
      versions: [...held.versions.values()].reverse().map((version) => infoOf(held, version)),
      current: current?.state === 'live' ? current.number : undefined,
      createdAt: held.createdAt,
      updatedAt: held.updatedAt,
    };
  }

  async list(
    directory: Directory,
    options: { cursor?: string | undefined; limit?: number | undefined } = {},
  ): Promise<ListPage> {
    const entries = new Map<string, ListEntry>();
    for (const path of [...this.#held.keys()].filter((candidate) => isBelow(candidate, directory)).sort()) {
      const [name = '', ...deeper] = (directory === '' ? path : path.slice(directory.length + 1)).split('/');
      const known = entries.get(name);
      entries.set(name, {
        name,
        isSecret: deeper.length === 0 || known?.isSecret === true,
        hasChildren: deeper.length > 0 || known?.hasChildren === true,
      });
    }
    const start = Number(options.cursor ?? 0);
    const end = start + (options.limit ?? 100);
    return {
      entries: [...entries.values()].slice(start, end),
      next: end < entries.size ? String(end) : undefined,
    };
  }

  async delete(path: Path, options: VersionNumbers = {}): Promise<void> {
    this.#eachVersion(path, options.versions, (version) => {
      if (version.state === 'live') version.state = 'deleted';
    });
  }

  async undelete(path: Path, options: Required<VersionNumbers>): Promise<void> {
    this.#eachVersion(path, options.versions, (version) => {
      if (version.state === 'destroyed') throw gone(path, version);
      version.state = 'live';
    });
  }

  async destroy(path: Path, options: Required<VersionNumbers>): Promise<void> {
    this.#eachVersion(path, options.versions, (version) => {
      version.state = 'destroyed';
      version.payload.bytes.fill(0);
    });
  }

  async purge(path: Path): Promise<void> {
    this.#existing(path);
    this.#held.delete(path);
    this.#onChange(path);
  }

  async setStage(
    path: Path,
    stage: string,
    version: number | undefined,
    options: { ifVersion?: number | undefined } = {},
  ): Promise<void> {
    const held = this.#existing(path);
    checkCurrent(held, options.ifVersion, path);
    if (version === undefined) {
      if (fixedStages.has(stage))
        throw new KeywardError('invalid', `the stage ${stage} cannot be taken away`, { path });
      held.stages.delete(parseStage(stage));
    } else {
      const target = numbered(held, version, path);
      if (target.state !== 'live') throw gone(path, target);
      moveStage(held, parseStage(stage), version);
    }
    this.#changed(path, held);
  }

  async rollback(
    path: Path,
    options: { to?: number | undefined; ifVersion?: number | undefined } = {},
  ): Promise<NumberedVersion> {
    const held = this.#existing(path);
    const to = options.to ?? held.stages.get(previousStage);
    if (to === undefined) throw new KeywardError('not_found', `${path} has no previous version`, { path });
    await this.setStage(path, currentStage, to, options);
    return infoOf(held, numbered(held, to, path));
  }

  async setMaxVersions(path: Path, maxVersions: number): Promise<void> {
    if (!Number.isInteger(maxVersions) || maxVersions < 1 || maxVersions > 50) {
      throw new KeywardError('invalid', 'between 1 and 50 versions can be kept', { path });
    }
    const held = this.#existing(path);
    held.maxVersions = maxVersions;
    prune(held);
    this.#changed(path, held);
  }

  #create(path: Path): Held {
    const now = new Date(this.#clock.now());
    const held: Held = {
      createdAt: now,
      updatedAt: now,
      versions: new Map(),
      stages: new Map(),
      metadata: {},
      lastNumber: 0,
      maxVersions: 10,
    };
    this.#held.set(path, held);
    return held;
  }

  #append(held: Held, payload: Payload, token: string | undefined): Version {
    const { kind, bytes } = checkedPayload(payload);
    held.lastNumber += 1;
    const version: Version = {
      number: held.lastNumber,
      id: randomBytes(16).toString('hex'),
      createdAt: new Date(this.#clock.now()),
      token,
      payload: { kind, bytes: Uint8Array.from(bytes) },
      state: 'live',
    };
    held.versions.set(version.number, version);
    moveStage(held, currentStage, version.number);
    prune(held);
    return version;
  }

  #eachVersion(path: Path, numbers: readonly number[] | undefined, act: (version: Version) => void): void {
    const held = this.#existing(path);
    const versions = numbers?.map((number) => numbered(held, number, path)) ?? [this.#current(path, held)];
    versions.forEach(act);
    this.#changed(path, held);
  }

  #existing(path: Path): Held {
    const held = this.#held.get(path);
    if (held === undefined) throw new KeywardError('not_found', `${path} does not exist`, { path });
    return held;
  }

  #current(path: Path, held: Held): Version {
    return numbered(held, held.stages.get(currentStage) ?? 0, path);
  }

  #changed(path: Path, held: Held): void {
    held.updatedAt = new Date(this.#clock.now());
    this.#onChange(path);
  }
}

function select(held: Held, selector: VersionSelector | undefined): Version | undefined {
  if (selector?.kind === 'id') return [...held.versions.values()].find((version) => version.id === selector.id);
  const number = selector?.kind === 'number' ? selector.number : held.stages.get(selector?.stage ?? currentStage);
  return number === undefined ? undefined : held.versions.get(number);
}

function numbered(held: Held, number: number, path: Path): Version {
  const version = held.versions.get(number);
  if (version === undefined) throw new KeywardError('not_found', `${path} has no version ${number}`, { path });
  return version;
}

function gone(path: Path, version: Version): KeywardError {
  return new KeywardError('deleted', `version ${version.number} of ${path} was ${version.state}`, { path });
}

function checkCurrent(held: Held | undefined, ifVersion: number | undefined, path: Path): void {
  const current = held?.stages.get(currentStage) ?? 0;
  if (ifVersion !== undefined && ifVersion !== current) {
    throw new KeywardError('conflict', `${path} is at version ${current}, not at ${ifVersion}`, { path });
  }
}

function repeatedWrite(
  held: Held,
  payload: Payload,
  token: string | undefined,
  path: Path,
): NumberedVersion | undefined {
  if (token === undefined) return undefined;
  const version = [...held.versions.values()].find((candidate) => candidate.token === token);
  if (version === undefined) return undefined;
  if (version.payload.kind === payload.kind && Buffer.from(version.payload.bytes).equals(payload.bytes)) {
    return infoOf(held, version);
  }
  throw new KeywardError('conflict', `${path} was written with this token and another value`, { path });
}

function moveStage(held: Held, stage: string, number: number): void {
  const before = held.stages.get(currentStage);
  held.stages.set(stage, number);
  if (stage === currentStage && before !== undefined && before !== number) held.stages.set(previousStage, before);
}

function prune(held: Held): void {
  const kept = new Set(keptStages.map((stage) => held.stages.get(stage)));
  for (const number of held.versions.keys()) {
    if (held.versions.size <= held.maxVersions) return;
    if (kept.has(number)) continue;
    held.versions.delete(number);
    for (const [stage, at] of held.stages) if (at === number) held.stages.delete(stage);
  }
}

function infoOf(held: Held, version: Version): NumberedVersion {
  const stages = [...held.stages].filter(([, number]) => number === version.number).map(([stage]) => stage);
  const { number, id, createdAt, state, payload } = version;
  return { number, id, createdAt, state, stages, size: payload.bytes.length };
}
