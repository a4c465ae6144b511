import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { parsePath } from '../core/path.js';
import { documentPayload, payloadText, textPayload } from '../core/payload.js';
import { formatSealedYaml, parseSealedYaml } from '../formats/sealed-yaml.js';
import { type AgeIdentity, newAgeIdentity, parseAgeIdentities } from './age-identity.js';
import { ageSealer } from './age-seal.js';
import { toBase64, utf8 } from './encoding.js';
import { SealedFile } from './sealed-file.js';
import { SealedSecrets } from './sealed-secrets.js';
import { encodeValue, type SealedValue } from './sealed-value.js';

const names = ['app/jwt_secret', 'app/other', 'database/url', 'exchange/binance#api_key', 'exchange/binance#secret'];
const value = (text: string, version = 1): SealedValue => {
  return { kind: 'text', bytes: utf8(text), version, time: new Date(1_000_000) };
};

function person() {
  const { text, recipient } = newAgeIdentity();
  return { recipient, identities: parseAgeIdentities(utf8(text), 'key') };
}

type Person = ReturnType<typeof person>;
let alice: Person;
let bob: Person;
let file: string;
beforeAll(async () => {
  [alice, bob] = [person(), person()];
  file = await newFile();
});

async function newFile(): Promise<string> {
  const empty = SealedFile.create(new Map([[alice.recipient, 'alice']]));
  const opened = SealedFile.open(empty, { identities: alice.identities, fileName: 'f' });
  return formatSealedYaml(opened.changed(new Map(names.map((name) => [name, value(`value of ${name}`)]))));
}

function open(text: string, identities: readonly AgeIdentity[] = alice.identities): SealedFile {
  return SealedFile.open(parseSealedYaml(text, 'f'), { identities, fileName: 'f' });
}

/** Everything in it, after everything was verified. */
function contentOf(text: string): Readonly<Record<string, string>> {
  const opened = open(text);
  return Object.fromEntries(
    [...opened.names].map((name) => [name, payloadText({ kind: 'text', bytes: opened.read(name)?.bytes ?? utf8('') })]),
  );
}

const whole = Object.fromEntries(names.map((name) => [name, `value of ${name}`]));

describe('a sealed file', () => {
  test('opens for whoever it is sealed to, and for nobody else', () => {
    expect(contentOf(file)).toEqual(whole);
    expect(() => open(file, bob.identities)).toThrow(expect.objectContaining({ code: 'sealed' }));
    expect(() => open(file, bob.identities)).toThrow(/alice/);
  });

  test('shows names and nothing of the values', () => {
    for (const name of names) expect(file).toContain(`  ${name}:\n`);
    expect(file).not.toContain('value of');
  });

  test('changes one line when one value changes', async () => {
    const before = file.split('\n');
    const changed = formatSealedYaml(open(file).changed(new Map([['app/other', value('new', 2)]])));
    const after = changed.split('\n');
    expect(after).toHaveLength(before.length);
    const differing = after.filter((line, index) => line !== before[index]);
    expect(differing).toHaveLength(1);
    expect(contentOf(changed)).toEqual({ ...whole, 'app/other': 'new' });
  });

  test('changes the line of one group of names when a name is added or dropped', async () => {
    const changed = formatSealedYaml(open(file).changed(new Map([['app/new', value('new')]])));
    const structure = (text: string) => text.slice(0, text.indexOf('values:')).split('\n');
    const differing = structure(changed).filter((line, index) => line !== structure(file)[index]);
    expect(differing).toHaveLength(1);
    expect(formatSealedYaml(open(changed).changed(new Map([['app/new', undefined]])))).toBe(file);
  });

  test('hides lengths within a step', async () => {
    const lengths = await Promise.all(
      Array.from({ length: 40 }, async (_, length) => {
        const { values } = open(file).changed(new Map([['app/other', value('x'.repeat(length))]]));
        return values.get('app/other')?.length;
      }),
    );
    expect(new Set(lengths).size).toBeLessThanOrEqual(2);
  });
});

