import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDockerEnv } from './format-docker-env.js';
import { formatGithubEnv } from './format-github-env.js';
import { formatShell } from './format-shell.js';
import { formatSystemdUnit } from './format-systemd.js';
import { formatJsonTree, formatYamlTree } from './format-tree.js';
import { parseJsonTree } from './json-tree.js';
import type { TextNode } from './text-tree.js';
import { parseYamlTrees } from './yaml-tree.js';

const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom('\n', '\r', '\r\n', '"', "'", '`', '\\', '#', ' #', '$', '!', '%', ' ', '\t', '$(id)', '$A'),
      fc.constantFrom('\u2028', '\u0085', '\ufeff', '\u007f', '\u0001', 'é', '🔑', '---', '...', ': ', '- ', '~', '|'),
      fc.string({ maxLength: 4 }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''))
  .filter((text) => !text.includes('\0'));
const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,12}$/);

describe('a tree of values', () => {
  const tree = fc
    .uniqueArray(
      fc.tuple(
        fc.oneof(name, nasty, fc.constantFrom('y', 'null', '<<', '__proto__', 'a/b', '1')),
        fc.oneof(
          nasty,
          fc.uniqueArray(fc.tuple(fc.oneof(name, nasty), nasty), { selector: ([key]) => key, maxLength: 3 }),
        ),
      ),
      { selector: ([key]) => key, maxLength: 4 },
    )
    .map(
      (members) => new Map(members.map(([key, value]) => [key, typeof value === 'string' ? value : new Map(value)])),
    );
  const plain = (node: TextNode): unknown => {
    if (node.kind === 'map') return new Map([...node.members].map(([key, value]) => [key, plain(value)]));
    return node.kind === 'text' ? node.text : node.kind;
  };

  test('comes back from JSON as it was', () => {
    fc.assert(
      fc.property(tree, (values) => {
        expect(plain(parseJsonTree(formatJsonTree(values), 'f'))).toEqual(values);
        expect(() => JSON.parse(formatJsonTree(values))).not.toThrow();
      }),
    );
  });

  test('comes back from YAML as it was', async () => {
    await fc.assert(
      fc.asyncProperty(tree, async (values) => {
        fc.pre(!values.has('<<') && !values.has('__proto__'));
        const [document] = await parseYamlTrees(formatYamlTree(values), 'f');
        expect(document && plain(document)).toEqual(values);
      }),
      { numRuns: 500 },
    );
  });

  test('shows lines as lines in YAML', () => {
    expect(
      formatYamlTree(
        new Map([
          ['KEY', 'a\n\n  b\n'],
          ['END', 'a\nb'],
          ['ODD', 'a\n\n'],
          ['yes', 'yes'],
        ]),
      ),
    ).toBe('KEY: |\n  a\n\n    b\nEND: |-\n  a\n  b\nODD: "a\\n\\n"\n"yes": "yes"\n');
  });
});

describe('a shell', () => {
  test('sets exactly these values', () => {
    fc.assert(
      fc.property(fc.array(nasty, { minLength: 1, maxLength: 20 }), (values) => {
        const entries = values.map((value, index) => [`V${index}`, value] as const);
        const print = `\nprintf '%s\\0' ${entries.map(([key]) => `"$${key}"`).join(' ')}\n`;
        const { stdout } = spawnSync('/bin/sh', { input: formatShell(entries) + print, env: {} });
        expect(stdout.toString().split('\0').slice(0, -1)).toEqual(values);
      }),
      { numRuns: 20 },
    );
  });

  test.each([
    ['A', 'x\0y'],
    ['A-B', 'x'],
    ['A B', 'x'],
    ['A;id', 'x'],
  ])('refuses %j with %j', (key, value) => {
    expect(() => formatShell([[key, value]])).toThrow(/^a shell cannot hold A/);
  });
});

describe('a docker env file', () => {
  test('holds values as they are', () => {
    expect(
      formatDockerEnv([
        ['A', ' "x" #y $z\\ '],
        ['B', ''],
      ]),
    ).toBe('A= "x" #y $z\\ \nB=\n');
  });

  test.each(['a\nb', 'a\r', 'a\0b', 'x'.repeat(64 * 1024)])(
    'refuses what a line cannot hold, by name only',
    (value) => {
      expect(() => formatDockerEnv([['CANARY_NAME', value]])).toThrow(/^a docker env file cannot hold CANARY_NAME: /);
    },
  );
});

describe('variables of a GitHub job', () => {
  test('are hidden line by line, and assigned between delimiters', () => {
    const { masks, assignments } = formatGithubEnv([['A', '100%\nab\n  secret line\r\nlast one\n']], () => 'END');
    expect(masks).toBe('::add-mask::100%25\n::add-mask::  secret line\n::add-mask::last one\n');
    expect(assignments).toBe('A<<END\n100%\nab\n  secret line\r\nlast one\n\nEND\n');
  });

  test('cannot be ended by their value', () => {
    expect(() => formatGithubEnv([['A', 'x\nEND\nPATH=/evil']], () => 'END')).toThrow('has the delimiter');
  });

  test.each(['GITHUB_TOKEN', 'RUNNER_TEMP', 'NODE_OPTIONS', 'github_path', 'A B'])('cannot be called %s', (key) => {
    expect(() => formatGithubEnv([[key, 'x']], () => 'END')).toThrow('GITHUB_ENV cannot hold');
  });
});

describe('a unit of systemd', () => {
  test('names files, never values', () => {
    const unit = formatSystemdUnit('/srv/100%/my secrets', new Map([['A', Buffer.from('CANARY')]]));
    expect(unit).toBe('[Service]\nLoadCredential=A:/srv/100%%/my secrets/A\nEnvironment=A_FILE=%d/A\n');
  });

  test('holds no more than systemd gives to a service', () => {
    expect(() => formatSystemdUnit('/x', new Map([['A', new Uint8Array(1024 * 1024)]]))).toThrow('1 MiB at most');
    expect(() => formatSystemdUnit('/x\ny', new Map())).toThrow('cannot name this folder');
  });
});
