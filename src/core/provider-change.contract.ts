import assert from 'node:assert/strict';
import type { ContractCases } from './contract.js';
import { readNoted } from './metadata.js';
import { parsePath } from './path.js';
import { payloadText, textPayload } from './payload.js';
import { expectedVersion, type Provider, type RemoveMode, type WriteInput, type WriteOptions } from './provider.js';
import { canary, listed, type ProviderSubject, rejected } from './provider-read.contract.js';
import { parseRef } from './ref.js';
import { type VersionInfo, type VersionKey, versionKey } from './version.js';

const path = parsePath('contract/changing');
const token = 'a-token-of-at-least-32-characters';

async function write(provider: Provider, text: string, options?: WriteOptions): Promise<VersionInfo | undefined> {
  return provider.write(path, { payload: textPayload(text) }, options);
}

async function textAt(provider: Provider, version?: string | number): Promise<string | undefined> {
  const found = await provider.read(parseRef(version === undefined ? path : `${path}@${version}`));
  return found && payloadText(found.payload);
}

async function currentKey(provider: Provider): Promise<VersionKey> {
  const version = (await provider.read({ path }))?.version;
  assert.ok(version !== undefined, 'a store that can be written tells its versions apart');
  return versionKey(version);
}

/** The key of a version that is not there. */
function otherThan(key: VersionKey): VersionKey {
  return typeof key === 'number' ? key + 1 : key.replaceAll(/[0-9a-f]/g, (digit) => (digit === '0' ? '1' : '0'));
}

const canExpect = ({ provider }: ProviderSubject) => provider.traits.lacksCheckAndSet !== true;

const canWrite = ({ provider }: ProviderSubject) => provider.capabilities.has('write');

/** Whether the rest of the case applies; else makes sure that the call is refused before anything happens. */
async function offers(
  { provider }: ProviderSubject,
  capability: 'write' | 'remove' | 'restore' | 'stage',
  call: () => Promise<unknown>,
): Promise<boolean> {
  if (provider.capabilities.has(capability)) return true;
  await rejected(call(), 'unsupported');
  return false;
}

const refuses = async (provider: Provider, input: WriteInput, options: WriteOptions) =>
  rejected(provider.write(path, input, options), 'conflict');

