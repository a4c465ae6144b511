import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { filesBelow, readSource } from './source-tree.js';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<
    Record<string, { readonly permissions?: Readonly<Record<string, string>>; readonly steps: readonly Step[] }>
  >;
}

const workflows = filesBelow('.github/workflows', '.yml').map((path) => {
  const text = readSource(path);
  const workflow: Workflow = parse(text);
  return { path, text, workflow, steps: Object.values(workflow.jobs).flatMap(({ steps }) => steps) };
});

describe.each(workflows)('$path', ({ path, text, workflow, steps }) => {
  test('names every action by its commit, with the version beside it', () => {
    const lines = text.split('\n').filter((line) => /\buses:/.test(line));
    expect(lines.filter((line) => !/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
  });

  test('may read the sources, and only the release may ask for an identity', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
    const more = Object.values(workflow.jobs).flatMap(({ permissions = {} }) =>
      Object.entries(permissions).filter(([name, level]) => name !== 'contents' || level !== 'read'),
    );
    expect(more).toEqual(path.endsWith('/release.yml') ? [['id-token', 'write']] : []);
  });

  test('runs nothing of a stranger with rights of the repository', () => {
    expect(Object.keys(workflow.on)).not.toContain('pull_request_target');
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    expect(checkouts.filter((step) => step.with?.['persist-credentials'] !== false)).toEqual([]);
    const untrusted = /\$\{\{\s*github\.(?:event\.|head_ref)/;
    expect(steps.filter(({ run }) => run !== undefined && untrusted.test(run))).toEqual([]);
  });

  test('installs what the lock file says', () => {
    expect(steps.filter(({ run }) => run !== undefined && /\bnpm (?:install|i)\b/.test(run))).toEqual([]);
  });
});

test('advisories and signatures of dependencies are looked at every day', () => {
  const daily = workflows.filter(({ workflow }) => Object.keys(workflow.on).includes('schedule'));
  const commands = daily.flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
  expect(commands).toEqual(
    expect.arrayContaining([expect.stringMatching(/^npm audit --omit=dev/), 'npm audit signatures']),
  );
});

test('a release is published with provenance and a bill of materials', () => {
  const release = workflows.find(({ path }) => path.endsWith('/release.yml'));
  const commands = release?.steps.flatMap(({ run }) => run ?? []).join('\n');
  expect(commands).toMatch(/npm run --silent sbom >/);
  expect(commands).toMatch(/npm run --silent check:reproducible\n/);
  expect(commands).toMatch(/npm publish --provenance/);
});