describe('whoever has no identity', () => {
  const lineCount = () => file.split('\n').length - 1;
  const lineAt = () => fc.nat(lineCount() - 1);

  /** Refused, or the same content: nothing else comes of it. */
  function isHarmless(hostile: string): void {
    let content: unknown;
    try {
      content = contentOf(hostile);
    } catch (error) {
      expect(error).toMatchObject({ code: expect.stringMatching(/^(?:integrity|invalid|sealed)$/) });
      return;
    }
    expect(content).toEqual(whole);
  }

  test('drops, repeats, moves and swaps lines in vain', () => {
    const lines = file.split('\n');
    for (const [index, line] of lines.slice(0, -1).entries()) {
      isHarmless([...lines.slice(0, index), ...lines.slice(index + 1)].join('\n'));
      isHarmless([...lines.slice(0, index), line, ...lines.slice(index)].join('\n'));
    }
    fc.assert(
      fc.property(lineAt(), lineAt(), (one, other) => {
        const swapped = [...lines];
        swapped[one] = lines[other] ?? '';
        swapped[other] = lines[one] ?? '';
        isHarmless(swapped.join('\n'));
        const moved = lines.filter((_, index) => index !== one);
        moved.splice(other, 0, lines[one] ?? '');
        isHarmless(moved.join('\n'));
      }),
      { numRuns: 150 },
    );
  });

  test('swaps, drops and moves whole entries in vain', () => {
    const head = file.slice(0, file.indexOf('values:\n') + 'values:\n'.length);
    const entries = [...file.slice(head.length).matchAll(/ {2}(.*):\n {4}(.*)\n/g)].map(([, name = '', box = '']) => {
      return { name, box };
    });
    const textOf = (list: readonly { name: string; box: string }[]) =>
      head + list.map(({ name, box }) => `  ${name}:\n    ${box}\n`).join('');
    expect(textOf(entries)).toBe(file);
    for (const [index, { name, box }] of entries.entries()) {
      expect(() => open(textOf(entries.filter((_, i) => i !== index)))).toThrow(/names were added or taken away/);
      expect(() => open(textOf([...entries, { name: 'app/added', box }]))).toThrow(/names were added or taken away/);
      const other = entries[(index + 1) % entries.length];
      const swapped = entries.map((entry) => {
        if (entry.name === name) return { name, box: other?.box ?? '' };
        return entry.name === other?.name ? { name: other.name, box } : entry;
      });
      expect(() => open(textOf(swapped)).read(name)).toThrow(/sealed for another name/);
    }
  });

  test('puts in a box that opens, and no value comes of it', async () => {
    const { fileId } = parseSealedYaml(file, 'f');
    const seal = ageSealer([alice.recipient]);
    const forged = encodeValue(value('forged'), { fileKey: new Uint8Array(32), fileId, name: 'app/other' });
    const put = (box: string) => {
      const document = parseSealedYaml(file, 'f');
      return formatSealedYaml({ ...document, values: new Map([...document.values, ['app/other', box]]) });
    };
    expect(() => open(put('AAAA')).read('app/other')).toThrow(/not as it was written/);
    const box = toBase64(await seal(forged));
    expect(() => open(put(box)).read('app/other')).toThrow(/not sealed by anybody who can open/);
    for (const text of ['', '{}', 'null', '[]', '{"file":1}', 'value of app/other']) {
      const plain = toBase64(await seal(utf8(text)));
      expect(() => open(put(plain)).read('app/other')).toThrow(/not as it was written/);
    }
  });

  test('copies lines from another file of the same people in vain', async () => {
    const other = (await newFile()).split('\n');
    const lines = file.split('\n');
    for (const index of lines.keys()) {
      const mixed = lines.map((line, i) => (i === index ? (other[i] ?? '') : line));
      isHarmless(mixed.join('\n'));
    }
  });

  test('adds or drops a recipient in vain', () => {
    const added = file.replace('recipients:\n', `recipients:\n  ${bob.recipient}: bob\n`);
    expect(() => open(added)).toThrow(/its recipients were changed/);
    expect(() => open(file.replace(': alice', ': mallory'))).toThrow(/its recipients were changed/);
  });

  test('can put back an earlier value of the same name, as a merge does', async () => {
    const changed = formatSealedYaml(open(file).changed(new Map([['app/other', value('new', 2)]])));
    const earlier = /app\/other:\n {4}(.*)\n/.exec(file)?.[1] ?? '';
    expect(contentOf(changed.replace(/(app\/other:\n {4}).*\n/, `$1${earlier}\n`))).toEqual(whole);
  });
});

