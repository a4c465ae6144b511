import { expect, test } from 'vitest';
import { readVariable } from './variable.js';

test('a NAME_FILE that is a system name of its own does not stand for NAME', async () => {
  const asked: string[] = [];
  const find = (name: string) => {
    asked.push(name);
    return name === 'SSL_CERT_FILE' ? { value: '/etc/hostname', rank: 0 } : undefined;
  };
  expect(await readVariable('SSL_CERT', find)).toBeUndefined();
  expect(asked).toEqual(['SSL_CERT']);
});

test('a NAME that is a reference is not the value, and does not stand in the way of NAME_FILE', async () => {
  const reference = { value: 'keyward://app/token', rank: 0 };
  const file = { value: '/etc/hostname', rank: 0 };
  const alone = (name: string) => (name === 'TOKEN' ? reference : undefined);
  const both = (name: string) => (name === 'TOKEN' ? reference : file);
  expect(await readVariable('TOKEN', alone)).toBeUndefined();
  expect(await readVariable('TOKEN', both)).toBeDefined();
});
