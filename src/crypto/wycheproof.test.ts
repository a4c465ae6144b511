import { existsSync, readFileSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { hkdf, PrfKey, prf } from './derive.js';
import { concat, fromHex, toHex } from './encoding.js';
import { openGcm, sealGcm } from './gcm.js';
import { verifySignature } from './signing.js';
import { x25519 } from './x25519.js';

const folder = new URL('../../../shared/vectors/wycheproof/', import.meta.url);

const base = { tcId: v.number(), result: v.picklist(['valid', 'invalid', 'acceptable']) };
const hex = v.pipe(v.string(), v.transform(fromHex));

const gcmFile = v.object({
  testGroups: v.array(
    v.object({
      keySize: v.number(),
      ivSize: v.number(),
      tagSize: v.number(),
      tests: v.array(v.object({ ...base, key: hex, iv: hex, aad: hex, msg: hex, ct: hex, tag: hex })),
    }),
  ),
});
const hkdfFile = v.object({
  testGroups: v.array(
    v.object({ tests: v.array(v.object({ ...base, ikm: hex, salt: hex, info: hex, size: v.number(), okm: hex })) }),
  ),
});
const hmacFile = v.object({
  testGroups: v.array(
    v.object({ tagSize: v.number(), tests: v.array(v.object({ ...base, key: hex, msg: hex, tag: hex })) }),
  ),
});
const x25519File = v.object({
  testGroups: v.array(
    v.object({
      tests: v.array(v.object({ ...base, flags: v.array(v.string()), public: hex, private: hex, shared: v.string() })),
    }),
  ),
});
const ed25519File = v.object({
  testGroups: v.array(
    v.object({
      publicKey: v.object({ pk: hex }),
      tests: v.array(v.object({ ...base, msg: hex, sig: hex })),
    }),
  ),
});

if (!existsSync(folder)) {
  test('the Wycheproof vectors are not at ../shared/vectors beside this checkout, so none of them ran', () => {
    expect(existsSync(folder)).toBe(false);
  });
} else {
  describe('Wycheproof', () => {
    test('AES-256-GCM seals and opens every case with a 96-bit nonce and a 128-bit tag', () => {
      const groups = read('aes_gcm_test.json', gcmFile).testGroups;
      const ours = groups.filter((group) => group.keySize === 256 && group.ivSize === 96 && group.tagSize === 128);
      const cases = ours.flatMap((group) => group.tests);
      expect(cases.length).toBe(66);
      for (const { tcId, result, key, iv, aad, msg, ct, tag } of cases) {
        const opened = openGcm(key, iv, concat(ct, tag), aad);
        expect({ tcId, opened }).toEqual({ tcId, opened: result === 'valid' ? msg : undefined });
        if (result === 'valid') expect(sealGcm(key, iv, msg, aad)).toEqual(concat(ct, tag));
      }
    });

    test('HKDF-SHA-256 derives every case and refuses outputs that are too long', () => {
      const cases = read('hkdf_sha256_test.json', hkdfFile).testGroups.flatMap((group) => group.tests);
      expect(cases.length).toBe(86);
      for (const { tcId, result, ikm, salt, info, size, okm } of cases) {
        if (result === 'valid') expect({ tcId, okm: hkdf(ikm, salt, info, size) }).toEqual({ tcId, okm });
        else expect(() => hkdf(ikm, salt, info, size)).toThrow();
      }
    });

    test('HMAC-SHA-256 gives the tag of every valid case and of no other', () => {
      const groups = read('hmac_sha256_test.json', hmacFile).testGroups;
      expect(groups.flatMap((group) => group.tests).length).toBe(174);
      for (const { tagSize, tests } of groups) {
        for (const { tcId, result, key, msg, tag } of tests) {
          const matches = toHex(prf(key, msg).subarray(0, tagSize / 8)) === toHex(tag);
          if (key.length <= 64) expect(new PrfKey(key).mac(msg)).toEqual(prf(key, msg));
          expect({ tcId, matches }).toEqual({ tcId, matches: result === 'valid' });
        }
      }
    });

    test('X25519 agrees on every case and refuses each that would give the zero secret', () => {
      const cases = read('x25519_test.json', x25519File).testGroups.flatMap((group) => group.tests);
      expect(cases.length).toBe(518);
      expect(cases.filter((one) => one.flags.includes('ZeroSharedSecret')).length).toBe(31);
      for (const one of cases) {
        if (one.flags.includes('ZeroSharedSecret')) {
          expect(() => x25519(one.private, one.public)).toThrow('no key agreement');
        } else {
          expect({ tcId: one.tcId, shared: toHex(x25519(one.private, one.public)) }).toEqual({
            tcId: one.tcId,
            shared: one.shared,
          });
        }
      }
    });

    test('Ed25519 accepts every valid signature and no other', () => {
      const groups = read('ed25519_test.json', ed25519File).testGroups;
      expect(groups.flatMap((group) => group.tests).length).toBe(151);
      for (const { publicKey, tests } of groups) {
        for (const { tcId, result, msg, sig } of tests) {
          const accepted = verifySignature(publicKey.pk, msg, sig);
          expect({ tcId, accepted }).toEqual({ tcId, accepted: result === 'valid' });
        }
      }
    });
  });
}

function read<S extends v.GenericSchema>(file: string, schema: S): v.InferOutput<S> {
  return v.parse(schema, JSON.parse(readFileSync(new URL(file, folder), 'utf8')));
}
