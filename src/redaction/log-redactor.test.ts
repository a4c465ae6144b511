import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { createLogger, format, transports } from 'winston';
import { KeywardError } from '../core/errors.js';
import { redactionMask as mask, Secret } from '../core/secret.js';
import { createLogRedactor, patchConsole, pinoRedaction, winstonFormat } from './index.js';

const canary = 'canary-5f2c9b71e0/"x"';
const spelt = Buffer.from(canary).toString('base64');
const redactorOf = (...values: readonly string[]) => {
  const secrets = values.map((value) => Secret.fromText(value));
  return createLogRedactor({ values: () => secrets });
};
const redactor = redactorOf(canary);

function sink() {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return { stream, text: () => lines.join('') };
}

const looped: Record<string, unknown> = { canary };
looped['self'] = looped;

class Order {
  readonly id = 7;
  readonly note = `for ${canary}`;
}

/** Something that a program may log, with the value at some place of it. */
const loggable: Record<string, unknown> = {
  'a text': `token is ${canary}!`,
  'a text with a spelling': `Basic ${Buffer.from(`user:${canary}`).toString('base64')}`,
  'a nested object': { a: { b: { c: { d: { e: canary } } } } },
  'an array of arrays': [[['x', [canary]]]],
  'a name of a member': { [canary]: 1, deep: [{ [`x ${canary}`]: 2 }] },
  'a map': new Map<unknown, unknown>([
    [canary, 1],
    ['x', { y: canary }],
  ]),
  'a set': new Set([canary, { x: [canary] }]),
  'an error': new Error(`bad ${canary}`),
  'the cause of an error': new Error('x', { cause: new Error('y', { cause: canary }) }),
  'errors in an error': new AggregateError([new Error(canary)], canary),
  'a property of an error': Object.assign(new Error('x'), {
    config: { url: `http://h/?t=${encodeURIComponent(canary)}` },
  }),
  'an error of ours': new KeywardError('invalid', 'x', { cause: canary }),
  'an error of the platform': new DOMException(canary),
  'something with a cycle': looped,
  'a buffer': Buffer.from(canary),
  'a view of bytes': { view: new DataView(new TextEncoder().encode(canary).buffer) },
  'a secret': { s: Secret.fromText(canary), list: [Secret.fromText(canary)] },
  'an instance': new Order(),
  'an object without a prototype': Object.assign(Object.create(null), { canary }),
  'a URL': new URL(`http://user:${encodeURIComponent(canary)}@host/`),
  'a boxed text': Object(canary),
  'what prints itself': { toJSON: () => ({ canary }), [Symbol.for('nodejs.util.inspect.custom')]: () => canary },
  'a getter': {
    get late() {
      return canary;
    },
  },
};

const sinks: Record<string, (value: unknown) => string> = {
  'pino, as a member': (value) => {
    const { stream, text } = sink();
    pino({ ...pinoRedaction(redactor) }, stream).info({ value }, 'said %j %o', Object(value), Object(value));
    return text();
  },
  'pino, in a child': (value) => {
    const { stream, text } = sink();
    pino({ ...pinoRedaction(redactor) }, stream)
      .child({ value })
      .warn(Object(value));
    return text();
  },
  'winston, redacted last': (value) => {
    const { stream, text } = sink();
    const shape = format.combine(
      format.errors({ stack: true }),
      format.splat(),
      format.json(),
      winstonFormat(redactor),
    );
    const logger = createLogger({ format: shape, transports: [new transports.Stream({ stream })] });
    logger.info('said %s', value, { value });
    logger.error(Object(value));
    return text();
  },
  'winston, redacted first': (value) => {
    const { stream, text } = sink();
    const shape = format.combine(winstonFormat(redactor), format.simple());
    createLogger({ format: shape, transports: [new transports.Stream({ stream })] }).info('said', { value });
    return text();
  },
  'the console': (value) => {
    const { stream, text } = sink();
    const target = new Console(stream, stream);
    patchConsole(redactor, target);
    target.log('said %s %o %j', value, value, value, value);
    target.error(value);
    target.dir(value, { depth: 9, showHidden: true });
    target.table([value]);
    return text();
  },
  'a copied value': (value) => inspect(redactor.redactValue(value), { depth: 20, showHidden: true }),
};

