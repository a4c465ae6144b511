import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { format, inspect } from 'node:util';
import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { redactionMask, Secret } from './secret.js';

const canary = 'canary-5f2c9b71e0';

function printed(write: (stream: Writable) => void): string {
  let text = '';
  const sink = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  write(sink);
  return text;
}

const sinks: Record<string, (secret: Secret) => string> = {
  'String()': (s) => String(s),
  'a template literal': (s) => `${s}`,
  concatenation: (s) => `value: ${s.toString()}${[s, s].join(',')}`,
  'JSON.stringify': (s) => JSON.stringify({ deep: [{ s }] }),
  'util.inspect': (s) => inspect(s),
  'util.inspect, deep, with hidden properties': (s) =>
    inspect({ a: { b: { c: [s] } } }, { depth: 20, showHidden: true }),
  'util.inspect without custom inspection': (s) =>
    inspect({ s }, { customInspect: false, showHidden: true, depth: 20 }),
  'util.inspect with getters': (s) => inspect({ s }, { getters: true, showProxy: true, depth: 20 }),
  'util.format %s': (s) => format('%s', s),
  'util.format %o and %O': (s) => format('%o %O %j', s, s, s),
  'console.log': (s) => printed((out) => new Console(out).log(s, { s })),
  'console.dir': (s) => printed((out) => new Console(out).dir({ s }, { depth: 20, showHidden: true })),
  'console.table': (s) => printed((out) => new Console(out).table([{ s }])),
  'console.error of an error with it as cause': (s) =>
    printed((out) => new Console(out, out).error(new Error('failed', { cause: s }))),
  'an error message': (s) => inspect(new Error(`bad ${s}`)),
  'an error with it as a property': (s) => inspect(Object.assign(new Error('failed'), { s }), { showHidden: true }),
  structuredClone: (s) => inspect(structuredClone({ s: Object.assign({}, s) }), { showHidden: true, depth: 20 }),
  'Object.entries': (s) => JSON.stringify([Object.entries(s), Object.keys(s), Object.getOwnPropertyNames(s), { ...s }]),
  'a Map and a Set': (s) => inspect([new Map([[s, s]]), new Set([s])], { depth: 20, showHidden: true }),
  'a symbol-keyed property': (s) => inspect({ [Symbol('x')]: s }, { showHidden: true }),
  'pino with it as a member': (s) =>
    printed((out) => pino({ level: 'trace' }, out).info({ s, deep: { s } }, 'hello %s %j %o', s, s, s)),
  'pino with an error': (s) => printed((out) => pino(out).error(new Error('x', { cause: s }))),
  encodeURIComponent: (s) => encodeURIComponent(String(s)),
  'a URL search parameter': (s) => new URLSearchParams({ s: String(s) }).toString(),
  'a sort, a comparison and a number': (s) => String([Number(s), [s, s].sort().join()]),
};

describe('Secret', () => {
  test.each(Object.entries(sinks))('%s shows nothing of the value', (_name, print) => {
    const text = print(Secret.fromText(canary));
    expect(text).not.toContain('canary');
    expect(text).not.toContain(Buffer.from(canary).toString('base64').slice(0, 8));
    expect(text).not.toContain(Buffer.from(canary).toString('hex').slice(0, 8));
    expect(text).not.toContain('99, 97, 110');
  });

  test('printing shows the documented mask', () => {
    expect(redactionMask).toBe('***REDACTED***');
    expect(`${Secret.fromText('x')}`).toBe('***REDACTED***');
    expect(JSON.stringify({ s: Secret.fromText('x') })).toBe('{"s":"***REDACTED***"}');
    expect(inspect(Secret.fromText('x'))).toBe('***REDACTED***');
  });

  test('cloning a secret gives an empty object', () => {
    expect(inspect(structuredClone(Secret.fromText(canary)), { showHidden: true })).not.toContain('canary');
  });

  test('expose and exposeBytes are the way out, and the bytes are a copy', () => {
    const secret = Secret.fromText('übér');
    expect(secret.expose()).toBe('übér');
    secret.exposeBytes().fill(0);
    expect(secret.expose()).toBe('übér');
    const own = Uint8Array.of(1, 2, 255);
    const binary = Secret.fromBytes(own);
    own.fill(0);
    expect(binary.exposeBytes()).toEqual(Uint8Array.of(1, 2, 255));
    expect(() => binary.expose()).toThrowError(expect.objectContaining({ code: 'invalid' }));
  });

  test('equals compares bytes', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        const secret = Secret.fromText(a);
        expect(secret.equals(a)).toBe(true);
        expect(secret.equals(Secret.fromText(b))).toBe(a === b);
        expect(secret.equals(new TextEncoder().encode(`${a}${b}`))).toBe(b === '');
      }),
    );
    expect(Secret.fromText('').equals('\u0000')).toBe(false);
  });

  test('the origin is kept and cannot be changed', () => {
    const secret = Secret.fromText('x', { provider: 'vault', version: 3, ageMs: 10, degraded: false });
    expect(secret.origin).toMatchObject({ provider: 'vault', version: 3 });
    expect(Object.isFrozen(secret.origin)).toBe(true);
  });
});
