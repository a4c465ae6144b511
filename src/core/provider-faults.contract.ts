import assert from 'node:assert/strict';
import { type ContractCases, type Deviation, runContract, type TestRunner } from './contract.js';
import { errorTable, type KeywardError } from './errors.js';
import { parsePath } from './path.js';
import { payloadText, textPayload } from './payload.js';
import type { CallOptions, Provider } from './provider.js';
import { canary, listed, type ProviderSubject, rejected } from './provider-read.contract.js';

/** What can go wrong between a provider and the server of its store. */
export type WireFault =
  /** The server answers this, and nothing reaches the store. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Nobody listens any more. */
  | { readonly kind: 'refuse' }
  /** The request is taken, and no answer comes. */
  | { readonly kind: 'silence' }
  /** The connection is reset: before the store was asked, or after it has done what was asked. */
  | { readonly kind: 'reset'; readonly afterAsking?: boolean }
  /** The store's answer breaks off in its middle. */
  | { readonly kind: 'truncate' }
  /** What comes back is no HTTP. */
  | { readonly kind: 'garbage'; readonly text: string }
  /** The answer begins and never goes on. */
  | { readonly kind: 'drip' }
  /** The answer does not end. */
  | { readonly kind: 'flood' };

export interface FaultSubject extends ProviderSubject {
  /** Spoils exchanges of the provider from now on: all of them, or the next ones up to this count. */
  spoil(fault: WireFault, count?: number): Promise<void>;
  heal(): Promise<void>;
  /** Resolves when the provider has sent its next request. */
  arrival(): Promise<void>;
  /** Another server, which nothing may be sent to. */
  readonly elsewhere: { readonly address: string; readonly requests: () => number };
  /** What the provider signs in with; it may stand in no error. */
  readonly credentials: readonly string[];
}

export type MakeFaultSubject = () => Promise<{
  readonly subject: FaultSubject;
  readonly dispose?: () => Promise<void>;
}>;

/** What every provider of a networked store makes of faults on the wire. The seam is a proxy before the real server. */
export function providerFaultContract(
  runner: TestRunner,
  provider: string,
  make: MakeFaultSubject,
  deviations: readonly Deviation[] = [],
): void {
  runContract(runner, `provider on a bad wire: ${provider}`, faultCases, make, deviations);
}

const path = parsePath('contract/alpha');
const html = '<!doctype html><title>Sign in</title><p>Please accept the conditions of this network.</p>';
const page = { 'content-type': 'text/html' };
const json = { 'content-type': 'application/json' };
const outages = ['unavailable', 'timeout'] as const;
const notItsForm = ['invalid', 'integrity'] as const;

type Codes = Parameters<typeof rejected>[1][];

const answer = (status: number, headers: Readonly<Record<string, string>>, body: string): WireFault => ({
  kind: 'answer',
  status,
  headers,
  body,
});

/** Everything that an error holds, also where printing would not look. */
function textsOf(error: unknown, seen = new Set<unknown>()): string {
  if (typeof error !== 'object' || error === null) return String(error);
  if (seen.has(error)) return '';
  seen.add(error);
  if (error instanceof Uint8Array) return new TextDecoder().decode(error);
  const names = Reflect.ownKeys(error);
  return names.map((name) => `${String(name)} ${textsOf(Reflect.get(error, name), seen)}`).join('\n');
}

function assertKeepsSecrets(error: KeywardError, { credentials }: FaultSubject): void {
  const texts = textsOf(error);
  for (const secret of [canary, ...credentials]) assert.ok(!texts.includes(secret), 'the error holds a secret');
}

/** Everything that asks, each refused with one of the codes, and with no secret in the error. */
async function asksInVain(subject: FaultSubject, ...codes: Codes): Promise<void> {
  const { provider } = subject;
  const calls: (() => Promise<unknown>)[] = [() => provider.read({ path })];
  if (provider.capabilities.has('list')) calls.push(() => listed(provider, 'contract'));
  if (provider.capabilities.has('describe')) calls.push(() => provider.describe(path));
  for (const call of calls) assertKeepsSecrets(await rejected(call(), ...codes), subject);
}

const reads = async ({ provider }: FaultSubject, call?: CallOptions) => {
  const found = await provider.read({ path }, call);
  return found && payloadText(found.payload);
};

/** Over a secret, with everything warm: what is spoiled then is the very question. */
async function warm(subject: FaultSubject): Promise<void> {
  await subject.seed(path, textPayload(canary));
  assert.equal(await reads(subject), canary);
}

/** The case with the fault for every exchange, before and after the first read; after it, all is well again. */
function spoiled(fault: WireFault | ((subject: FaultSubject) => WireFault), ...codes: Codes) {
  return async (subject: FaultSubject) => {
    const chosen = typeof fault === 'function' ? fault(subject) : fault;
    await subject.seed(path, textPayload(canary));
    await subject.spoil(chosen);
    await asksInVain(subject, ...codes);
    await subject.heal();
    assert.equal(await reads(subject), canary);
    await subject.spoil(chosen);
    await asksInVain(subject, ...codes);
    assert.equal((await subject.provider.health()).status, 'unhealthy');
    await subject.heal();
    assert.equal(await reads(subject), canary);
    assert.equal(subject.elsewhere.requests(), 0);
  };
}

const redirect = (status: number) => (subject: FaultSubject) =>
  answer(status, { ...json, location: `${subject.elsewhere.address}/stolen` }, '');

/** A caller who gives up once the request is under way. */
async function givesUp(subject: FaultSubject, fault: WireFault): Promise<void> {
  await warm(subject);
  await subject.spoil(fault);
  const controller = new AbortController();
  const arrived = subject.arrival();
  const asked = rejected(reads(subject, { signal: controller.signal }), 'timeout');
  await arrived;
  controller.abort();
  assertKeepsSecrets(await asked, subject);
  await subject.heal();
  assert.equal(await reads(subject), canary);
}

