import { describe, expect, test } from 'vitest';
import { parsePath } from '../core/path.js';
import { payloadText, textPayload } from '../core/payload.js';
import type { Provider } from '../core/provider.js';
import { createMemoryProvider } from '../testing/memory-provider.js';
import { assignFields, assignValue } from './assign.js';

const path = parsePath('exchange/binance');
const metadataOf = async (provider: Provider) => (await provider.describe(path))?.metadata;
const textOf = async (provider: Provider) => payloadText((await provider.read({ path }))?.payload ?? textPayload(''));

/** The provider, with something that happens once between a look at the secret and the write. */
function overtaken(provider: Provider, act: () => Promise<unknown>): Provider {
  let waiting: (() => Promise<unknown>) | undefined = act;
  return {
    ...provider,
    write: async (...args) => {
      const now = waiting;
      waiting = undefined;
      await now?.();
      return provider.write(...args);
    },
  };
}

describe('metadata', () => {
  test('is changed entry by entry, with the value or without one', async () => {
    const provider = createMemoryProvider({ secrets: { [path]: 'x' } });
    await assignValue(provider, path, textPayload('y'), {
      metadata: new Map([
        ['owner', 'ops'],
        ['env', 'X'],
      ]),
    });
    await assignFields(provider, path, new Map([['a', '1']]), { replace: true });
    await assignValue(provider, path, undefined, {
      metadata: new Map([
        ['owner', undefined],
        ['expires', 'soon'],
      ]),
    });
    expect(await metadataOf(provider)).toEqual({ env: 'X', expires: 'soon' });
    expect((await provider.describe(path))?.versions).toHaveLength(3);
  });

  test('that two people change at once keeps both changes', async () => {
    const inner = createMemoryProvider({ secrets: { [path]: 'x' } });
    const theirs = () => assignValue(inner, path, undefined, { metadata: new Map([['owner', 'theirs']]) });
    await assignValue(overtaken(inner, theirs), path, undefined, { metadata: new Map([['expires', 'ours']]) });
    expect(await metadataOf(inner)).toEqual({ owner: 'theirs', expires: 'ours' });
  });

  test('of a deleted secret stays when it is written again', async () => {
    const provider = createMemoryProvider({ secrets: { [path]: 'x' } });
    await assignValue(provider, path, undefined, { metadata: new Map([['owner', 'ops']]) });
    await provider.remove({ path }, { mode: 'soft' });
    await assignValue(provider, path, textPayload('y'), { metadata: new Map([['purpose', 'test']]) });
    expect(await metadataOf(provider)).toEqual({ owner: 'ops', purpose: 'test' });
  });

  test('of a secret that does not exist is not found', async () => {
    const written = assignValue(createMemoryProvider(), path, undefined, { metadata: new Map([['a', 'b']]) });
    await expect(written).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('fields', () => {
  test('of a document that appears meanwhile are merged into it', async () => {
    const provider = createMemoryProvider();
    const late = overtaken(provider, async () => provider.set(path, { theirs: '1' }));
    await assignFields(late, path, new Map([['ours', '2']]), {});
    expect(await textOf(provider)).toBe('{"theirs":"1","ours":"2"}');
  });

  test('of a document that appears between reading and asking for its version are merged too', async () => {
    const provider = createMemoryProvider();
    const late: Provider = {
      ...provider,
      describe: async (asked) => {
        if ((await provider.describe(asked)) === undefined) provider.set(path, { theirs: '1' });
        return provider.describe(asked);
      },
    };
    await assignFields(late, path, new Map([['ours', '2']]), {});
    expect(await textOf(provider)).toBe('{"theirs":"1","ours":"2"}');
  });

  test('are not merged into another version than the one asked for', async () => {
    const provider = createMemoryProvider({ secrets: { [path]: { a: '1' } } });
    const late = overtaken(provider, async () => provider.set(path, { theirs: '1' }));
    const written = assignFields(late, path, new Map([['ours', '2']]), { ifVersion: 1 });
    await expect(written).rejects.toMatchObject({ code: 'conflict' });
  });
});
