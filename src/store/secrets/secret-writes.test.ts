import { describe, expect, test } from 'vitest';
import { parsePath } from '../../core/path.js';
import { binaryPayload, maxPayloadBytes, textPayload } from '../../core/payload.js';
import { memoryStore, newChange, readText, writeText } from '../../testing/store-under-test.js';

const path = parsePath('exchange/binance');
const token = 'a'.repeat(32);
const otherToken = 'b'.repeat(64);

describe('writing a secret', () => {
  test('the first version has number 1, and each further one the highest number plus one', async () => {
    const store = memoryStore();
    const first = await writeText(store, path, 'one');
    const second = await writeText(store, path, 'two');
    expect(first).toMatchObject({ number: 1, state: 'live', stages: ['current'], size: 3 });
    expect(second).toMatchObject({ number: 2, stages: ['current'] });
    expect(first.id).toMatch(/^[0-9a-f]{32}$/);
    expect(second.id).not.toBe(first.id);
    expect(first.createdAt).toEqual(new Date(store.clock.now()));
  });

  test('the version that was current becomes previous', async () => {
    const store = memoryStore();
    for (const text of ['one', 'two', 'three']) await writeText(store, path, text);
    const description = await store.secrets.describe(path);
    expect(description?.versions.map((version) => version.stages)).toEqual([['current'], ['previous'], []]);
  });

  test('numbers of destroyed and pruned versions are never given out again', async () => {
    const store = memoryStore();
    await writeText(store, path, 'one');
    await writeText(store, path, 'two');
    await store.secrets.destroy(newChange(), path, { versions: [1, 2] });
    expect(await writeText(store, path, 'three')).toMatchObject({ number: 3 });
    await store.secrets.setMaxVersions(newChange(), path, 1);
    expect(await writeText(store, path, 'four')).toMatchObject({ number: 4 });
  });

  test('text and binary payloads come back byte for byte with their kind', async () => {
    const store = memoryStore();
    for (const payload of [textPayload('\ufeffé\n'), binaryPayload(Uint8Array.of(0, 255, 10)), textPayload('')]) {
      await store.secrets.write(newChange(), path, { payload }, {});
      expect((await store.secrets.read({ path }))?.payload).toEqual(payload);
    }
  });

  test('a payload over 512 KiB is refused and nothing is stored', async () => {
    const store = memoryStore();
    const payload = { kind: 'binary', bytes: new Uint8Array(maxPayloadBytes + 1) } as const;
    await expect(store.secrets.write(newChange(), path, { payload }, {})).rejects.toMatchObject({ code: 'too_large' });
    expect(await store.barrier.verifyAll()).toEqual({ rows: 0 });
  });

  test('a write of nothing is refused', async () => {
    const store = memoryStore();
    await expect(store.secrets.write(newChange(), path, {}, {})).rejects.toMatchObject({ code: 'invalid' });
  });

  test('a path deeper than 16 segments is refused', async () => {
    const store = memoryStore();
    await writeText(store, Array(16).fill('a').join('/'), 'deep');
    const deeper = writeText(store, Array(17).fill('b').join('/'), 'deeper');
    await expect(deeper).rejects.toMatchObject({ code: 'too_large' });
  });
});

describe('check-and-set', () => {
  test('version 0 writes only when the secret is absent', async () => {
    const store = memoryStore();
    await writeText(store, path, 'one', { ifVersion: 0 });
    await expect(writeText(store, path, 'two', { ifVersion: 0 })).rejects.toMatchObject({ code: 'conflict' });
    await store.secrets.delete(newChange(), path, {});
    await expect(writeText(store, path, 'two', { ifVersion: 0 })).rejects.toMatchObject({ code: 'conflict' });
    await store.secrets.purge(newChange(), path);
    expect(await writeText(store, path, 'again', { ifVersion: 0 })).toMatchObject({ number: 1 });
  });

  test('it compares with the version at stage current, not with the newest', async () => {
    const store = memoryStore();
    await writeText(store, path, 'one');
    await writeText(store, path, 'two');
    await store.secrets.rollback(newChange(), path, {});
    await expect(writeText(store, path, 'three', { ifVersion: 2 })).rejects.toMatchObject({ code: 'conflict' });
    expect(await writeText(store, path, 'three', { ifVersion: 1 })).toMatchObject({ number: 3 });
  });

  test('any other number is a conflict, also where there is no secret', async () => {
    const store = memoryStore();
    for (const ifVersion of [1, -1, 0.5, Number.NaN]) {
      await expect(writeText(store, path, 'one', { ifVersion })).rejects.toMatchObject({ code: 'conflict' });
    }
    expect(await readText(store, path)).toBeUndefined();
  });

  test('it holds for metadata, patches, stages and rollbacks as well', async () => {
    const store = memoryStore();
    await writeText(store, path, '{"a":"1"}');
    await writeText(store, path, '{"a":"2"}');
    const stale = { ifVersion: 1 };
    const attempts = [
      store.secrets.write(newChange(), path, { metadata: {} }, stale),
      store.secrets.patch(newChange(), path, { set: { a: '3' } }, stale),
      store.secrets.setStage(newChange(), path, 'good', 1, stale),
      store.secrets.rollback(newChange(), path, stale),
    ];
    for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ code: 'conflict' });
    expect(await readText(store, path)).toBe('{"a":"2"}');
  });
});