describe('a log', () => {
  for (const [where, write] of Object.entries(sinks)) {
    test.each(Object.entries(loggable))(`by ${where} shows no known value in %s`, (_name, value) => {
      const text = write(value);
      for (const part of ['canary-5f', '5f2c9b71e0', spelt.slice(2, 20), '63 61 6e 61 72 79', '99,97,110']) {
        expect(text).not.toContain(part);
      }
      expect(text.length).toBeGreaterThan(1);
    });
  }
});

const sensitive = [
  'apiKey',
  'API_KEY',
  'api-secret',
  'password',
  'dbPassword',
  'passwd',
  'X-Auth-Token',
  'accessToken',
  'authorization',
  'Set-Cookie',
  'privateKey',
  'private_key',
  'PASSPHRASE',
  'clientSecret',
  'SECRET',
  'refresh.token',
  'pwd',
  'OTP',
  'credentials',
  'secretAccessKey',
];
const innocent = [
  'user',
  'author',
  'authored',
  'spinner',
  'pinned',
  'monkey',
  'key',
  'keyboard',
  'compass',
  'bypass',
  'level',
  'notes',
];

describe('a name', () => {
  const written = (name: string, value: unknown) => ({
    copied: JSON.stringify(redactor.redactValue({ a: [{ [name]: value }] })),
    json: redactor.redactJson(JSON.stringify({ a: [{ [name]: value }] })),
    map: inspect(redactor.redactValue(new Map([[name, value]]))),
  });

  test.each(sensitive)('like %s hides its value, whatever that is', (name) => {
    for (const value of ['hunter2', 42, ['hunter2'], { deep: 'hunter2', more: [{}] }]) {
      const { copied, json, map } = written(name, value);
      expect(copied).toBe(`{"a":[{"${name}":"${mask}"}]}`);
      expect(json).toBe(copied);
      expect(map).not.toContain('hunter2');
    }
  });

  test.each(innocent)('like %s hides nothing', (name) => {
    expect(written(name, 'plain')).toMatchObject({
      copied: `{"a":[{"${name}":"plain"}]}`,
      json: `{"a":[{"${name}":"plain"}]}`,
    });
  });

  test('hides no flag, no absence and no count of tokens', () => {
    const line = { hasPassword: true, token: null, maxTokens: 4096, usage: { prompt_tokens: 12 } };
    expect(redactor.redactValue(line)).toEqual(line);
    expect(redactor.redactJson(JSON.stringify(line))).toBe(JSON.stringify(line));
    expect(redactor.redactValue({ tokens: ['x'] })).toEqual({ tokens: mask });
  });

  test('that is written with escapes in JSON is read all the same', () => {
    expect(redactor.redactJson('{"p\\u0061ssword":"hunter2"}')).toBe(`{"p\\u0061ssword":"${mask}"}`);
  });
});

describe('JSON', () => {
  test('stays valid, and every other byte of it stays as it was', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom('', ' '), (json, space) => {
        const text = JSON.stringify(JSON.parse(json), null, space);
        expect(redactor.redactJson(text)).toBe(text);
        const nested = `{"time":1.50e3,${space}"password" :${space}${text},"x":[${text}]}\n`;
        const isFlag = ['true', 'false', 'null'].includes(text);
        expect(redactor.redactJson(nested)).toBe(
          `{"time":1.50e3,${space}"password" :${space}${isFlag ? text : `"${mask}"`},"x":[${text}]}\n`,
        );
      }),
    );
  });

  test('stays valid when a value is a part of a number', () => {
    const digits = redactorOf('64213998');
    expect(digits.redactJson('{"time":17642139981,"id":"a64213998b"}')).toBe(`{"time":"${mask}","id":"a${mask}b"}`);
    expect(digits.redactValue({ time: 17642139981, big: 64213998n })).toEqual({ time: mask, big: mask });
  });

  test('that is cut off hides the rest of what it hides', () => {
    expect(redactor.redactJson('{"password":{"a":"hunter2","b":["hunt')).toBe(`{"password":"${mask}"`);
    expect(redactor.redactJson('{"password":"hunt\\')).toBe(`{"password":"${mask}"`);
    expect(redactor.redactJson(`not JSON, "but: ${canary}`)).toBe(`not JSON, "but: ${mask}`);
  });

  test('is found in each line of a text anew', () => {
    expect(redactor.redactJson('a 5" screen\n{"password":"hunter2"}\n\\')).toBe(
      `a 5" screen\n{"password":"${mask}"}\n\\`,
    );
  });
});

