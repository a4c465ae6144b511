import { describe, expect, test } from 'vitest';
import { gitignoreAdditions } from './gitignore.js';

const all = '.env\n.env.*\n!.env.example\n!.env*.sealed\n.env.secrets\nsecrets/\n*.key\n*.pem\n';

describe('lines for .gitignore', () => {
  test('are all given to an empty file, and none where all are', () => {
    expect(gitignoreAdditions('')).toBe(all);
    expect(gitignoreAdditions(all)).toBe('');
    expect(gitignoreAdditions(all.replaceAll('\n', '\r\n'))).toBe('');
  });

  test('are given only where they are missing', () => {
    expect(gitignoreAdditions(`node_modules\n${all.replace('*.key\n', '')}`)).toBe('*.key\n');
  });

  test('begin on a line of their own', () => {
    expect(gitignoreAdditions(all.replace('*.pem\n', '').trimEnd())).toBe('\n*.pem\n');
  });

  test('leave what may be committed visible when the pattern that hides it comes after', () => {
    expect(gitignoreAdditions(all.replace('.env.*\n', ''))).toBe('.env.*\n!.env.example\n!.env*.sealed\n');
  });

  test('added once are complete', () => {
    for (const text of ['', 'a', '.env\n', '!.env.example', '*.key\n.env.*\n']) {
      expect(gitignoreAdditions(text + gitignoreAdditions(text))).toBe('');
    }
  });
});
