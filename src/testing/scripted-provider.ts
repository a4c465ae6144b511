import { type Clock, sleep, systemClock } from '../core/clock.js';
import { type ErrorCode, KeywardError } from '../core/errors.js';
import { type Path, parsePath } from '../core/path.js';
import { documentPayload, narrowToField, type Payload, textPayload } from '../core/payload.js';
import {
  type CallOptions,
  type Capability,
  type Provider,
  type ProviderHealth,
  type ProviderTraits,
  readEach,
  readOnlyMethods,
  unlistedMethods,
} from '../core/provider.js';
import { ProviderGate } from '../core/provider-gate.js';
import { formatRef, type Ref } from '../core/ref.js';
import type { SecretVersion } from '../core/version.js';

/** What the provider answers to one read, after the delay of its clock. */
export type ScriptedAnswer = { readonly delayMs?: number } & (
  | { readonly absent: true }
  | { readonly value: string; readonly version?: number }
  | { readonly fields: Readonly<Record<string, string>>; readonly version?: number }
  | { readonly error: ErrorCode }
);

export interface ScriptedProviderOptions {
  readonly name: string;
  readonly kind?: string;
  readonly traits?: Partial<ProviderTraits>;
  /** Makes the delays pass; hand in a fake clock. */
  readonly clock?: Clock;
  /** The answer for paths without a script; absent by default. */
  readonly otherwise?: ScriptedAnswer;
}

export interface ScriptedProvider extends Provider {
  /** The answers to the next reads of the path, in turn; the last one is repeated. Replaces what was said before. */
  says(path: string, ...answers: readonly [ScriptedAnswer, ...ScriptedAnswer[]]): void;
  /** Every ref it was asked for so far (those of a batch too), as text, in order. */
  readonly asked: readonly string[];
  /** Upstream calls so far: a batch is one. */
  readonly calls: number;
  readonly isClosed: boolean;
}

const absent: ScriptedAnswer = { absent: true };

/** A provider that answers from a script and counts how often it is asked: for tests of what stands above providers. */
export function createScriptedProvider(options: ScriptedProviderOptions): ScriptedProvider {
  const { name, kind = 'scripted', clock = systemClock, otherwise = absent } = options;
  const scripts = new Map<Path, ScriptedAnswer[]>();
  const asked: string[] = [];
  const gate = new ProviderGate(name);
  let calls = 0;
  let isClosed = false;

  const nextAnswer = (path: Path): ScriptedAnswer => {
    const script = scripts.get(path);
    return (script !== undefined && script.length > 1 ? script.shift() : script?.[0]) ?? otherwise;
  };
  const answer = async (ref: Ref, call: CallOptions | undefined): Promise<SecretVersion | undefined> => {
    asked.push(formatRef(ref));
    const next = nextAnswer(ref.path);
    if (next.delayMs !== undefined) {
      await sleep(clock, next.delayMs, call?.signal).catch(() => gate.enter(call));
    }
    if ('error' in next) {
      throw new KeywardError(next.error, `${name} answered ${next.error}`, { store: name, path: ref.path });
    }
    return 'absent' in next ? undefined : versionFrom(ref, next, clock);
  };

  return {
    ...readOnlyMethods(name, kind),
    ...unlistedMethods(name, kind),
    name,
    kind,
    traits: { managed: true, layout: 'document', ...options.traits },
    capabilities: new Set<Capability>(['readMany']),
    asked,
    get calls() {
      return calls;
    },
    get isClosed() {
      return isClosed;
    },
    says: (path, ...answers) => void scripts.set(parsePath(path), [...answers]),

    async read(ref, call) {
      gate.enter(call);
      calls += 1;
      return answer(ref, call);
    },
    async readMany(refs, call) {
      gate.enter(call);
      calls += 1;
      return readEach({ read: answer }, refs, call);
    },
    async health(): Promise<ProviderHealth> {
      return { status: isClosed ? 'unhealthy' : 'healthy', findings: [] };
    },
    async close() {
      gate.close();
      isClosed = true;
    },
  };
}

function versionFrom(
  ref: Ref,
  answer: Extract<ScriptedAnswer, { value: string } | { fields: Readonly<Record<string, string>> }>,
  clock: Clock,
): SecretVersion | undefined {
  const whole: Payload = 'value' in answer ? textPayload(answer.value) : documentPayload(Object.entries(answer.fields));
  const payload = ref.field === undefined ? whole : narrowToField(whole, ref.field);
  if (payload === undefined) return undefined;
  const number = answer.version;
  const version =
    number === undefined
      ? undefined
      : {
          number,
          id: number.toString(16).padStart(32, '0'),
          createdAt: new Date(clock.now()),
          state: 'live' as const,
          stages: ['current'],
          size: whole.bytes.length,
        };
  return { path: ref.path, payload, version, metadata: {} };
}
