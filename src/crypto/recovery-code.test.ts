import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromUtf8, utf8 } from './encoding.js';
import { decodeRecoveryCode, encodeRecoveryCode } from './recovery-code.js';

const key = () => fc.uint8Array({ minLength: 32, maxLength: 32 });
const textOf = (bytes: Uint8Array) => fromUtf8(encodeRecoveryCode(bytes));
const decode = (text: string) => decodeRecoveryCode(utf8(text));
const sample = Uint8Array.from({ length: 32 }, (_, index) => (index * 37) & 255);

describe('recovery code', () => {
  test('is eight groups of eight unmistakable characters', () => {
    fc.assert(
      fc.property(key(), (bytes) => {
        expect(textOf(bytes)).toMatch(/^[0-9A-HJKMNP-TV-Z]{8}(-[0-9A-HJKMNP-TV-Z]{8}){7}$/);
        expect(decode(textOf(bytes))).toEqual(bytes);
      }),
    );
  });

  test('stays the code that the first release printed', () => {
    expect(textOf(sample)).toBe('00JMMVT6-JJWXW0WQ-516Q55SQ-QKGGCAS2-A1TSNFT2-WG4JWMXM-F2EW5SX4-1GRNCYY6');
  });

  test('is read in any case, with any spaces and dashes, with O for 0 and I or L for 1', () => {
    fc.assert(
      fc.property(
        key(),
        fc.array(fc.nat(80), { maxLength: 20 }),
        fc.infiniteStream(fc.nat(3)),
        (bytes, gaps, choices) => {
          const typed = [...textOf(bytes)].map((character, at) => {
            const choice = choices.next().value;
            const similar = character === '0' ? '0oO0'[choice] : character === '1' ? '1iIl'[choice] : character;
            const cased = choice % 2 === 0 ? similar?.toLowerCase() : similar;
            return gaps.includes(at) ? ` - ${cased}\t` : cased;
          });
          expect(decode(`${typed.join('')}\r\n`)).toEqual(bytes);
          expect(decode(typed.join('').replaceAll('-', ''))).toEqual(bytes);
        },
      ),
    );
  });

  test('names the group of every single wrong character', () => {
    const groups = textOf(sample).split('-');
    for (const [at, group] of groups.entries()) {
      for (let place = 0; place < 8; place++) {
        for (const wrong of '0123456789ABCDEFGHJKMNPQRSTVWXYZU!') {
          if (group[place] === wrong) continue;
          const typed = groups.with(at, group.slice(0, place) + wrong + group.slice(place + 1)).join('-');
          expect(() => decode(typed)).toThrow(`group ${at + 1} of the recovery key is mistyped`);
        }
      }
    }
  });

  test('notices every pair of neighbouring characters that changed places', () => {
    fc.assert(
      fc.property(key(), fc.nat(7), fc.nat(6), (bytes, at, place) => {
        const groups = textOf(bytes).split('-');
        const group = groups[at] ?? '';
        const [a, b] = [group[place] ?? '', group[place + 1] ?? ''];
        fc.pre(a !== b);
        const typed = groups.with(at, group.slice(0, place) + b + a + group.slice(place + 2)).join('-');
        expect(() => decode(typed)).toThrow(`group ${at + 1} `);
      }),
    );
  });

  test('notices every two groups that changed places', () => {
    const groups = textOf(sample).split('-');
    for (let first = 0; first < 8; first++) {
      for (let second = first + 1; second < 8; second++) {
        const typed = groups.with(first, groups[second] ?? '').with(second, groups[first] ?? '');
        expect(() => decode(typed.join('-'))).toThrow(`group ${first + 1} `);
      }
    }
  });

  test('names the group at which it ends too early, and says when it goes on', () => {
    const groups = textOf(sample).split('-');
    expect(() => decode(groups.slice(0, 5).join('-'))).toThrow('group 6 of the recovery key is mistyped or incomplete');
    expect(() => decode('')).toThrow('group 1 ');
    expect(() => decode(`${textOf(sample)}-0`)).toThrow('goes on after its last group, number 8');
  });

  test('never shows what was typed', () => {
    try {
      decode(textOf(sample).replace(/.$/, 'U'));
      expect.unreachable();
    } catch (error) {
      expect(JSON.stringify([error, String(error)])).not.toContain(textOf(sample).slice(63, 70));
    }
  });

  test('is made of exactly 32 bytes', () => {
    expect(() => encodeRecoveryCode(new Uint8Array(31))).toThrow('32 bytes');
  });
});
