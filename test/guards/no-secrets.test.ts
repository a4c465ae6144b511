import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from './source-tree.js';

/** Files that may hold what looks like a secret, and why. */
const allowed: Readonly<Record<string, string>> = {
  'src/store/barrier/header.test.ts': 'a header and its key, frozen as a test vector; they open no store',
};

const tokens: Readonly<Record<string, RegExp>> = {
  'AWS key id': /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/,
  'GitHub token': /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40})/,
  'GitLab token': /\bglpat-[A-Za-z0-9_-]{20}/,
  'Slack token or webhook': /\bxox[abeoprs]-[A-Za-z0-9-]{10}|hooks\.slack\.com\/services\/T[A-Z0-9]{8}/,
  'Stripe key': /\b[rs]k_(?:live|test)_[A-Za-z0-9]{20}/,
  'Google key': /\bAIza[A-Za-z0-9_-]{35}/,
  'npm token': /\bnpm_[A-Za-z0-9]{36}/,
  'Vault token': /\bhv[sbr]\.[A-Za-z0-9_-]{24}/,
  'HuggingFace token': /\bhf_[A-Za-z0-9]{34}/,
  'OpenAI or Anthropic key': /\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{32}/,
  'Telegram token': /\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}/,
  'SendGrid key': /\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}/,
  'JSON web token': /\beyJ[A-Za-z0-9_-]{16,}\.eyJ[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}/,
  'private key': /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+[A-Za-z0-9+/]{40}/,
  'age key': /\bAGE-SECRET-KEY-1[A-Z0-9]{50}/,
};

const assignment =
  /(?:key|secret|token|passw(?:or)?d|passphrase|credential)["']?\s*[:=]\s*["'`]?([A-Za-z0-9+/_=-]{24,})/gi;

/** Bits of information in a character, as far as the frequencies in the text tell. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum - (count / text.length) * Math.log2(count / text.length), 0);
}

/** Names of what looks like a secret, with the line; never the text itself. */
function findingsIn(text: string): readonly string[] {
  const lineOf = (at: number) => text.slice(0, at).split('\n').length;
  const found = Object.entries(tokens).flatMap(([name, pattern]) => {
    const at = text.search(pattern);
    return at < 0 ? [] : [`line ${lineOf(at)}: ${name}`];
  });
  for (const match of text.matchAll(assignment)) {
    const value = match[1] ?? '';
    const isRandom = /[0-9]/.test(value) && /[A-Za-z]/.test(value) && entropy(value) > 3.9;
    if (isRandom) found.push(`line ${lineOf(match.index)}: a random value assigned to a name of a secret`);
  }
  return found;
}

function findingsInFile(path: string): readonly string[] {
  return findingsIn(readFileSync(join(root, path), 'utf8')).map((finding) => `${path}: ${finding}`);
}

const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
  .split('\0')
  .filter((path) => path !== '' && lstatSync(join(root, path), { throwIfNoEntry: false })?.isFile() === true);

describe('the repository', () => {
  test('holds nothing that looks like a secret', () => {
    const found = files.filter((path) => !Object.hasOwn(allowed, path)).flatMap(findingsInFile);
    expect(found).toEqual([]);
  });

  test('allows nothing that is not there or needs no allowance', () => {
    const needless = Object.keys(allowed).filter((path) => !files.includes(path) || findingsInFile(path).length === 0);
    expect(needless).toEqual([]);
  });

  test('has no environment file but examples with made-up values', () => {
    const environmentFiles = files.filter((path) => /(?:^|\/)\.env(?:\.|$)/.test(path));
    expect(environmentFiles.filter((path) => !path.endsWith('.env.example'))).toEqual([]);
    for (const path of environmentFiles) {
      const values = [...readFileSync(join(root, path), 'utf8').matchAll(/^[A-Z_]+=(.*)$/gm)].map(([, value]) => value);
      expect(values.length).toBeGreaterThan(0);
      expect(values.filter((value) => !/your_|example\.com|localhost/.test(value ?? ''))).toEqual([]);
    }
  });
});

describe('the search for secrets', () => {
  test('finds tokens of vendors, private keys and random values under telling names', () => {
    const body = 'aZ3kQ9mX7cV1bN5tR2yU8wE4pL6sD0fG';
    const samples = [
      `AK${'IA'}ABCDEFGHIJKLMNOP`,
      `gh${'p'}_${body}abcd`,
      `-----BEGIN ${'PRIVATE'} KEY-----\n${body}${body}`,
      `api_${'key'}: "${body}"`,
      `${'PASSWORD'}=${body}`,
    ];
    expect(samples.filter((sample) => findingsIn(sample).length === 0)).toEqual([]);
  });

  test('leaves words, names and hashes in prose alone', () => {
    const samples = [
      'password: correct-horse-battery-staple-again',
      'key = createHmacFromTheRootKeyOfThisStore()',
      'token',
    ];
    expect(samples.flatMap(findingsIn)).toEqual([]);
  });
});