/** What changes a store; each applies as far as the capabilities go. */
export const providerChangeCases: ContractCases<ProviderSubject> = {
  'writes what is then read, or declares that it cannot': async (subject) => {
    const { provider } = subject;
    if (!(await offers(subject, 'write', () => write(provider, canary)))) return;
    await write(provider, 'first');
    assert.equal(await textAt(provider), 'first');
    await write(provider, 'second');
    assert.equal(await textAt(provider), 'second');
  },

  'leaves nothing behind when it cannot write': async (subject) => {
    if (canWrite(subject)) return;
    await rejected(write(subject.provider, canary), 'unsupported');
    assert.equal(await textAt(subject.provider), undefined);
  },

  'gives each version its own id and, where it numbers them, a higher number': async (subject) => {
    if (!canWrite(subject)) return;
    const { provider } = subject;
    const first = await write(provider, 'first');
    const second = await write(provider, 'second');
    const current = await currentKey(provider);
    if (first === undefined || second === undefined) return;
    assert.notEqual(second.id, first.id);
    assert.equal(versionKey(second), current);
    if (first.number !== undefined) assert.ok(second.number !== undefined && second.number > first.number);
  },

  'keeps the former version at the stage previous': async (subject) => {
    if (!canWrite(subject)) return;
    const { provider } = subject;
    await write(provider, 'first');
    const first = await currentKey(provider);
    await write(provider, 'second');
    assert.equal(await textAt(provider, 'previous'), 'first');
    assert.equal(await textAt(provider, first), 'first');
  },

  'writes only onto the version that was expected, or declares that it cannot': async (subject) => {
    if (!canWrite(subject)) return;
    const { provider } = subject;
    if (!canExpect(subject)) {
      for (const ifVersion of [0, 'f'.repeat(32)])
        await rejected(write(provider, canary, { ifVersion }), 'unsupported');
      assert.equal(await textAt(provider), undefined);
      return;
    }
    await write(provider, 'first', { ifVersion: 0 });
    const first = await currentKey(provider);
    await refuses(provider, { payload: textPayload(canary) }, { ifVersion: 0 });
    await refuses(provider, { payload: textPayload(canary) }, { ifVersion: otherThan(first) });
    assert.equal(await textAt(provider), 'first');
    await write(provider, 'second', { ifVersion: first });
    assert.equal(await textAt(provider), 'second');
  },

  'lets one of many writers onto the same version win': async (subject) => {
    if (!canWrite(subject) || !canExpect(subject)) return;
    const { provider } = subject;
    const attempts = Array.from({ length: 8 }, (_, i) => write(provider, `writer ${i}`, { ifVersion: 0 }));
    const results = await Promise.allSettled(attempts);
    const winner = results.findIndex((result) => result.status === 'fulfilled');
    assert.equal(results.filter((result) => result.status === 'fulfilled').length, 1);
    assert.equal(await textAt(provider), `writer ${winner}`);
  },

  'makes one version of a write that is repeated with its token': async (subject) => {
    if (!canWrite(subject)) return;
    const { provider } = subject;
    await write(provider, 'same', { token, ifVersion: 0 });
    const first = await currentKey(provider);
    await write(provider, 'same', { token, ifVersion: 0 });
    assert.equal(await currentKey(provider), first);
    await refuses(provider, { payload: textPayload(canary) }, { token });
    assert.equal(await textAt(provider), 'same');
  },

  'replaces metadata only while it is what was expected': async (subject) => {
    if (!canWrite(subject)) return;
    const { provider } = subject;
    await provider.write(path, { payload: textPayload('first'), metadata: { owner: 'trading' }, ifMetadata: {} });
    await assert.rejects(provider.write(path, { metadata: {}, ifMetadata: {} }), { code: 'conflict' });
    await provider.write(path, { metadata: { owner: 'ops' }, ifMetadata: { owner: 'trading' } });
    assert.deepEqual((await readNoted(provider, path))?.metadata, { owner: 'ops' });
  },

  'keeps metadata when only the value is written, and the value when only metadata is': async (subject) => {
    if (!canWrite(subject)) return;
    const { provider } = subject;
    await provider.write(path, { payload: textPayload('first'), metadata: { owner: 'trading' } });
    await write(provider, 'second');
    assert.deepEqual((await readNoted(provider, path))?.metadata, { owner: 'trading' });
    await provider.write(path, { metadata: { purpose: 'orders' } });
    assert.deepEqual((await readNoted(provider, path))?.metadata, { purpose: 'orders' });
    assert.equal(await textAt(provider), 'second');
  },

  'writes an empty value': async (subject) => {
    if (!canWrite(subject)) return;
    await write(subject.provider, '');
    assert.equal(await textAt(subject.provider), '');
  },

  'keeps no hold on the bytes that were written': async (subject) => {
    if (!canWrite(subject)) return;
    const payload = textPayload('kept');
    await subject.provider.write(path, { payload });
    payload.bytes.fill(0);
    assert.equal(await textAt(subject.provider), 'kept');
  },

  'hides a removed secret as deleted, or declares that it cannot': async (subject) => {
    const { provider } = subject;
    if (!(await offers(subject, 'remove', () => provider.remove({ path }, { mode: 'soft' })))) return;
    await write(provider, canary);
    await provider.remove({ path }, { mode: 'soft' });
    await rejected(provider.read({ path }), 'deleted');
  },

  'brings a removed version back, or declares that it cannot': async (subject) => {
    const { provider } = subject;
    if (!(await offers(subject, 'restore', () => provider.restore({ path })))) return;
    await write(provider, 'kept');
    await provider.remove({ path }, { mode: 'soft' });
    await provider.restore({ path });
    assert.equal(await textAt(provider), 'kept');
  },

  'destroys one version for good and leaves the others': async (subject) => {
    const { provider } = subject;
    if (!provider.capabilities.has('remove')) return;
    await write(provider, canary);
    const first = await currentKey(provider);
    await write(provider, 'second');
    await provider.remove(parseRef(`${path}@${first}`), { mode: 'destroy' });
    await rejected(provider.read(parseRef(`${path}@${first}`)), 'deleted');
    assert.equal(await textAt(provider), 'second');
    if (provider.capabilities.has('restore')) {
      await rejected(provider.restore(parseRef(`${path}@${first}`)), 'deleted', 'conflict');
    }
  },

  'purges a secret as if it had never been': async (subject) => {
    const { provider } = subject;
    if (!provider.capabilities.has('remove')) return;
    await write(provider, canary);
    await write(provider, canary);
    await provider.remove({ path }, { mode: 'purge' });
    assert.equal(await textAt(provider), undefined);
    assert.equal(await textAt(provider, 'previous'), undefined);
    if (provider.capabilities.has('list')) assert.deepEqual(await listed(provider, ''), []);
    await write(provider, 'again', { ifVersion: expectedVersion(provider, 0) });
    assert.equal(await textAt(provider), 'again');
  },

  'says not_found when there is nothing to remove': async (subject) => {
    const { provider } = subject;
    if (!provider.capabilities.has('remove')) return;
    for (const mode of ['soft', 'destroy', 'purge'] satisfies RemoveMode[]) {
      await rejected(provider.remove({ path }, { mode }), 'not_found');
    }
  },

  'moves the stage current back to an older version, or declares that it cannot': async (subject) => {
    const { provider } = subject;
    if (!(await offers(subject, 'stage', () => provider.stage(path, 'current', 1)))) return;
    await write(provider, 'first');
    const first = await currentKey(provider);
    await write(provider, 'second');
    await provider.stage(path, 'current', first);
    assert.equal(await textAt(provider), 'first');
    assert.equal(await textAt(provider, 'previous'), 'second');
  },

  'sets, moves and takes away a stage of the user': async (subject) => {
    const { provider } = subject;
    if (!provider.capabilities.has('stage')) return;
    await write(provider, 'first');
    const first = await currentKey(provider);
    await write(provider, 'second');
    await provider.stage(path, 'canary', first);
    assert.equal(await textAt(provider, 'canary'), 'first');
    await provider.stage(path, 'canary', await currentKey(provider));
    assert.equal(await textAt(provider, 'canary'), 'second');
    await provider.stage(path, 'canary', undefined);
    assert.equal(await textAt(provider, 'canary'), undefined);
  },

  'moves no stage to a version that does not exist': async (subject) => {
    const { provider } = subject;
    if (!provider.capabilities.has('stage')) return;
    await write(provider, 'first');
    await rejected(provider.stage(path, 'canary', otherThan(await currentKey(provider))), 'not_found', 'invalid');
    assert.equal(await textAt(provider), 'first');
  },

  'describes the versions, newest first': async (subject) => {
    const { provider } = subject;
    if (!canWrite(subject) || !provider.capabilities.has('describe')) return;
    await write(provider, 'first');
    await write(provider, 'the second');
    const description = await provider.describe(path);
    assert.deepEqual(
      description?.versions.map(({ state, stages }) => ({ state, stages })),
      [
        { state: 'live', stages: ['current'] },
        { state: 'live', stages: ['previous'] },
      ],
    );
    const sizes = description?.versions.map(({ size }) => size) ?? [];
    const isUnknown = sizes.every((size) => size === undefined);
    assert.deepEqual(sizes, isUnknown ? sizes : [10, 5]);
  },

  'hints at changes below what is watched, or declares that it cannot': async (subject) => {
    const { provider } = subject;
    if (!provider.capabilities.has('watch')) {
      assert.throws(() => provider.watch('', () => {}), { code: 'unsupported' });
      return;
    }
    assert.equal(await textAt(provider), undefined);
    await new Promise<void>((resolve, reject) => {
      const stop = provider.watch(parsePath('contract'), () => {
        stop();
        resolve();
      });
      subject.seed(path, textPayload('x')).catch(reject);
    });
  },

  'tells of the rotation by the store itself and starts none that it could not do, or declares that it cannot': async ({
    provider,
  }) => {
    const { rotation } = provider;
    assert.equal(rotation !== undefined, provider.capabilities.has('rotation'));
    if (rotation === undefined) return;
    assert.equal(await rotation.status(path), undefined);
    await rejected(rotation.start(path), 'not_found');
    await write(provider, 'first');
    const status = await rotation.status(path);
    assert.deepEqual([status?.isEnabled, status?.last, status?.pending], [false, undefined, undefined]);
    await rejected(rotation.start(path), 'unsupported');
    await rejected(rotation.start(path, { days: 1 }, { signal: AbortSignal.abort() }), 'timeout');
    assert.equal(await textAt(provider), 'first');
    await provider.close();
    await rejected(rotation.start(path), 'unavailable');
  },

  'changes nothing for a caller who has given up already': async (subject) => {
    if (!canWrite(subject)) return;
    await rejected(write(subject.provider, canary, { signal: AbortSignal.abort() }), 'timeout');
    assert.equal(await textAt(subject.provider), undefined);
  },

  'changes nothing after it was closed': async (subject) => {
    const { provider } = subject;
    await provider.close();
    const code = canWrite(subject) ? 'unavailable' : 'unsupported';
    await rejected(write(provider, canary), code);
  },
};