describe('a token of a write', () => {
  test('gives the same version again for the same payload, also when check-and-set no longer holds', async () => {
    const store = memoryStore();
    const first = await writeText(store, path, 'one', { token, ifVersion: 0 });
    expect(await writeText(store, path, 'one', { token, ifVersion: 0 })).toEqual(first);
    await writeText(store, path, 'two');
    const repeated = await writeText(store, path, 'one', { token });
    expect(repeated).toEqual({ ...first, stages: ['previous'] });
    expect(await readText(store, path)).toBe('two');
  });

  test('is a conflict for another payload, or the same bytes of another kind', async () => {
    const store = memoryStore();
    await writeText(store, path, 'one', { token });
    await expect(writeText(store, path, 'two', { token })).rejects.toMatchObject({ code: 'conflict' });
    const binary = { payload: binaryPayload(new TextEncoder().encode('one')) };
    const attempt = store.secrets.write(newChange(), path, binary, { token });
    await expect(attempt).rejects.toMatchObject({ code: 'conflict' });
    expect(await writeText(store, path, 'two', { token: otherToken })).toMatchObject({ number: 2 });
  });

  test('still answers for a deleted version, and is a conflict once its version was destroyed', async () => {
    const store = memoryStore();
    await writeText(store, path, 'one', { token });
    await store.secrets.delete(newChange(), path, {});
    expect(await writeText(store, path, 'one', { token })).toMatchObject({ number: 1, state: 'deleted' });
    await store.secrets.destroy(newChange(), path, { versions: [1] });
    await expect(writeText(store, path, 'one', { token })).rejects.toMatchObject({ code: 'conflict' });
  });

  test('belongs to one secret', async () => {
    const store = memoryStore();
    await writeText(store, 'a', 'one', { token });
    expect(await writeText(store, 'b', 'two', { token })).toMatchObject({ number: 1 });
  });

  test.each(['', 'a'.repeat(31), 'a'.repeat(65), `${'a'.repeat(32)} `, 'é'.repeat(32)])(
    'is refused unless it has 32 to 64 printable characters: %j',
    async (bad) => {
      const store = memoryStore();
      await expect(writeText(store, path, 'one', { token: bad })).rejects.toMatchObject({ code: 'invalid' });
    },
  );

  test('is refused without a payload', async () => {
    const store = memoryStore();
    await writeText(store, path, 'one');
    const attempt = store.secrets.write(newChange(), path, { metadata: {} }, { token });
    await expect(attempt).rejects.toMatchObject({ code: 'invalid' });
  });
});

describe('metadata', () => {
  const write = (store: ReturnType<typeof memoryStore>, metadata: Readonly<Record<string, string>>) =>
    store.secrets.write(newChange(), path, { metadata }, {});

  test('alone keeps the versions, replaces the entries as a whole and moves the time of the update', async () => {
    const store = memoryStore();
    await store.secrets.write(newChange(), path, { payload: textPayload('x'), metadata: { owner: 'a', use: 'b' } }, {});
    await store.clock.advance(1000);
    expect(await write(store, { owner: 'c' })).toMatchObject({ number: 1 });
    const description = await store.secrets.describe(path);
    expect(description).toMatchObject({ metadata: { owner: 'c' }, current: 1 });
    expect(description?.metadata).toEqual({ owner: 'c' });
    expect(description?.versions).toHaveLength(1);
    expect((description?.updatedAt?.getTime() ?? 0) - (description?.createdAt?.getTime() ?? 0)).toBe(1000);
  });

  test('stays when a new version is written without any', async () => {
    const store = memoryStore();
    await store.secrets.write(newChange(), path, { payload: textPayload('x'), metadata: { owner: 'a' } }, {});
    await writeText(store, path, 'y');
    expect((await store.secrets.read({ path }))?.metadata).toEqual({ owner: 'a' });
  });

  test('alone is not_found for a secret that does not exist', async () => {
    await expect(write(memoryStore(), {})).rejects.toMatchObject({ code: 'not_found' });
  });

  test('a name that objects inherit is an ordinary name', async () => {
    const store = memoryStore();
    await writeText(store, path, 'x');
    await write(store, JSON.parse('{"__proto__":"a","constructor":"b"}'));
    const metadata = (await store.secrets.describe(path))?.metadata ?? {};
    expect(Object.entries(metadata)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
  });

  test.each([
    ['65 entries', Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`n${i}`, ''])), 'too_large'],
    ['a name over 128 characters', { ['n'.repeat(129)]: '' }, 'too_large'],
    ['a value over 1 KiB', { n: 'é'.repeat(513) }, 'too_large'],
    ['an empty name', { '': 'x' }, 'invalid'],
    ['a name with a control character', { 'a\u001b[2J': 'x' }, 'invalid'],
    ['a name with half a surrogate pair', { 'a\ud800': 'x' }, 'invalid'],
    ['a value with half a surrogate pair', { a: '\ud800' }, 'invalid'],
  ])('is refused with %s', async (_what, metadata, code) => {
    const store = memoryStore();
    await writeText(store, path, 'x');
    await expect(write(store, metadata)).rejects.toMatchObject({ code });
    expect((await store.secrets.describe(path))?.metadata).toEqual({});
  });

  test('the largest allowed is kept', async () => {
    const store = memoryStore();
    await writeText(store, path, 'x');
    const largest = Object.fromEntries(
      Array.from({ length: 64 }, (_, i) => [`${i}`.padEnd(128, '文'), 'v'.repeat(1024)]),
    );
    await write(store, largest);
    expect((await store.secrets.describe(path))?.metadata).toEqual(largest);
  });
});

