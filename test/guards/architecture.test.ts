import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { filesBelow, type ImportEdge, importsOf, readSource, root } from './source-tree.js';

/**
 * Who may import whom, as data: a room, and the rooms or files it may import besides itself. The longest matching prefix
 * decides which room a file belongs to.
 */
const rules: Readonly<Record<string, readonly string[]>> = {
  'src/core': [],
  'src/crypto': ['src/core'],
  'src/formats': ['src/core'],
  'src/redaction': ['src/core'],
  'src/host': ['src/core'],
  'src/wire': ['src/core'],
  'src/resolver': ['src/core'],
  'src/telemetry': ['src/core', 'src/redaction'],
  'src/store/physical': ['src/core'],
  'src/store/physical/memory': ['src/core', 'src/store/physical/*.ts'],
  'src/store/physical/lmdb': ['src/core', 'src/store/physical/*.ts'],
  'src/store/barrier': ['src/core', 'src/crypto', 'src/host', 'src/store/physical/*.ts'],
  'src/store/secrets': ['src/core', 'src/crypto', 'src/host', 'src/store/physical/*.ts', 'src/store/barrier'],
  'src/store/records': [
    'src/core',
    'src/crypto',
    'src/host',
    'src/store/physical/*.ts',
    'src/store/barrier',
    'src/store/secrets',
  ],
  'src/guard': [
    'src/core',
    'src/crypto',
    'src/formats',
    'src/host',
    'src/clients',
    'src/store/physical/*.ts',
    'src/store/barrier',
    'src/store/secrets',
    'src/store/records',
  ],
  'src/clients': ['src/core', 'src/wire', 'src/host'],
  'src/scan': ['src/core', 'src/crypto', 'src/formats', 'src/redaction', 'src/host'],
  'src/manifests': ['src/core', 'src/crypto', 'src/formats'],
  'src/lifecycle': ['src/core', 'src/crypto', 'src/formats', 'src/host', 'src/clients'],
  'src/server': ['src/core', 'src/wire', 'src/formats', 'src/host', 'src/guard', 'src/lifecycle'],
  'src/compose': [
    'src/core',
    'src/crypto',
    'src/formats',
    'src/redaction',
    'src/host',
    'src/wire',
    'src/resolver',
    'src/telemetry',
    'src/store',
    'src/guard',
    'src/clients',
    'src/providers',
    'src/lifecycle',
    'src/server',
  ],
  'src/cli': [
    'src/core',
    'src/compose',
    'src/formats',
    'src/redaction',
    'src/host',
    'src/resolver',
    'src/lifecycle',
    'src/scan',
    'src/manifests',
  ],
  'src/testing': ['src'],
  'src/index.ts': ['src/core', 'src/compose', 'src/resolver', 'src/telemetry', 'src/testing'],
  'src/auto.ts': ['src/core', 'src/compose'],
};

/** Each provider is a room of its own, so that none imports another. */
const providerRooms = readdirSync(join(root, 'src/providers')).map((name) => {
  const own = name === 'sealed' ? ['src/crypto'] : [];
  return [`src/providers/${name}`, ['src/core', 'src/formats', 'src/host', 'src/clients', ...own]] as const;
});
const table: Readonly<Record<string, readonly string[]>> = { ...rules, ...Object.fromEntries(providerRooms) };

const files = filesBelow('src', '.ts');
const isTest = (path: string) => path.endsWith('.test.ts');
const edges = files.flatMap(importsOf);
const productEdges = edges.filter((edge) => !isTest(edge.from));
const rooms = Object.keys(table).sort((a, b) => b.length - a.length);

const roomOf = (path: string) => rooms.find((room) => path === room || path.startsWith(`${room}/`));

function isAllowed(from: string, to: string): boolean {
  const room = roomOf(from);
  if (room === undefined) return false;
  if (to === room || to.startsWith(`${room}/`)) return room === 'src/testing' || roomOf(to) === room;
  return (table[room] ?? []).some((allowed) => {
    if (allowed.endsWith('/*.ts')) {
      const folder = allowed.slice(0, -'*.ts'.length);
      return to.startsWith(folder) && !to.slice(folder.length).includes('/');
    }
    return to === allowed || to.startsWith(`${allowed}/`);
  });
}

const show = (edge: ImportEdge) => `${edge.from} → ${edge.to}`;

const registries = [
  'src/compose/provider-registry.ts',
  'src/compose/rotator-registry.ts',
  'src/compose/channel-registry.ts',
  'src/compose/rollout-registry.ts',
  'src/compose/registry.ts',
  'src/compose/sink-registry.ts',
];

