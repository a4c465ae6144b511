import { describe, expect, test } from 'vitest';
import { parsePath } from '../../core/path.js';
import type { FrozenReader } from './incident.js';
import { isSameValue, type KnownSecret, relatedTo } from './related.js';

const lost = parsePath('database/postgres');
const secret = (path: string, more: Partial<KnownSecret> = {}): KnownSecret => ({
  path: parsePath(path),
  owner: undefined,
  marks: new Set(),
  hosts: new Set(),
  parts: new Set(),
  ...more,
});
const reader = (path: string, principal: string, more: Partial<FrozenReader> = {}): FrozenReader => ({
  path,
  principal,
  did: 'read',
  store: 'vault',
  project: undefined,
  environment: undefined,
  sources: ['local:1'],
  versions: [],
  outcomes: ['ok'],
  first: '',
  last: '',
  count: 1,
  ...more,
});

describe('related secrets', () => {
  const known = secret(lost, {
    owner: 'data',
    marks: new Set(['m']),
    hosts: new Set(['h']),
    parts: new Set([parsePath('a/part')]),
  });

  test.each([
    ['the same value', secret('x/y', { marks: new Set(['m']) }), ['same value as database/postgres'], true],
    ['what is made of it', secret('x/y', { parts: new Set([lost]) }), ['made of database/postgres'], false],
    ['what it is made of', secret('a/part'), ['database/postgres is made of it'], true],
    ['the same document', secret('database/postgres/password'), ['same document as database/postgres'], false],
    ['the same host', secret('x/y', { hosts: new Set(['h']) }), ['same host as database/postgres'], false],
    ['the same directory', secret('database/redis'), ['below database/ as database/postgres'], false],
    ['the same owner', secret('x/y', { owner: 'data' }), ['owner data'], false],
  ])('have %s', (_, other, because, isSame) => {
    const related = relatedTo([lost], [known, other], []);
    expect(related).toEqual([{ path: other.path, because }]);
    expect(related.map(isSameValue)).toEqual([isSame]);
  });

  test('have the same readers: by name, and in the own store by process', () => {
    const all = [known, secret('x/named'), secret('x/process'), secret('x/tried'), secret('x/nobody')];
    const readers = [
      reader(lost, 'api'),
      reader(lost, 'owner', { sources: ['local:1', 'local:2'] }),
      reader('x/named', 'api', { sources: ['local:9'] }),
      reader('x/process', 'owner', { sources: ['local:2'] }),
      reader('x/tried', 'api', { did: 'tried' }),
      reader('x/nobody', 'owner', { sources: ['local:3'] }),
    ];
    expect(relatedTo([lost], all, readers).map(({ path }) => path)).toEqual(['x/named', 'x/process']);
  });

  test('are no others, and never the named ones', () => {
    expect(relatedTo([lost], [known, secret('unrelated')], [])).toEqual([]);
  });
});
