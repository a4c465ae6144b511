import { createPrivateKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../../../core/secret.js';
import { rotatorContract } from '../rotator.contract.js';
import type { Credential } from '../rotator.js';
import { createKeyPairRotator, type KeyPairKind } from './keypair.js';

const make = (keypair: KeyPairKind, current?: Credential) => createKeyPairRotator({ keypair }).generate(current);
const textOf = (credential: Credential, field: string) => credential.get(field)?.expose() ?? '';
const json = (credential: Credential, field: string) => JSON.parse(textOf(credential, field));
const kidsOf = (credential: Credential): readonly string[] =>
  json(credential, 'jwks').keys.map(({ kid }: { kid: string }) => kid);

for (const keypair of ['ed25519', 'ssh', 'jwks'] as const) {
  rotatorContract({ describe, test, skip: test.skip }, `a key pair (${keypair})`, async () => ({
    subject: { rotator: createKeyPairRotator({ keypair }), initial: undefined },
  }));
}

describe('a key pair', () => {
  test('is of the algorithm that was asked for', async () => {
    const details = async (kind: KeyPairKind) => createPrivateKey(textOf(await make(kind), 'private_key'));
    expect((await details('ed25519')).asymmetricKeyType).toBe('ed25519');
    expect((await details('rsa')).asymmetricKeyDetails?.modulusLength).toBe(3072);
  });

  test('whose halves are of two pairs fails its test', async () => {
    for (const kind of ['ed25519', 'rsa', 'jwks'] as const) {
      const [one, other] = [await make(kind), await make(kind)];
      const field = kind === 'jwks' ? 'jwks' : 'public_key';
      const mixed = new Map([...one, [field, Secret.fromText(textOf(other, field))]]);
      await expect(createKeyPairRotator({ keypair: kind }).test(mixed)).rejects.toMatchObject({
        code: 'unauthenticated',
      });
    }
  });

  test('for OpenSSH has the layout of openssh-key-v1, with the public half in it twice', async () => {
    const pair = await make('ssh');
    const [type, blob = '', comment] = textOf(pair, 'public_key').trim().split(' ');
    expect([type, comment]).toEqual(['ssh-ed25519', 'keyward']);
    const lines = textOf(pair, 'private_key').trim().split('\n');
    const bytes = Buffer.from(lines.slice(1, -1).join(''), 'base64');
    expect(bytes.subarray(0, 15).toString('latin1')).toBe('openssh-key-v1\0');
    const publicBlob = Buffer.from(blob, 'base64');
    const first = bytes.indexOf(publicBlob);
    expect(first).toBeGreaterThan(0);
    expect(bytes.indexOf(publicBlob, first + 1)).toBeGreaterThan(first);
  });
});

describe('a key set', () => {
  test('publishes each key one rotation before it signs, and one after', async () => {
    const one = await make('jwks');
    const two = await make('jwks', one);
    const three = await make('jwks', two);
    expect(json(two, 'signing_key')).toEqual(json(one, 'next_key'));
    expect(kidsOf(one)).toHaveLength(2);
    expect(kidsOf(two)).toEqual([json(one, 'next_key').kid, json(two, 'next_key').kid, json(one, 'signing_key').kid]);
    expect(kidsOf(three)).not.toContain(json(one, 'signing_key').kid);
  });

  test('publishes no private half', async () => {
    const set = await make('jwks', await make('jwks'));
    expect(textOf(set, 'jwks')).not.toContain('"d"');
    expect(textOf(set, 'jwks')).not.toContain(json(set, 'signing_key').d);
  });
});
