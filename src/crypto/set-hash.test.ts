import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PrfKey } from './derive.js';
import { toHex } from './encoding.js';
import { randomBytes } from './random.js';
import { addElement, emptySum, setElement, subtractElement } from './set-hash.js';

const element = () => fc.uint8Array({ minLength: 32, maxLength: 32 });
const sumOf = (elements: readonly Uint8Array[]) => elements.reduce(addElement, emptySum());
const asInteger = (bytes: Uint8Array) => BigInt(`0x${toHex(bytes)}`);

describe('set hash', () => {
  test('adds and subtracts like integers modulo 2^256', () => {
    const modulus = 1n << 256n;
    const edges = fc.constantFrom(0x00, 0xff, 0x80, 0x01).map((byte) => new Uint8Array(32).fill(byte));
    fc.assert(
      fc.property(fc.oneof(element(), edges), fc.oneof(element(), edges), (a, b) => {
        expect(asInteger(addElement(a, b))).toBe((asInteger(a) + asInteger(b)) % modulus);
        expect(asInteger(subtractElement(a, b))).toBe((asInteger(a) - asInteger(b) + modulus) % modulus);
      }),
    );
  });

  test('does not depend on the order of the rows', () => {
    fc.assert(
      fc.property(fc.array(element(), { maxLength: 20 }), (elements) => {
        expect(sumOf(elements.toReversed())).toEqual(sumOf(elements));
      }),
    );
  });

  test('returns to what it was when a row is added and removed again', () => {
    fc.assert(
      fc.property(fc.array(element()), element(), (elements, extra) => {
        const sum = sumOf(elements);
        expect(subtractElement(addElement(sum, extra), extra)).toEqual(sum);
      }),
    );
  });

  test('counts a row that is there twice, where an exclusive or would cancel it', () => {
    const row = setElement(new PrfKey(randomBytes(32)), Uint8Array.of(1), Uint8Array.of(2));
    expect(sumOf([row, row])).not.toEqual(emptySum());
    expect(sumOf([row, row])).not.toEqual(sumOf([row]));
  });

  test('is not fooled by a replacement that cancels under exclusive or', () => {
    const setKey = new PrfKey(randomBytes(32));
    const all = Array.from({ length: 300 }, (_, i) =>
      setElement(setKey, Uint8Array.of(i >> 8, i & 255), randomBytes(45)),
    );
    const cancelling = xorDependency(all);
    expect(cancelling.length).toBeGreaterThan(0);
    expect(cancelling.reduce(xor, emptySum())).toEqual(emptySum());
    expect(sumOf(cancelling)).not.toEqual(emptySum());
    expect(sumOf(all.filter((row) => !cancelling.includes(row)))).not.toEqual(sumOf(all));
  });

  test('has another element for another key, row or content', () => {
    const [k, l] = [new PrfKey(new Uint8Array(32)), new PrfKey(new Uint8Array(32).fill(1))];
    const elements = [
      setElement(k, Uint8Array.of(1), Uint8Array.of(1)),
      setElement(l, Uint8Array.of(1), Uint8Array.of(1)),
      setElement(k, Uint8Array.of(2), Uint8Array.of(1)),
      setElement(k, Uint8Array.of(1), Uint8Array.of(2)),
      setElement(k, Uint8Array.of(1, 1), Uint8Array.of()),
    ];
    expect(new Set(elements.map(toHex)).size).toBe(elements.length);
  });

  test('keeps its arguments as they were and reads views at their own place', () => {
    const memory = new Uint8Array(96).fill(255);
    const [a, b] = [memory.subarray(8, 40), memory.subarray(48, 80)];
    a.fill(1);
    b.fill(2);
    expect(addElement(a, b)).toEqual(new Uint8Array(32).fill(3));
    expect(subtractElement(b, a)).toEqual(new Uint8Array(32).fill(1));
    expect([a[0], b[0], memory[0]]).toEqual([1, 2, 255]);
  });

  test('refuses sums and elements of another length', () => {
    expect(() => addElement(new Uint8Array(64).subarray(0, 31), emptySum())).toThrow('32 bytes');
    expect(() => subtractElement(emptySum(), new Uint8Array(33))).toThrow('32 bytes');
  });
});

function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, index) => byte ^ (b[index] ?? 0));
}

function xorDependency(rows: readonly Uint8Array[]): readonly Uint8Array[] {
  const basis = new Map<number, { value: bigint; members: ReadonlySet<Uint8Array> }>();
  for (const row of rows) {
    let value = asInteger(row);
    let members: ReadonlySet<Uint8Array> = new Set([row]);
    while (value !== 0n) {
      const pivot = basis.get(value.toString(2).length);
      if (pivot === undefined) break;
      value ^= pivot.value;
      members = new Set(
        [...members, ...pivot.members].filter((member) => members.has(member) !== pivot.members.has(member)),
      );
    }
    if (value === 0n) return [...members];
    basis.set(value.toString(2).length, { value, members });
  }
  return [];
}
