import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../core/clock.js';
import { temporaryFolder } from '../../testing/temporary-folder.js';
import { attestationsFile, readAttestations, writeAttestation } from './attestations.js';

const temporary = temporaryFolder();
const write = (text: string) => temporary.write(attestationsFile, text);
const attest = (id: string, by: string, date: string, note?: string) =>
  writeAttestation(folder, id, { by, date, note }, systemClock);
const folder = dirname(temporary.path(attestationsFile));

afterAll(() => temporary.remove());

describe('the file of attestations', () => {
  test('keeps one line for each, sorted, and reads what it wrote', async () => {
    write('{}');
    await attest('mfa', 'ops', '2030-01-01', 'SSO "only"');
    await attest('backup', 'ops', '2030-01-02');
    await attest('mfa', 'anna', '2030-01-03');
    expect(readFileSync(temporary.path(attestationsFile), 'utf8')).toBe(
      '{\n  "backup": {"by":"ops","date":"2030-01-02"},\n  "mfa": {"by":"anna","date":"2030-01-03"}\n}\n',
    );
    expect([...(await readAttestations(folder)).keys()]).toEqual(['backup', 'mfa']);
  });

  test('loses none that were written at the same time', async () => {
    write('{}');
    const ids = Array.from({ length: 8 }, (_, at) => `line-${at}`);
    await Promise.all(ids.map((id) => attest(id, 'ops', '2030-01-01')));
    expect([...(await readAttestations(folder)).keys()]).toEqual(ids);
  });

  test('takes no name or note that would drive a terminal', async () => {
    write('{}');
    for (const by of ['', 'a\nb', '\u001b[31m', '\u202eops'])
      await expect(attest('mfa', by, '2030-01-01')).rejects.toMatchObject({ code: 'config' });
    await expect(attest('mfa', 'ops', '2030-01-01', 'a\u0000b')).rejects.toMatchObject({ code: 'config' });
    expect(readFileSync(temporary.path(attestationsFile), 'utf8')).toBe('{}');
  });

  test.each([
    '',
    '[]',
    'null',
    '{"mfa": null}',
    '{"mfa": {"by": "", "date": "2030-01-01"}}',
    '{"mfa": {"by": "ops", "date": "soon"}}',
    '{"mfa": {"by": "ops", "date": "2030-02-30"}}',
    '{"mfa": {"by": "ops", "date": "2030-01-01", "until": "2099-01-01"}}',
    '{"mfa": {"by": "ops", "date": "2030-01-01", "note": 1}}',
    '{"mfa": {"by": "\\u001b[31mops", "date": "2030-01-01"}}',
  ])('%s is refused', async (text) => {
    write(text);
    await expect(readAttestations(folder)).rejects.toMatchObject({ code: 'config' });
  });
});
