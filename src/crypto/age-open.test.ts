import { Decrypter, Encrypter, identityToRecipient } from 'age-encryption';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type AgeIdentity,
  ageRecipientOf,
  isAgeRecipient,
  newAgeIdentity,
  parseAgeIdentities,
} from './age-identity.js';
import { ageRecipientCount, openAge } from './age-open.js';
import { ageSealer } from './age-seal.js';
import { concat, utf8 } from './encoding.js';
import { randomBytes } from './random.js';

interface Person {
  readonly text: string;
  readonly recipient: string;
  readonly identities: readonly AgeIdentity[];
}

function person(): Person {
  const { text, recipient } = newAgeIdentity();
  return { text, recipient, identities: parseAgeIdentities(utf8(text), 'key') };
}

let alice: Person;
let bob: Person;
let mallory: Person;
beforeAll(() => {
  [alice, bob, mallory] = [person(), person(), person()];
});

async function seal(plaintext: Uint8Array, ...people: readonly Person[]): Promise<Uint8Array> {
  return ageSealer(people.map(({ recipient }) => recipient))(plaintext);
}

const text = (box: Uint8Array) => Buffer.from(box).toString('latin1');
const bytes = (latin: string) => new Uint8Array(Buffer.from(latin, 'latin1'));

describe('an age box', () => {
  test.each([0, 1, 100, 65_535, 65_536, 65_537, 131_072, 200_000])(
    'of %i bytes opens as it was sealed',
    async (size) => {
      const plaintext = randomBytes(size);
      const box = await seal(plaintext, alice);
      expect(openAge(box, alice.identities)).toEqual(plaintext);
      const library = new Decrypter();
      library.addIdentity(alice.text);
      expect(await library.decrypt(box)).toEqual(plaintext);
    },
  );

  test('opens for each of its recipients and for nobody else, as the library for age sees it too', async () => {
    const box = await seal(utf8('shared'), alice, bob);
    for (const { text: identity, opens } of [
      { ...alice, opens: true },
      { ...bob, opens: true },
      { ...mallory, opens: false },
    ]) {
      const library = new Decrypter();
      library.addIdentity(identity);
      const opened = library.decrypt(box);
      if (opens) expect(await opened).toEqual(utf8('shared'));
      else await expect(opened).rejects.toThrow();
    }
    expect(openAge(box, bob.identities)).toEqual(utf8('shared'));
    expect(openAge(box, [...mallory.identities, ...alice.identities])).toEqual(utf8('shared'));
    expect(openAge(box, mallory.identities)).toBeUndefined();
    expect(ageRecipientCount(box)).toBe(2);
  });

  test('with any bit of it flipped never opens', async () => {
    const box = await seal(utf8('value'), alice);
    for (let at = 0; at < box.length; at += 1) {
      const flipped = Uint8Array.from(box);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      let opened: Uint8Array | undefined;
      try {
        opened = openAge(flipped, alice.identities);
      } catch (error) {
        expect(error).toMatchObject({ code: 'integrity' });
      }
      expect(opened, `byte ${at}`).toBeUndefined();
    }
  });

  test('that was cut, or has something after its end, does not open', async () => {
    const box = await seal(randomBytes(70_000), alice);
    for (const length of [0, 20, 100, 180, 200, 220, 65_000, 65_752, box.length - 1]) {
      expect(() => openAge(box.subarray(0, length), alice.identities)).toThrow(/age box/);
    }
    expect(() => openAge(concat(box, Uint8Array.of(0)), alice.identities)).toThrow(/age box/);
  });

  test('with a stanza of another kind opens as far as the MAC covers it', async () => {
    const box = text(await seal(utf8('value'), alice));
    const greased = box.replace('\n-> X25519', '\n-> grease one two\n\n-> X25519');
    expect(() => openAge(bytes(greased), alice.identities)).toThrow(/age box/);
  });

  test.each([
    ['a version of another kind', (box: string) => box.replace('/v1\n', '/v2\n')],
    ['CRLF line ends', (box: string) => box.replace('/v1\n', '/v1\r\n')],
    ['padding in its base64', (box: string) => box.replace(/(-> X25519 \S+)/, '$1=')],
    ['a stanza without a share', (box: string) => box.replace(/-> X25519 \S+/, '-> X25519')],
    ['a stanza with two shares', (box: string) => box.replace(/(-> X25519 )(\S+)/, '$1$2 $2')],
    ['a share of low order', (box: string) => box.replace(/(-> X25519 )\S+/, `$1${'A'.repeat(43)}`)],
    ['a body that goes on', (box: string) => box.replace(/(-> X25519 \S+\n)/, `$1${'A'.repeat(64)}\n`)],
  ])('with %s is refused', async (_what, change) => {
    const box = text(await seal(utf8('value'), alice));
    expect(change(box)).not.toBe(box);
    expect(() => openAge(bytes(change(box)), alice.identities)).toThrow(/age box|key agreement/);
  });
});

test('a box of the library for age opens, whatever its size', async () => {
  for (const size of [0, 1, 65_536, 65_537, 200_000]) {
    const plaintext = randomBytes(size);
    const library = new Encrypter();
    for (const { recipient } of [bob, alice]) library.addRecipient(recipient);
    expect(openAge(await library.encrypt(plaintext), alice.identities)).toEqual(plaintext);
  }
});

test('nothing is sealed to nobody, or to a text that is no recipient', () => {
  expect(() => ageSealer([])).toThrow(/needs a recipient/);
  expect(() => ageSealer([alice.recipient, 'age1nobody'])).toThrow(/no age recipient/);
});

describe('an identity file', () => {
  test('that is new has the recipient that the library for age gives it', async () => {
    for (let count = 0; count < 50; count += 1) {
      const { text, recipient } = newAgeIdentity();
      expect(recipient).toBe(await identityToRecipient(text));
      expect(parseAgeIdentities(utf8(text), 'key').map(ageRecipientOf)).toEqual([recipient]);
    }
  });

  test('holds identities beside comments and empty lines', () => {
    const file = `# created: today\n\n${alice.text}\r\n${bob.text}\n`;
    expect(parseAgeIdentities(utf8(file), 'key')).toMatchObject(
      [...alice.identities, ...bob.identities].map(({ publicKey }) => ({ publicKey })),
    );
  });

  test.each([
    ['nothing', ''],
    ['a recipient', 'age1pc7g7t79et2rh46fapzqq6zamk2qx903p6rskp4dvursan0f7a7qymqt4l'],
    ['a plugin', 'AGE-PLUGIN-YUBIKEY-1QQQQQQQQQQQQQQQQQQ'],
    ['prose', 'hello'],
  ])('with %s is refused without repeating it', (_what, file) => {
    expect(() => parseAgeIdentities(utf8(file), 'key')).toThrow(/^key(:1: this is no| holds no) age identity/);
  });

  test('with one wrong character, or mixed case, is refused', () => {
    const [first = '', second = ''] = alice.text.slice(-2);
    const other = second === 'Q' ? 'P' : 'Q';
    for (const wrong of [
      `${alice.text.slice(0, -2)}${first}${other}`,
      alice.text.toLowerCase().replace('age', 'AGE'),
    ]) {
      expect(() => parseAgeIdentities(utf8(wrong), 'key')).toThrow(/no age identity/);
    }
  });

  test('tells recipients from everything else', () => {
    expect(isAgeRecipient(alice.recipient)).toBe(true);
    for (const wrong of ['', 'age1', alice.recipient.toUpperCase(), `${alice.recipient} `, alice.text]) {
      expect(isAgeRecipient(wrong)).toBe(false);
    }
  });
});
