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
