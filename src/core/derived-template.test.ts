import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fillDerivedTemplate, formatDerivedTemplate, parseDerivedTemplate } from './derived-template.js';
import { formatRef } from './ref.js';

const fill = (template: string, values: Readonly<Record<string, string>>) =>
  fillDerivedTemplate(parseDerivedTemplate(template), ({ ref }) => values[formatRef(ref)] ?? '');
const formsOf = (template: string) => parseDerivedTemplate(template).parts.map(({ form }) => form);
const hostile = `p@ss:w/o?r#d%20&+ !'()*[]é"\\`;

describe('a derived template', () => {
  test('puts values into a URL so that they mean the same', () => {
    expect(
      fill('postgresql://bot:{database/postgres/password}@db/bot', { 'database/postgres/password': 'a/b@c' }),
    ).toBe('postgresql://bot:a%2Fb%40c@db/bot');
    const url = new URL(
      fill('https://{u}:{p}@{h}/{d}?q={q}#{f}', {
        u: hostile,
        p: hostile,
        h: 'h:81',
        d: hostile,
        q: hostile,
        f: hostile,
      }),
    );
    expect(decodeURIComponent(url.username)).toBe(hostile);
    expect(decodeURIComponent(url.password)).toBe(hostile);
    expect(url.host).toBe('h:81');
    expect(decodeURIComponent(url.pathname)).toBe(`/${hostile}`);
    expect(url.searchParams.get('q')).toBe(hostile);
    expect(decodeURIComponent(url.hash)).toBe(`#${hostile}`);
  });

  test('whatever a value holds, the rest of the URL stays as it is written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (password, name) => {
        const url = new URL(
          fill('postgresql://bot:{p}@db:5432/{n}?sslmode=verify-full', { p: password, n: `x${name}` }),
        );
        expect(url.host).toBe('db:5432');
        expect(url.username).toBe('bot');
        expect(url.search).toBe('?sslmode=verify-full');
        expect(decodeURIComponent(url.password)).toBe(password);
        expect(decodeURIComponent(url.pathname)).toBe(`/x${name}`);
      }),
    );
  });

  test('takes the place of a part for its form', () => {
    expect(formsOf('postgresql://{u}:{p}@{h}:{o}/{d}?x={q}')).toEqual(['url', 'url', 'host', 'host', 'url', 'url']);
    expect(formsOf('redis://{h}')).toEqual(['hosts']);
    expect(formsOf('redis://{a}.example.com')).toEqual(['host']);
    expect(formsOf('redis://{a}{b}')).toEqual(['host', 'host']);
    expect(formsOf('redis://{h}?a@b')).toEqual(['hosts']);
    expect(formsOf('redis://:{p}@{h}/0')).toEqual(['url', 'hosts']);
    expect(formsOf('https://h/{a}@{b}')).toEqual(['url', 'url']);
    expect(formsOf('https://h?to={a}@x')).toEqual(['url']);
    expect(formsOf('jdbc:postgresql://{h}/d?password={p}')).toEqual(['hosts', 'url']);
    expect(formsOf('amqps://{u|raw}:{p|url}@{h|raw}')).toEqual(['raw', 'url', 'raw']);
  });

  test.each(['evil.example/x', 'a@b', 'h#', 'h?', '', 'h:port', 'h h', 'h\\', '[::1', 'h:1:2', 'a,', 'h\n'])(
    'refuses %j where a host belongs, without quoting it',
    (value) => {
      const attempt = () => fill('redis://{database/host}/0', { 'database/host': value });
      expect(attempt).toThrow('the value of database/host stands for a host, and is none');
    },
  );

  test.each(['db', 'db.example.com', '10.0.0.1', '[::1]:5432', 'a:1,b:2', 'my_db-1'])(
    'takes %j for a host',
    (value) => {
      expect(fill('redis://{h}/0', { h: value })).toBe(`redis://${value}/0`);
    },
  );

  test.each(['evil.example,a', 'evil.example:80', ':80'])('refuses %j as a piece of a host', (value) => {
    expect(() => fill('redis://{a}.example.com/', { a: value })).toThrow('stands for a host, and is none');
  });

  test.each([
    'postgresql://{db/a#user}:{db/a#pass}@{db/host}:{db/port}/{db/name}?x={{1}}',
    'redis://{a/b}',
    'https://x/{a/b|raw}?{c/d}',
    'user={a/b|raw} pass={a%40c/d#e%23f|url}',
  ])('%s is written again as it was', (text) => {
    const template = parseDerivedTemplate(text);
    expect(formatDerivedTemplate(template)).toBe(text);
    expect(parseDerivedTemplate(formatDerivedTemplate(template))).toEqual(template);
  });

  test('writes doubled braces as one, and values are not templates', () => {
    expect(fill('{{{a|raw}}}', { a: '{a|raw}' })).toBe('{{a|raw}}');
    expect(fill('https://h/{{x}}?{a}', { a: 'b' })).toBe('https://h/{x}?b');
  });

  test.each([
    ['no parts at all', 'it names no secret'],
    ['https://h/{{a}}', 'it names no secret'],
    ['https://h/{a', 'a brace stands alone'],
    ['https://h/a}', 'a brace stands alone'],
    ['https://h/{a}}', 'a brace stands alone'],
    ['https://h/{}', 'not a name'],
    ['https://h/{../a}', 'not a name'],
    ['https://h/{a@previous}', 'names a version'],
    ['https://h/{a|json}', 'after | comes'],
    ['https://h/{a|}', 'after | comes'],
    ['https://h/{a|raw|url}', 'after | comes'],
    ['host={a}', 'outside a URL'],
    ['{scheme}://{host}/', 'outside a URL'],
    ['//h/{a}', 'outside a URL'],
    ['https://h/\n{a}', 'no control characters'],
    ['https://h/\0{a}', 'no control characters'],
  ])('refuses %j', (template, reason) => {
    expect(() => parseDerivedTemplate(template)).toThrow(reason);
  });
});