describe('recipients', () => {
  const both = () => new Map([...open(file).recipients, [bob.recipient, 'bob']]);

  test('that are added open everything, and values from before still belong to it', async () => {
    const shared = formatSealedYaml(open(file).sealedTo(both()));
    expect([...open(shared, bob.identities).names].map((name) => open(shared, bob.identities).read(name))).toHaveLength(
      5,
    );
    const merged = shared.replace(/(app\/other:\n {4}).*\n/, `$1${/app\/other:\n {4}(.*)\n/.exec(file)?.[1]}\n`);
    expect(contentOf(merged)).toEqual(whole);
    expect(() => open(merged, bob.identities).read('app/other')).toThrow(/not sealed to your identity/);
    expect(open(merged).isSealedToAll('app/other')).toBe(false);
    expect(open(merged).isSealedToAll('database/url')).toBe(true);
  });

  test('that are removed open nothing of the new file, nor does a value from before belong to it', async () => {
    const shared = formatSealedYaml(open(file).sealedTo(both()));
    const left = formatSealedYaml(open(shared).sealedTo(new Map([[alice.recipient, 'alice']])));
    expect(contentOf(left)).toEqual(whole);
    expect(() => open(left, bob.identities)).toThrow(expect.objectContaining({ code: 'sealed' }));
    const merged = left.replace(/(app\/other:\n {4}).*\n/, `$1${/app\/other:\n {4}(.*)\n/.exec(shared)?.[1]}\n`);
    expect(() => open(merged).read('app/other')).toThrow(/before a recipient was removed/);
  });
});

describe('secrets in a sealed file', () => {
  const path = parsePath('exchange/kraken');

  async function written(text: string, payload: ReturnType<typeof textPayload>, ifVersion?: number): Promise<string> {
    const opened = open(text);
    return formatSealedYaml(opened.changed(new SealedSecrets(opened).write(path, { payload }, ifVersion, 5).changes));
  }

  test('with fields keep them one by one, and the box of a field that stays', async () => {
    const first = await written(
      file,
      documentPayload([
        ['key', 'a'],
        ['secret', 'b'],
      ]),
    );
    const second = await written(
      first,
      documentPayload([
        ['key', 'a'],
        ['secret', 'c'],
      ]),
      1,
    );
    const boxOf = (text: string, field: string) => parseSealedYaml(text, 'f').values.get(`${path}#${field}`);
    expect(boxOf(second, 'key')).toBe(boxOf(first, 'key'));
    expect(boxOf(second, 'secret')).not.toBe(boxOf(first, 'secret'));
    expect(new SealedSecrets(open(second)).read(path)?.version.number).toBe(2);
  });

  test('count a version also when only a field goes away', async () => {
    const first = await written(
      file,
      documentPayload([
        ['key', 'a'],
        ['secret', 'b'],
      ]),
    );
    const second = await written(first, documentPayload([['key', 'a']]), 1);
    expect(new SealedSecrets(open(second)).read(path)?.version.number).toBe(2);
    await expect(written(second, textPayload('x'), 1)).rejects.toMatchObject({ code: 'conflict' });
  });

  test('are not written anew when nothing changes', async () => {
    const first = await written(
      file,
      documentPayload([
        ['key', 'a'],
        ['secret', 'b'],
      ]),
    );
    expect(
      await written(
        first,
        documentPayload([
          ['secret', 'b'],
          ['key', 'a'],
        ]),
      ),
    ).toBe(first);
  });

  test('that two branches made of two shapes are refused, and the others read', async () => {
    const first = await written(file, documentPayload([['key', 'a']]));
    const both = open(first).changed(new Map([[path, value('single')]]));
    const secrets = new SealedSecrets(open(formatSealedYaml(both)));
    expect(() => secrets.read(path)).toThrow(/both a single value and a document/);
    expect(secrets.read(parsePath('app/other'))).toBeDefined();
    const settled = await written(formatSealedYaml(both), documentPayload([['key', 'a']]));
    expect(new SealedSecrets(open(settled)).read(path)?.version.number).toBe(2);
  });

  test('have canonical names', async () => {
    for (const name of ['a//b', 'a#', '../x', 'a@1', 'a@current', '@metadata', 'a b']) {
      const wrong = open(file).changed(new Map([[name, value('x')]]));
      expect(() => new SealedSecrets(open(formatSealedYaml(wrong))), name).toThrow(/no path/);
    }
  });
});
