import { describe, expect, test } from 'vitest';
import { bareEntry } from '../../core/inventory.js';
import { parsePath } from '../../core/path.js';
import type { Reader } from '../access/readers.js';
import type { CheckedSecret } from './check-secrets.js';
import { type ReviewFacts, reviewOf } from './review.js';
import { reviewText } from './review-text.js';

const day = 86_400_000;
const to = new Date('2027-03-31T00:00:00Z');
const from = new Date(to.getTime() - 90 * day);

const secret = (path: string, change: Partial<CheckedSecret> = {}): CheckedSecret => ({
  path: parsePath(path),
  required: true,
  state: 'present',
  isOverdue: false,
  findings: [],
  ...change,
});
const reader = (path: string, principal: string, change: Partial<Reader> = {}): Reader => ({
  ...{ path, principal, did: 'read', store: 'keyward', project: 'bot', environment: 'production' },
  ...{ sources: ['local:1'], versions: ['1'], outcomes: ['ok'], first: from, last: from, count: 1 },
  ...change,
});
const review = (change: Partial<ReviewFacts> = {}) => {
  const secrets = change.secrets ?? [secret('a/used'), secret('a/unused')];
  return reviewOf({
    ...{ project: 'bot', environment: 'production', from, to, secrets, readers: [], gaps: [], checklist: [] },
    inventory: new Map(secrets.map(({ path }) => [path, bareEntry(path)])),
    rotations: new Map(),
    ...change,
  });
};

describe('a review', () => {
  test('says of each secret who read it, and when last', () => {
    const last = new Date('2027-03-01T00:00:00Z');
    const readers = [
      reader('a/used', 'web', { last }),
      reader('a/used', 'ci'),
      reader('a/used', 'ci', { did: 'wrote' }),
    ];
    const { secrets, unread } = review({ readers });
    expect(secrets.map(({ path, readBy }) => [path, readBy])).toEqual([
      ['a/unused', []],
      ['a/used', ['ci', 'web']],
    ]);
    expect(secrets[1]?.lastReadAt).toEqual(last);
    expect(unread).toEqual(['a/unused']);
  });

  test('does not call unread what is not there', () => {
    expect(review({ secrets: [secret('a/gone', { state: 'missing' })] }).unread).toEqual([]);
  });

  test('says of each principal what it read and what was refused', () => {
    const readers = [
      reader('a/used', 'web', { count: 3 }),
      reader('a/other', 'web', { count: 2 }),
      reader('a/unused', 'web', { did: 'tried', outcomes: ['denied'] }),
      reader('a/used', 'web', { did: 'tried', outcomes: ['not_found'] }),
    ];
    const { principals, unlisted } = review({ readers });
    expect(principals).toEqual([
      { principal: 'web', reads: 5, secrets: ['a/other', 'a/used'], refused: ['a/unused'], lastAt: from },
    ]);
    expect(unlisted).toEqual(['a/other']);
  });

  test('counts the rotations that came to their end in its time', () => {
    const rotation = (at: number, outcome: 'retired' | 'rolled_back') => ({
      ...{ schema: 1 as const, startedAt: at, outcome },
      steps: [{ step: 'retire', at, by: 'ops' }],
    });
    const [inside, before] = [from.getTime() + day, from.getTime() - day];
    const path = parsePath('a/used');
    const logged = [rotation(before, 'retired'), rotation(inside, 'retired'), rotation(inside, 'rolled_back')];
    const { secrets } = review({ rotations: new Map([[path, logged]]) });
    expect(secrets.map(({ rotations }) => rotations)).toEqual([0, 1]);
  });

  test('as a text has no name that makes a line, a cell or a link of its own', () => {
    const principal = 'x | y\n# heading [a](https://b.example) <script>';
    const text = reviewText(review({ readers: [reader('a/used', principal)] }));
    expect(text).not.toMatch(/^# heading/m);
    expect(text).toContain('x \\| y \\# heading \\[a\\](https://b.example) \\<script\\>');
  });

  test('as a text is the same for the same facts', () => {
    const readers = [reader('a/used', 'web'), reader('a/used', 'ci')];
    expect(reviewText(review({ readers }))).toBe(reviewText(review({ readers: [...readers].reverse() })));
  });
});
