import { inspect } from 'node:util';
import { serialize } from 'node:v8';
import type { Sink } from './sink.js';

/** A way in which a program shows an error that it caught, or an object that it was given. */
export interface SpellingSink extends Sink {
  spell(thing: unknown): string | Uint8Array;
  /** Something that shows the value there. */
  leak(value: string): unknown;
}

export const spellingSinks: readonly SpellingSink[] = [
  {
    name: 'message and advice of an error',
    how: 'read',
    spell: (thing) =>
      isObject(thing) ? `${Reflect.get(thing, 'message')} ${Reflect.get(thing, 'advice')}` : String(thing),
    leak: (value) => new Error(value),
  },
  {
    name: 'stack of an error',
    how: 'read',
    spell: (thing) => (isObject(thing) ? String(Reflect.get(thing, 'stack')) : ''),
    leak: (value) => new Error(value),
  },
  {
    name: 'causes of an error',
    how: 'every `cause`, and every one of several errors, to the end: message, stack and own members',
    spell: (thing) => causesOf(thing).map(ownMembers).join('\n'),
    leak: (value) => new Error('outer', { cause: new AggregateError([new Error('inner', { cause: { value } })]) }),
  },
  {
    name: 'util.inspect',
    how: 'of errors and answers: with hidden members, getters, at any depth, with and without what classes show of themselves',
    spell: (thing) => {
      const options = { showHidden: true, getters: true, depth: 99, maxArrayLength: null, maxStringLength: null };
      return [true, false].map((customInspect) => inspect(thing, { ...options, customInspect })).join('\n');
    },
    leak: (value) => Object.defineProperty({}, 'hidden', { value: Buffer.from(value).toString('base64') }),
  },
  {
    name: 'JSON',
    how: '`JSON.stringify` of errors and answers',
    spell: (thing) => JSON.stringify(thing) ?? '',
    leak: (value) => ({ deep: [{ value }] }),
  },
  {
    name: 'text',
    how: '`String()` of errors and answers',
    spell: String,
    leak: (value) => ({ toString: () => value }),
  },
  {
    name: 'structured clone',
    how: '`structuredClone` of errors and answers, as a message to a worker takes it',
    spell: (thing) => {
      try {
        return serialize(structuredClone(thing));
      } catch (error) {
        return String(error);
      }
    },
    leak: (value) => ({ value }),
  },
];

function isObject(thing: unknown): thing is object {
  return typeof thing === 'object' && thing !== null;
}

function causesOf(thing: unknown): readonly unknown[] {
  if (!isObject(thing)) return [];
  const several: unknown = Reflect.get(thing, 'errors');
  const causes: readonly unknown[] = [Reflect.get(thing, 'cause'), ...(Array.isArray(several) ? several : [])];
  return causes.filter((cause) => cause !== undefined).flatMap((cause) => [cause, ...causesOf(cause)]);
}

function ownMembers(thing: unknown): string {
  if (!isObject(thing)) return String(thing);
  return Object.getOwnPropertyNames(thing)
    .map((name) => inspect(Reflect.get(thing, name)))
    .join('\n');
}
