import assert from 'node:assert/strict';
import type { ContractCases } from './contract.js';
import { type ErrorCode, isKeywardError, KeywardError } from './errors.js';
import { type Path, parseDirectory, parsePath } from './path.js';
import { binaryPayload, fieldsOf, type Payload, payloadText, textPayload } from './payload.js';
import type { CallOptions, Provider } from './provider.js';
import { parseRef } from './ref.js';
import { versionKey } from './version.js';

export interface ProviderSubject {
  /** Over a store that holds nothing, not used yet. */
  readonly provider: Provider;
  /** Puts the secret into the backing store behind the provider's back, as that store's own tools would. */
  seed(path: Path, payload: Payload): Promise<void>;
}

export const canary = 'CANARY-4f1c9a';
const single = parsePath('contract/alpha');
const other = parsePath('contract/beta');
const document = parsePath('contract/document');
const documentText = '{"first": "one", "count": 1.50, "big": 12345678901234567890, "nested": {"a" : [1]}, "empty":""}';

const read = async (subject: ProviderSubject, ref: string, call?: CallOptions) =>
  (await subject.provider.read(parseRef(ref), call))?.payload;

async function comesBack(subject: ProviderSubject, payload: Payload): Promise<void> {
  await subject.seed(single, payload);
  const found = await read(subject, single);
  assert.ok(found !== undefined);
  assert.deepEqual(Buffer.from(found.bytes), Buffer.from(payload.bytes));
  assert.equal(found.kind, payload.kind);
}

async function fieldIs(subject: ProviderSubject, field: string, text: string): Promise<void> {
  await subject.seed(document, textPayload(documentText));
  const found = await read(subject, `${document}#${field}`);
  const value = found && fieldsOf(found).get(field);
  assert.equal(value && payloadText(value), text);
}

export async function listed(provider: Provider, directory: string, call?: CallOptions): Promise<readonly string[]> {
  const paths: string[] = [];
  for await (const path of provider.list(parseDirectory(directory), call)) paths.push(path);
  return paths.sort();
}

/** The error, which must carry one of the codes and must not carry a value. */
export async function rejected(promise: Promise<unknown>, ...codes: readonly ErrorCode[]): Promise<KeywardError> {
  const error = await promise.then(
    () => assert.fail(`expected ${codes.join(' or ')}, and it succeeded`),
    (thrown: unknown) => thrown,
  );
  assert.ok(isKeywardError(error), `not a KeywardError: ${String(error)}`);
  assert.ok(codes.includes(error.code), `expected ${codes.join(' or ')}, got ${error.code}: ${error.message}`);
  assert.ok(!`${error.message}${error.advice}${error.stack}`.includes(canary), 'the error holds a value');
  return error;
}

/** Every call that only asks, to be refused in the same way. */
function askingCalls(provider: Provider, call?: CallOptions): Readonly<Record<string, () => Promise<unknown>>> {
  return {
    read: () => provider.read(parseRef(single), call),
    readMany: () => provider.readMany([parseRef(single)], call),
    ...(provider.capabilities.has('list') && { list: () => listed(provider, '', call) }),
    ...(provider.capabilities.has('describe') && { describe: () => provider.describe(single, call) }),
  };
}

