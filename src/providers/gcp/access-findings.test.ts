import { expect, test } from 'vitest';
import { accessFindings, askedPermissions, keyFindings } from './access-findings.js';

const [access = '', add = '', remove = ''] = askedPermissions;
const found = (writes: boolean, ...secrets: readonly (readonly string[])[]) =>
  accessFindings(
    secrets.map((permissions, index) => ({ id: `app--${index}`, permissions })),
    writes,
    'gcp',
  ).map(({ severity, cause }) => `${severity}: ${cause}`);

test('reading is enough where nothing writes', () => {
  expect(found(false, [access], [access])).toEqual([]);
});

test('what is needed and missing is an error, by secret', () => {
  expect(found(true, [access], [access, add], [access])).toEqual([`error: lacks ${add} on app--0 and 1 more`]);
  expect(found(true, [add])).toEqual([`error: lacks ${access} on app--0`]);
});

test('what may be changed and is not is a warning', () => {
  expect(found(false, [access, add], [access, remove], [access])).toEqual([
    'warning: nothing here writes, and it is allowed to change app--0 and 1 more',
  ]);
  expect(found(true, [access, add, remove])).toEqual([]);
});

test('a secret that is not there looks like one that is closed, and is no error', () => {
  expect(found(true, [])).toEqual(['info: is allowed nothing, or there is no app--0']);
});

test('a key file of a service account is a warning, other credentials are not', () => {
  const [warning] = keyFindings({ type: 'service_account', private_key: 'canary' }, 'gcp');
  expect(warning).toMatchObject({ severity: 'warning', where: 'gcp' });
  expect(JSON.stringify(warning)).not.toContain('canary');
  for (const file of [null, 'text', {}, { type: 'authorized_user' }, { type: 'external_account' }]) {
    expect(keyFindings(file, 'gcp')).toEqual([]);
  }
});
