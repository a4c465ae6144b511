import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '../core/errors.js';
import { isKeywardError } from '../core/errors.js';
import { chainUnderTest } from '../testing/chain-under-test.js';
import { outagePauseMs } from './answer-cache.js';

const name = 'token';
const ttlMs = 10_000;
const pauseMs = outagePauseMs(ttlMs, () => 0);
const maxStaleMs = 60_000;
/** Longest time that the retries of one pass can take here. */
const retriesMs = 500;
const outageCodes: readonly ErrorCode[] = ['unavailable', 'throttled', 'timeout'];
const stopCodes: readonly ErrorCode[] = ['denied', 'unauthenticated', 'deleted', 'sealed', 'invalid', 'not_found'];

interface LinkSpec {
  readonly managed: boolean;
  readonly onUnavailable: 'next' | 'stop' | undefined;
}

type State = 'absent' | 'value' | ErrorCode;

type Step =
  | { readonly kind: 'set'; readonly store: number; readonly state: State }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'get' };

/** What one store said, once retries were over; `pass` numbers the gets that asked any store. */
interface Said {
  readonly pass: number;
  readonly store: number;
  readonly state: State;
  readonly value: string;
  readonly atMs: number;
}

interface Outcome {
  readonly pass: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly code?: ErrorCode;
  readonly value?: string;
  readonly readAtMs?: number;
  readonly degraded?: boolean;
  readonly isDefault?: boolean;
}

const isOutage = (state: State) => outageCodes.some((code) => code === state);
const isStop = (state: State) => state !== 'absent' && state !== 'value' && !isOutage(state);

function mayStandIn(specs: readonly LinkSpec[], failed: number, next: number, production: boolean): boolean {
  const rule = specs[failed]?.onUnavailable;
  if (rule !== undefined) return rule === 'next';
  return !production || specs[next]?.managed === true;
}

/**
 * The rules as plain statements over everything that every store ever said. Answers why the outcome is forbidden, or
 * `undefined`.
 */
function objection(outcome: Outcome, everything: readonly Said[], specs: readonly LinkSpec[], production: boolean) {
  const log = everything.filter((said) => said.pass <= outcome.pass);
  const thisPass = log.filter((said) => said.pass === outcome.pass);
  if (outcome.isDefault || outcome.code === 'not_found') {
    if (thisPass.length !== specs.length) return 'absent although not every store was asked';
    if (thisPass.some((said) => said.state !== 'absent')) return 'absent although a store did not attest it';
    return undefined;
  }
  if (outcome.code !== undefined) {
    const last = thisPass.at(-1);
    if (last === undefined) return 'an error although nobody was asked';
    if (isStop(last.state)) {
      const expected = last.state === 'not_found' ? 'invalid' : last.state;
      return outcome.code === expected ? undefined : 'another error than that of the store that stopped the chain';
    }
    if (outcome.code !== 'unavailable') return 'an outage that is called something else';
    return thisPass.some((said) => isOutage(said.state)) ? undefined : 'unavailable although no store was';
  }
  const source = log.findLast((said) => said.atMs === outcome.readAtMs && said.value === outcome.value);
  if (source === undefined || source.state !== 'value') return 'a value that no store gave';
  const later = log.filter((said) => log.indexOf(said) > log.indexOf(source));
  if (later.some((said) => isStop(said.state))) return 'a value from before a refusal';
  if (later.some((said) => said.store === source.store && said.state === 'absent')) return 'a value that was removed';
  if (later.some((said) => said.state === 'value')) return 'an older value than the last one given';
  const above = log.filter((said) => said.pass === source.pass && said.store < source.store);
  if (above.length !== source.store) return 'a store before it was not asked';
  const down = above.filter((said) => isOutage(said.state));
  const past = log.filter((said) => said.pass < source.pass && said.state === 'value');
  for (const { store } of down) {
    if (!mayStandIn(specs, store, source.store, production)) return 'stood in where it may not';
    if (past.some((said) => said.store === store)) return 'stood in for a store that had served the path';
    const next = above.filter((said) => said.store > store);
    if (next.some((said) => !mayStandIn(specs, store, said.store, production))) return 'asked past a store in vain';
  }
  const ageMs = outcome.endMs - source.atMs;
  const isFromThisPass = source.pass === outcome.pass;
  const isYoung = down.length === 0 && outcome.startMs - source.atMs < ttlMs;
  const since = log.filter((said) => said.pass >= source.pass && isOutage(said.state));
  const isAfterOutage = since.some((said) => outcome.startMs - said.atMs < pauseMs + retriesMs);
  if (!isFromThisPass && !isYoung && ageMs >= maxStaleMs) return 'too old';
  if (!isFromThisPass && !isYoung && !isAfterOutage) return 'not fresh, and no store was down';
  const expectsMark = down.length > 0 || (!isFromThisPass && !isYoung);
  if (expectsMark && !outcome.degraded) return 'degraded but not marked';
  if (!expectsMark && outcome.degraded) return 'marked as degraded without an outage';
  return undefined;
}