describe('architecture', () => {
  test('every source file lies in a room of the table', () => {
    expect(files.filter((path) => roomOf(path) === undefined)).toEqual([]);
  });

  test('no room imports another one than the table allows', () => {
    const wrong = productEdges.filter((edge) => !edge.isPackage && !isAllowed(edge.from, edge.to));
    expect(wrong.map(show)).toEqual([]);
  });

  test('tests import their own room, what it may import, and the test kit; guards and drivers at will', () => {
    const wrong = edges
      .filter((edge) => isTest(edge.from) && !edge.isPackage)
      .filter((edge) => edge.to.startsWith('src/cli/') || edge.to.startsWith('src/compose/'))
      .filter((edge) => !['src/cli', 'src/compose'].includes(roomOf(edge.from) ?? ''));
    expect(wrong.map(show)).toEqual([]);
  });

  test('the test kit is imported by tests and by the package entries only', () => {
    const wrong = productEdges.filter(
      (edge) =>
        edge.to.startsWith('src/testing/') && roomOf(edge.from) !== 'src/testing' && edge.from !== 'src/index.ts',
    );
    expect(wrong.map(show)).toEqual([]);
  });

  test('there is no import cycle', () => {
    const graph = new Map<string, readonly string[]>();
    for (const path of files) {
      graph.set(
        path,
        edges.filter((edge) => edge.from === path && !edge.isPackage).map((edge) => edge.to),
      );
    }
    expect(findCycle(graph)).toBeUndefined();
  });

  test('cryptographic code reaches neither files nor the network', () => {
    const forbidden = /^node:(fs|net|http|https|http2|tls|dgram|child_process)/;
    const wrong = productEdges.filter((edge) => edge.from.startsWith('src/crypto/') && forbidden.test(edge.to));
    expect(wrong.map(show)).toEqual([]);
  });

  test('the core imports nothing but the parts of Node that its contracts need', () => {
    const wrong = productEdges.filter(
      (edge) =>
        edge.from.startsWith('src/core/') &&
        edge.isPackage &&
        !(edge.from.endsWith('.contract.ts') && edge.to.startsWith('node:assert')),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  test('drivers are named in the registries and in tests only', () => {
    const driver =
      /^src\/(?:store\/physical\/(?:memory|lmdb)|store\/barrier\/slots\/[a-z]+|telemetry\/sinks\/[a-z]+|lifecycle\/rotation\/(?:rotators|rollouts)\/[a-z]+|lifecycle\/notify\/channels\/[a-z]+|providers\/[a-z]+)\//;
    const wrong = productEdges.filter((edge) => {
      const folder = driver.exec(edge.to)?.[0];
      return (
        folder !== undefined &&
        !edge.from.startsWith(folder) &&
        !registries.includes(edge.from) &&
        !edge.from.startsWith('src/testing/')
      );
    });
    expect(wrong.map(show)).toEqual([]);
  });

  test('only guard, compose and the test kit import the store', () => {
    const wrong = productEdges.filter(
      (edge) => edge.to.startsWith('src/store/') && !/^src\/(store|guard|compose|testing)\//.test(edge.from),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  test('the door knows no HTTP', () => {
    const wrong = productEdges.filter(
      (edge) => edge.from.startsWith('src/guard/') && /^(node:https?|hono|src\/server)/.test(edge.to),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  test('native and optional packages are never loaded at module level', () => {
    const lazy = ['lmdb', '@node-rs/argon2', 'yaml', '@clack/prompts', 'prom-client', 'pino'];
    const wrong = productEdges.filter((edge) => lazy.includes(edge.to) && !edge.isDynamic && !isTypeOnly(edge));
    expect(wrong.map(show)).toEqual([]);
  });

  test('one file imports each native package', () => {
    for (const name of ['lmdb', '@node-rs/argon2']) {
      const importers = new Set(
        productEdges.filter((edge) => edge.to === name && edge.isDynamic).map((edge) => edge.from),
      );
      expect([...importers], name).toHaveLength(1);
    }
  });
});

function isTypeOnly(edge: ImportEdge): boolean {
  return typeOnlyImports.get(edge.from)?.has(edge.to) === true;
}

const typeOnlyImports = new Map(
  files.map((path) => {
    const text = readSource(path);
    const names = [...text.matchAll(/import type [^;]*? from '([^'.][^']*)'/g)].map((match) => match[1] ?? '');
    return [path, new Set(names)] as const;
  }),
);

function findCycle(graph: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const stack: string[] = [];
  const visit = (node: string): readonly string[] | undefined => {
    if (done.has(node)) return undefined;
    const at = stack.indexOf(node);
    if (at >= 0) return [...stack.slice(at), node];
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next);
      if (cycle !== undefined) return cycle;
    }
    stack.pop();
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const cycle = visit(node);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