const write = (provider: Provider, text: string) => provider.write(path, { payload: textPayload(text) });

const faultCases: ContractCases<FaultSubject> = {
  'takes a refused connection for an outage': spoiled({ kind: 'refuse' }, ...outages),
  'takes a reset connection for an outage': spoiled({ kind: 'reset' }, ...outages),
  'takes an answer that breaks off for an outage or malformed': spoiled({ kind: 'truncate' }, ...outages, 'invalid'),
  'takes what is no HTTP for malformed or an outage': spoiled(
    { kind: 'garbage', text: `\u0016\u0003\u0001 ${canary}\r\n\r\n` },
    'invalid',
    ...outages,
  ),
  'takes a page with status 200 for no value': spoiled(answer(200, page, html), ...notItsForm),
  'takes a page with status 404 for no absence': spoiled(answer(404, page, html), ...notItsForm),
  'takes an empty 404 for no absence': spoiled(answer(404, {}, ''), ...notItsForm),
  'takes the 404 of another service for no absence': spoiled(
    answer(404, json, '{"message":"no such route"}'),
    ...notItsForm,
  ),
  'takes an empty answer with status 200 for no value': spoiled(answer(200, json, ''), ...notItsForm),
  'takes JSON of another form for no value': spoiled(answer(200, json, '{"value":"x"}'), ...notItsForm),
  'takes JSON that is no object for no value': spoiled(answer(200, json, '["x"]'), ...notItsForm),
  'is not moved by names that mean something to JavaScript': async (subject) => {
    const hostile = '{"__proto__":{"data":{"value":"x"}},"constructor":{"prototype":{"polluted":true}}}';
    await spoiled(answer(200, json, hostile), ...notItsForm)(subject);
    assert.equal(Reflect.get({}, 'polluted'), undefined);
    assert.equal(Reflect.get({}, 'data'), undefined);
  },
  'does not repeat what a server says when it refuses': spoiled(
    (subject) => answer(400, json, JSON.stringify({ errors: [`${canary} ${subject.credentials.join(' ')}`] })),
    'invalid',
    'denied',
    'unauthenticated',
    'config',
  ),
  'takes 500 for an outage': spoiled(answer(500, json, '{}'), ...outages),
  'takes 502 with a page for an outage': spoiled(answer(502, page, html), ...outages),
  'takes 503 for an outage': spoiled(answer(503, json, '{}'), ...outages),
  'takes 504 with a page for an outage': spoiled(answer(504, page, html), ...outages),
  'says throttled when the server asks for more time than there is': spoiled(
    answer(429, { ...json, 'retry-after': '3600' }, '{}'),
    'throttled',
  ),
  'follows no redirect to another server (307)': spoiled(redirect(307), ...notItsForm),
  'follows no redirect to another server (302)': spoiled(redirect(302), ...notItsForm),
  'follows no redirect to another server (301)': spoiled(redirect(301), ...notItsForm),
  'takes no answer that does not end': spoiled({ kind: 'flood' }, 'invalid', 'too_large'),

  'asks again at once when the server says so': async (subject) => {
    await warm(subject);
    await subject.spoil(answer(429, { ...json, 'retry-after': '0' }, '{}'), 1);
    assert.equal(await reads(subject), canary);
  },

  'lets a caller give up on a server that never answers': (subject) => givesUp(subject, { kind: 'silence' }),

  'lets a caller give up on an answer that never ends': (subject) => givesUp(subject, { kind: 'drip' }),

  'does not say that it has written what may not have been': async (subject) => {
    const { provider } = subject;
    if (!provider.capabilities.has('write')) return;
    await warm(subject);
    for (const fault of [{ kind: 'reset' }, { kind: 'truncate' }, answer(200, page, html)] satisfies WireFault[]) {
      await subject.spoil(fault);
      assertKeepsSecrets(await rejected(write(provider, canary), ...outages, 'invalid'), subject);
      await subject.heal();
    }
  },

  'writes once when the answer to a write is lost': async (subject) => {
    const { provider } = subject;
    if (!provider.capabilities.has('write')) return;
    await warm(subject);
    const before = (await provider.read({ path }))?.version?.number;
    await subject.spoil({ kind: 'reset', afterAsking: true });
    await rejected(write(provider, 'written'), ...outages);
    await subject.heal();
    assert.equal(await reads(subject), 'written');
    assert.equal((await provider.read({ path }))?.version?.number, before && before + 1);
  },

  'says nothing was written when a write is redirected to another server': async (subject) => {
    const { provider } = subject;
    if (!provider.capabilities.has('write')) return;
    await warm(subject);
    await subject.spoil(redirect(307)(subject));
    await rejected(write(provider, 'stolen'), ...notItsForm);
    await subject.heal();
    assert.equal(await reads(subject), canary);
    assert.equal(subject.elsewhere.requests(), 0);
  },

  'gives no part of a listing that fails in its middle': async (subject) => {
    const { provider } = subject;
    if (!provider.capabilities.has('list')) return;
    for (const name of ['contract/a/one', 'contract/b/two']) await subject.seed(parsePath(name), textPayload('x'));
    await warm(subject);
    await subject.spoil({ kind: 'truncate' });
    await rejected(listed(provider, ''), ...outages, 'invalid');
  },

  'tells what to do next': async (subject) => {
    await subject.spoil({ kind: 'refuse' });
    const error = await rejected(subject.provider.read({ path }), ...outages);
    assert.ok(error.advice.length > 0 && error.code in errorTable);
    assert.equal(error.store, subject.provider.name);
  },
};
