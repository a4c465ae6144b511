import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandTable } from '../../src/cli/command-table.js';
import { filesBelow } from '../guards/source-tree.js';
import { Sandbox, stepsOf } from './transcript.js';

const pages = [
  ...filesBelow('test/system/cases', '.md'),
  'docs/guide/rotation.md',
  'docs/guide/exchange-keys.md',
  'docs/guide/rollouts.md',
];

describe.each(pages)('%s', (page) => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await Sandbox.create();
  });
  afterAll(() => sandbox.remove());

  test.sequential.each(stepsOf(page))('$where $text', (step) => {
    expect(sandbox.run(step)).toBeUndefined();
  });
});

test('every command has a case in which it works', () => {
  const working = pages.flatMap(stepsOf).filter(({ status }) => status === 0);
  const isShown = (verb: string) => working.some(({ text }) => text.includes(`keyward ${verb}`));
  expect(Object.keys(commandTable).filter((verb) => !isShown(verb))).toEqual([]);
});
