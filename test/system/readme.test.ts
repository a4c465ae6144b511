import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { filesBelow } from '../guards/source-tree.js';
import { Sandbox, stepsOf } from './transcript.js';

const pages = ['README.md', ...filesBelow('docs/guide', '.md'), ...filesBelow('docs/providers', '.md')];

for (const page of pages) {
  const steps = stepsOf(page);
  if (steps.length === 0) continue;

  describe(`what ${page} shows`, () => {
    let sandbox: Sandbox;
    beforeAll(async () => {
      sandbox = await Sandbox.create();
    });
    afterAll(() => sandbox.remove());

    test.sequential.each(steps)('$where works as written', (step) => {
      expect(sandbox.run(step)).toBeUndefined();
    });
  });
}

describe('pages with commands', () => {
  test('the README, the first guide and the page of every provider are among those that run', () => {
    const providers = filesBelow('docs/providers', '.md');
    const needed = ['README.md', 'docs/guide/getting-started.md', ...providers];
    expect(needed.filter((page) => stepsOf(page).length === 0)).toEqual([]);
  });

  test('a page that shows something else than what happens is noticed', async () => {
    const sandbox = await Sandbox.create();
    try {
      const step = { where: 'here', kind: 'shell', text: 'echo one two', status: 0 } as const;
      expect(sandbox.run({ ...step, shown: ['one …'] })).toBeUndefined();
      expect(sandbox.run({ ...step, shown: ['one'] })).toContain('does not print');
      expect(sandbox.run({ ...step, shown: [], status: 1 })).toContain('ended with 0');
    } finally {
      sandbox.remove();
    }
  });
});