/** What a reader gets, what a listing shows, and how a provider ends. */
export const providerReadCases: ContractCases<ProviderSubject> = {
  'says what it is': async ({ provider }) => {
    assert.match(provider.name, /^[a-z][a-z0-9-]{0,31}$/);
    assert.match(provider.kind, /^[a-z]+$/);
    assert.ok(['document', 'single', 'both'].includes(provider.traits.layout));
  },

  'answers undefined for an absent secret': async (subject) => {
    await subject.seed(other, textPayload('x'));
    assert.equal(await read(subject, single), undefined);
  },

  'answers undefined in a store that holds nothing': async (subject) => {
    assert.equal(await read(subject, single), undefined);
  },

  'answers undefined for an absent secret in a folder that nothing is in': async (subject) => {
    await subject.seed(other, textPayload('x'));
    assert.equal(await read(subject, 'contract/nowhere/near/alpha'), undefined);
  },

  'answers undefined for a field of an absent secret': async (subject) => {
    assert.equal(await read(subject, `${single}#field`), undefined);
  },

  'answers undefined below a single value': async (subject) => {
    await subject.seed(single, textPayload('x'));
    assert.equal(await read(subject, `${single}/below`), undefined);
  },

  'does not take a path for another that begins or ends like it': async (subject) => {
    await subject.seed(parsePath('contract/alphabet'), textPayload('longer'));
    await subject.seed(parsePath('contract/alph'), textPayload('shorter'));
    assert.equal(await read(subject, single), undefined);
  },

  'does not take a folder for a secret': async (subject) => {
    await subject.seed(parsePath('contract/folder/alpha'), textPayload('x'));
    assert.equal(await read(subject, 'contract/folder'), undefined);
  },

  'keeps paths apart that differ in case only': async (subject) => {
    await subject.seed(parsePath('contract/Alpha'), textPayload('upper'));
    await subject.seed(single, textPayload('lower'));
    assert.deepEqual(await read(subject, 'contract/Alpha'), textPayload('upper'));
    assert.deepEqual(await read(subject, single), textPayload('lower'));
  },

  'keeps every character that a path may have': async (subject) => {
    const path = parsePath('contract/a.b+c=d@e-f_G0/x.y+z');
    await subject.seed(path, textPayload('odd'));
    assert.deepEqual((await subject.provider.read({ path }))?.payload, textPayload('odd'));
  },

  'answers under the path that was asked for': async (subject) => {
    await subject.seed(single, textPayload('x'));
    assert.equal((await subject.provider.read({ path: single }))?.path, single);
  },

  'gives text back exactly': async (subject) => {
    await comesBack(subject, textPayload('correct horse battery staple'));
  },

  'takes an empty text for a value': async (subject) => {
    await comesBack(subject, textPayload(''));
  },

  'gives unicode back exactly': async (subject) => {
    await comesBack(subject, textPayload('grüße e\u0301 漢字 🔑 \u200b\u2028\u00a0'));
  },

  'gives several lines and a final newline back exactly': async (subject) => {
    await comesBack(subject, textPayload('-----BEGIN KEY-----\nMIIE\n\n-----END KEY-----\n'));
  },

  'gives CRLF line ends back exactly': async (subject) => {
    await comesBack(subject, textPayload('one\r\ntwo\r\n'));
  },

  'gives spaces around a value back exactly': async (subject) => {
    await comesBack(subject, textPayload(' \t value \t '));
  },

  'expands and unquotes nothing': async (subject) => {
    await comesBack(subject, textPayload(`$2a$10$abc $HOME \${HOME} %PATH% "q" 'q' \`q\` \\n # no comment {{x}}`));
  },

  'does not guess types': async (subject) => {
    for (const text of ['true', '0123', '1e3', 'null', '[1, 2]', '"quoted"'])
      await comesBack(subject, textPayload(text));
  },

  'gives binary back exactly': async (subject) => {
    await comesBack(subject, binaryPayload(Uint8Array.from({ length: 256 }, (_, i) => 255 - i)));
  },

  'gives 64 KiB back exactly': async (subject) => {
    await comesBack(subject, textPayload('0123456789abcdef'.repeat(4096)));
  },

  'gives a JSON document back as it was written': async (subject) => {
    await comesBack(subject, textPayload(documentText));
  },

  'gives one field of a document': async (subject) => {
    await fieldIs(subject, 'first', 'one');
  },

  'gives a field that is no text as its verbatim JSON': async (subject) => {
    await fieldIs(subject, 'count', '1.50');
    await fieldIs(subject, 'big', '12345678901234567890');
    await fieldIs(subject, 'nested', '{"a" : [1]}');
  },

  'gives an empty field as a value': async (subject) => {
    await fieldIs(subject, 'empty', '');
  },

  'does not invent a field that the document lacks': async (subject) => {
    await subject.seed(document, textPayload(documentText));
    const found = await read(subject, `${document}#absent`);
    assert.equal(found && fieldsOf(found).get('absent'), undefined);
  },

  'gives a single value as its one field': async (subject) => {
    await subject.seed(single, textPayload('x'));
    const found = await read(subject, `${single}#value`);
    assert.deepEqual(found && fieldsOf(found).get('value'), textPayload('x'));
  },

  'sees at once what changed in the store': async (subject) => {
    await subject.seed(single, textPayload('before'));
    assert.deepEqual(await read(subject, single), textPayload('before'));
    await subject.seed(single, textPayload('after'));
    assert.deepEqual(await read(subject, single), textPayload('after'));
  },

  'hands out bytes that the caller may overwrite': async (subject) => {
    await subject.seed(single, textPayload('kept'));
    (await read(subject, single))?.bytes.fill(0);
    assert.deepEqual(await read(subject, single), textPayload('kept'));
  },

  'answers many refs in their order, absent and repeated ones too': async (subject) => {
    await subject.seed(single, textPayload('a'));
    await subject.seed(other, textPayload('b'));
    const refs = [other, 'contract/absent', single, other].map(parseRef);
    const answers = await subject.provider.readMany(refs);
    const texts = answers.map((answer) =>
      answer === undefined || answer instanceof KeywardError ? answer : payloadText(answer.payload),
    );
    assert.deepEqual(texts, ['b', undefined, 'a', 'b']);
  },

  'answers no refs with no answers': async ({ provider }) => {
    assert.deepEqual(await provider.readMany([]), []);
  },

  'gives what is wrong with one of many refs as its answer': async (subject) => {
    await subject.seed(single, textPayload('a'));
    const refs = [single, `${single}@7`, `${single}@${'0'.repeat(32)}`].map(parseRef);
    const answers = await subject.provider.readMany(refs);
    const alone = await Promise.all(refs.map((ref) => subject.provider.read(ref).catch((error: unknown) => error)));
    const shape = (answer: unknown) => (isKeywardError(answer) ? answer.code : answer);
    assert.deepEqual(answers.map(shape), alone.map(shape));
  },

  'has no version that was never written': async (subject) => {
    await subject.seed(single, textPayload('a'));
    for (const version of ['99', 'f'.repeat(32), 'never-a-stage']) {
      const answer = await subject.provider.read(parseRef(`${single}@${version}`)).catch((error: unknown) => error);
      assert.ok(answer === undefined || isKeywardError(answer, 'unsupported'), `it answered for @${version}`);
    }
  },

  'answers the current version by its stage': async (subject) => {
    await subject.seed(single, textPayload('a'));
    assert.deepEqual(await read(subject, `${single}@current`), textPayload('a'));
  },

  'answers many calls at once': async (subject) => {
    const paths = Array.from({ length: 20 }, (_, i) => parsePath(`contract/many_${i}`));
    for (const [i, path] of paths.entries()) await subject.seed(path, textPayload(`value ${i}`));
    const found = await Promise.all([...paths, ...paths].map((path) => read(subject, path)));
    assert.deepEqual(
      found.map((payload) => payload && payloadText(payload)),
      [...paths.keys(), ...paths.keys()].map((i) => `value ${i}`),
    );
  },

  'lists every path below a folder, at any depth, or declares that it cannot': async ({ provider, seed }) => {
    const paths = ['contract/alpha', 'contract/deep/er/gamma', 'contract/deep/beta', 'contracts/not'];
    for (const path of paths) await seed(parsePath(path), textPayload('x'));
    if (!provider.capabilities.has('list')) {
      await rejected(listed(provider, ''), 'unsupported');
      return;
    }
    assert.deepEqual(await listed(provider, ''), [...paths].sort());
    assert.deepEqual(await listed(provider, 'contract'), paths.slice(0, 3).sort());
    assert.deepEqual(await listed(provider, 'contract/deep/er'), ['contract/deep/er/gamma']);
    assert.deepEqual(await listed(provider, 'contract/alpha'), ['contract/alpha']);
    assert.deepEqual(await listed(provider, 'contract/absent'), []);
  },

  'lists an empty store as empty': async ({ provider }) => {
    if (provider.capabilities.has('list')) assert.deepEqual(await listed(provider, ''), []);
  },

  'lists more paths than fit one page': async ({ provider, seed }) => {
    if (!provider.capabilities.has('list')) return;
    const paths = Array.from({ length: 1100 }, (_, i) => parsePath(`contract/many/p${i}`));
    await Promise.all(paths.map((path) => seed(path, textPayload('x'))));
    assert.deepEqual(await listed(provider, 'contract'), [...paths].sort());
  },

  'describes a secret without its value, or declares that it cannot': async ({ provider, seed }) => {
    await seed(single, textPayload(canary));
    if (!provider.capabilities.has('describe')) {
      await rejected(provider.describe(single), 'unsupported');
      return;
    }
    const description = await provider.describe(single);
    assert.equal(description?.path, single);
    assert.equal(description?.current, description?.versions[0] && versionKey(description.versions[0]));
    assert.ok(!JSON.stringify(description).includes(canary));
    assert.equal(await provider.describe(other), undefined);
  },

  'refuses a caller who has given up already': async ({ provider, seed }) => {
    await seed(single, textPayload(canary));
    const signal = AbortSignal.abort(new Error('enough'));
    for (const call of Object.values(askingCalls(provider, { signal }))) await rejected(call(), 'timeout');
  },

  'gives the reason of the signal when it is one of our errors': async ({ provider }) => {
    const signal = AbortSignal.abort(new KeywardError('throttled', 'the budget is used up'));
    for (const call of Object.values(askingCalls(provider, { signal }))) await rejected(call(), 'throttled');
  },

  'answers the next caller after one gave up': async (subject) => {
    await subject.seed(single, textPayload('x'));
    const controller = new AbortController();
    const given = read(subject, single, { signal: controller.signal }).catch((error: unknown) => error);
    controller.abort();
    assert.deepEqual(await read(subject, single), textPayload('x'));
    const answer = await given;
    assert.ok(isKeywardError(answer, 'timeout') || (answer as Payload).kind === 'text');
  },

  'is healthy while its store answers': async ({ provider }) => {
    const health = await provider.health();
    assert.deepEqual({ ...health, findings: [] }, { status: 'healthy', findings: [] });
  },

  'never throws from health, whatever the signal': async ({ provider }) => {
    const health = await provider.health({ signal: AbortSignal.abort() });
    assert.ok(['healthy', 'unhealthy'].includes(health.status));
  },

  'answers unavailable to every call after it was closed': async ({ provider, seed }) => {
    await seed(single, textPayload(canary));
    await provider.read({ path: single });
    await provider.close();
    for (const call of Object.values(askingCalls(provider))) await rejected(call(), 'unavailable');
  },

  'is unhealthy after it was closed': async ({ provider }) => {
    await provider.close();
    const health = await provider.health();
    assert.equal(health.status, 'unhealthy');
    assert.ok(health.findings.every((finding) => finding.cause.length > 0 && finding.fix.length > 0));
    assert.ok(health.findings.length > 0);
  },

  'may be closed twice, and without ever being used': async ({ provider }) => {
    await provider.close();
    await provider.close();
  },

  'shows nothing of its values as JSON': async ({ provider, seed }) => {
    await seed(single, textPayload(canary));
    await provider.read({ path: single });
    assert.ok(!`${JSON.stringify(provider)}`.includes(canary));
  },
};