async function play(specs: readonly LinkSpec[], production: boolean, steps: readonly Step[], withDefault: boolean) {
  const chain = chainUnderTest();
  const states = specs.map((): { state: State; value: string } => ({ state: 'absent', value: '' }));
  const log: Said[] = [];
  const outcomes: Outcome[] = [];
  let pass = 0;
  let writes = 0;
  const links = specs.map(({ managed, onUnavailable }, store) => {
    const scripted = chain.store({ name: `s${store}`, traits: { managed, layout: 'single' } });
    const read: typeof scripted.read = (ref, options) => {
      const { state, value } = states[store] ?? { state: 'absent', value: '' };
      const said = { pass, store, state, value, atMs: chain.clock.monotonic() };
      const before = log.at(-1);
      if (before?.pass !== pass || before.store !== store) log.push(said);
      return scripted.read(ref, options);
    };
    return { provider: { ...scripted, read }, scripted, onUnavailable };
  });
  const secrets = chain.secrets({ links, production, cache: { ttlMs, maxStaleMs }, random: () => 0 });
  for (const step of steps) {
    if (step.kind === 'wait') await chain.clock.advance(step.ms);
    if (step.kind === 'set') {
      writes += 1;
      const value = `v${writes}`;
      states[step.store] = { state: step.state, value };
      const { state } = step;
      const answer = state === 'absent' ? { absent: true as const } : state === 'value' ? { value } : { error: state };
      links[step.store]?.scripted.says(name, answer);
    }
    if (step.kind !== 'get') continue;
    pass += 1;
    const startMs = chain.clock.monotonic();
    const outcome = await getOnce(startMs);
    outcomes.push(outcome);
    if (outcome.readAtMs === undefined || outcome.readAtMs >= startMs || outcome.degraded) continue;
    await endRefreshAhead();
  }
  return { log, outcomes };

  async function endRefreshAhead(): Promise<void> {
    const begun = log.findIndex((said) => said.pass === pass);
    if (begun < 0) return;
    pass += 1;
    log.push(...log.splice(begun).map((said) => ({ ...said, pass })));
    await chain.clock.advance(specs.length * retriesMs);
  }

  async function getOnce(startMs: number): Promise<Outcome> {
    try {
      const secret = await chain.settle(secrets.get(name, withDefault ? { default: 'fallback' } : {}));
      const endMs = chain.clock.monotonic();
      const { origin } = secret;
      if (origin?.provider === 'default') return { pass, startMs, endMs, isDefault: true };
      const readAtMs = endMs - (origin?.ageMs ?? Number.NaN);
      return { pass, startMs, endMs, value: secret.expose(), readAtMs, degraded: origin?.degraded ?? false };
    } catch (error) {
      if (!isKeywardError(error)) throw error;
      return { pass, startMs, endMs: chain.clock.monotonic(), code: error.code };
    }
  }
}

const linkSpec: fc.Arbitrary<LinkSpec> = fc.record({
  managed: fc.boolean(),
  onUnavailable: fc.constantFrom('next' as const, 'stop' as const, undefined, undefined),
});

const state: fc.Arbitrary<State> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<State>('value') },
  { weight: 2, arbitrary: fc.constantFrom<State>('absent') },
  { weight: 4, arbitrary: fc.constantFrom<State>(...outageCodes) },
  { weight: 1, arbitrary: fc.constantFrom<State>(...stopCodes) },
);

const step = (stores: number): fc.Arbitrary<Step> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('set' as const), store: fc.nat(stores - 1), state }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('wait' as const),
        ms: fc.constantFrom(1, 1_000, pauseMs, ttlMs - 1, ttlMs, 30_000, maxStaleMs),
      }),
    },
    { weight: 4, arbitrary: fc.constant({ kind: 'get' as const }) },
  );

const scenario = fc.array(linkSpec, { minLength: 1, maxLength: 3 }).chain((specs) =>
  fc.record({
    specs: fc.constant(specs),
    production: fc.boolean(),
    withDefault: fc.boolean(),
    steps: fc.array(step(specs.length), { minLength: 4, maxLength: 40 }),
  }),
);

describe('for any script of what stores answer over time', () => {
  test('the chain gives nothing that the rules forbid', async () => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(scenario, async ({ specs, production, steps, withDefault }) => {
        const { log, outcomes } = await play(specs, production, steps, withDefault);
        for (const outcome of outcomes) {
          const kind = outcome.isDefault ? 'default' : (outcome.code ?? (outcome.degraded ? 'degraded' : 'good'));
          seen.set(kind, (seen.get(kind) ?? 0) + 1);
          expect(objection(outcome, log, specs, production)).toBeUndefined();
        }
      }),
      { numRuns: 500 },
    );
    for (const kind of ['default', 'not_found', 'unavailable', 'denied', 'good', 'degraded']) {
      expect(seen.get(kind) ?? 0, kind).toBeGreaterThan(10);
    }
  });

  test('the chain gives what the first store that has it says, once all stores answer and memory has run out', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }), async (parts, holders) => {
        const { specs, production, steps } = parts;
        const repaired = specs.map(
          (_, store): Step => ({ kind: 'set', store, state: holders[store] ? 'value' : 'absent' }),
        );
        const wait: Step = { kind: 'wait', ms: maxStaleMs };
        const { log, outcomes } = await play(specs, production, [...steps, ...repaired, wait, { kind: 'get' }], false);
        const last = outcomes.at(-1);
        const first = specs.findIndex((_, store) => holders[store]);
        if (first < 0) {
          expect(last?.code).toBe('not_found');
          return;
        }
        expect(last).toMatchObject({ degraded: false });
        expect(log.at(-1)).toMatchObject({ store: first, value: last?.value });
      }),
      { numRuns: 200 },
    );
  });
});