describe('a copied value', () => {
  test('is what it was where nothing is to be hidden, and the original is left alone', () => {
    const date = new Date(0);
    const value = {
      date,
      n: 1.5,
      big: 10n,
      f: Number.isNaN,
      list: [undefined, null],
      map: new Map([['k', new Set([1])]]),
      bytes: Buffer.from('x'),
    };
    expect(redactor.redactValue(value)).toEqual(value);
    const own = { password: 'x', list: [canary] };
    redactor.redactValue(own);
    expect(own).toEqual({ password: 'x', list: [canary] });
  });

  test('keeps the class of errors and of instances, and what refers to itself', () => {
    const failed = redactor.redactValue(new TypeError(`x ${canary}`));
    expect(failed).toBeInstanceOf(TypeError);
    expect(inspect(failed)).toMatch(/^TypeError: x \*\*\*REDACTED\*\*\*\n +at /);
    expect(inspect(redactor.redactValue(new Order()))).toBe(`Order { id: 7, note: 'for ${mask}' }`);
    const failure = new Error('x');
    expect(redactor.redactValue(Object.assign(failure, { failure }))).toSatisfy(
      (copy) => copy !== failure && Reflect.get(Object(copy), 'failure') === copy,
    );
    expect(inspect(redactor.redactValue(looped))).toBe(`<ref *1> { canary: '${mask}', self: [Circular *1] }`);
  });

  test('masks what throws when it is read, and what is too deep', () => {
    const hostile = {
      get bad() {
        throw new Error(canary);
      },
      trap: new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error(canary);
          },
        },
      ),
      json: {
        toJSON: () => {
          throw new Error(canary);
        },
      },
    };
    expect(redactor.redactValue(hostile)).toEqual({ bad: mask, trap: mask, json: mask });
    let deep: unknown = canary;
    for (let level = 0; level < 100_000; level += 1) deep = { deep };
    expect(JSON.stringify(redactor.redactValue(deep))).not.toContain('canary');
    const endless = { toJSON: () => ({ ...endless }) };
    expect(inspect(redactor.redactValue(endless))).toContain(mask);
  });

  test('of an object does not set what a member named __proto__ says', () => {
    const copy = redactor.redactValue(JSON.parse('{"__proto__":{"admin":true}}'));
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  });
});

describe('known values', () => {
  test('are asked for at every use, so that one that comes later is masked from then on', () => {
    const known: Secret[] = [];
    const late = createLogRedactor({ values: () => known });
    expect(late.redactText(canary)).toBe(canary);
    known.push(Secret.fromText(canary));
    expect(late.redactText(canary)).toBe(mask);
    known[0] = Secret.fromText('another-value');
    expect(late.redactText(`${canary} another-value`)).toBe(`${canary} ${mask}`);
  });

  test('may be masked in another way and from another length on', () => {
    const values = () => [Secret.fromText('pin5')];
    expect(createLogRedactor({ values }).redactText('a pin5 b')).toBe('a pin5 b');
    expect(createLogRedactor({ values, mask: '[x]', minimumLength: 4 }).redactText('a pin5 b')).toBe('a [x] b');
    expect(() => createLogRedactor({ values, minimumLength: 3 })).toThrowError(
      expect.objectContaining({ code: 'invalid' }),
    );
  });
});

describe('the console', () => {
  test('prints as before once the patch is undone, unless somebody else has patched it since', () => {
    const { stream, text } = sink();
    const target = new Console(stream, stream);
    const before = target.log;
    const undo = patchConsole(redactor, target);
    const other = () => {};
    target.warn = other;
    undo();
    expect(target.log).toBe(before);
    expect(target.warn).toBe(other);
    target.log({ password: 'shown again' });
    expect(text()).toContain('shown again');
  });
});