describe('patching', () => {
  const patch = (store: ReturnType<typeof memoryStore>, input: object, options: object = {}) =>
    store.secrets.patch(newChange(), path, input, options);

  test('starts from an empty document when the secret is absent', async () => {
    const store = memoryStore();
    expect(await patch(store, { set: { api_key: 'k', api_secret: 's' } })).toMatchObject({ number: 1 });
    expect(await readText(store, path)).toBe('{"api_key":"k","api_secret":"s"}');
  });

  test('keeps the other members verbatim and in their place', async () => {
    const store = memoryStore();
    await writeText(store, path, '{ "n": 1.0, "big": 12345678901234567890, "a": "x", "o": {"z" : [1, 2]} }');
    expect(await patch(store, { set: { a: 'y', b: 'z' }, remove: ['n'] })).toMatchObject({ number: 2 });
    expect(await readText(store, path)).toBe('{"big":12345678901234567890,"a":"y","o":{"z" : [1, 2]},"b":"z"}');
  });

  test.each(['plain', '[1]', '{"a":1,"a":2}'])('is a conflict where the secret is no document: %s', async (text) => {
    const store = memoryStore();
    await writeText(store, path, text);
    await expect(patch(store, { set: { a: '1' } })).rejects.toMatchObject({ code: 'conflict' });
    expect(await readText(store, path)).toBe(text);
  });

  test('of a deleted secret says deleted, so that no field is lost unnoticed', async () => {
    const store = memoryStore();
    await writeText(store, path, '{"a":"1","b":"2"}');
    await store.secrets.delete(newChange(), path, {});
    await expect(patch(store, { set: { a: '3' } })).rejects.toMatchObject({ code: 'deleted' });
  });

  test('that only removes is not_found where there is nothing', async () => {
    await expect(patch(memoryStore(), { remove: ['a'] })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('with a token is repeated without effect, and a conflict when it asks for something else', async () => {
    const store = memoryStore();
    await writeText(store, path, '{"a":"1","b":"2"}');
    const first = await patch(store, { set: { a: '3' }, remove: ['b'] }, { token, ifVersion: 1 });
    expect(await patch(store, { set: { a: '3' }, remove: ['b'] }, { token, ifVersion: 1 })).toEqual(first);
    await expect(patch(store, { set: { a: '4' } }, { token })).rejects.toMatchObject({ code: 'conflict' });
    await expect(patch(store, { remove: ['a'] }, { token })).rejects.toMatchObject({ code: 'conflict' });
    expect((await store.secrets.describe(path))?.versions).toHaveLength(2);
  });

  test.each([
    ['nothing', {}],
    ['the same field set and removed', { set: { a: '1' }, remove: ['a'] }],
    ['an empty field name', { set: { '': '1' } }],
    ['half a surrogate pair as value', { set: { a: '\ud800' } }],
  ])('of %s is invalid', async (_what, input) => {
    await expect(patch(memoryStore(), input)).rejects.toMatchObject({ code: 'invalid' });
  });

  test('past 512 KiB is refused', async () => {
    const store = memoryStore();
    await writeText(store, path, JSON.stringify({ a: 'x'.repeat(400 * 1024) }));
    await expect(patch(store, { set: { b: 'x'.repeat(200 * 1024) } })).rejects.toMatchObject({ code: 'too_large' });
  });
});
