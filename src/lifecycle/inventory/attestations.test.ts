import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../testing/temporary-folder.js';
import { attestationsFile, readAttestations, writeAttestation } from './attestations.js';

const temporary = temporaryFolder();
const write = (text: string) => temporary.write(attestationsFile, text);
const folder = dirname(temporary.path(attestationsFile));

afterAll(() => temporary.remove());

describe('the file of attestations', () => {
  test('keeps one line for each, sorted, and reads what it wrote', async () => {
    write('{}');
    await writeAttestation(folder, 'mfa', { by: 'ops', date: '2030-01-01', note: 'SSO "only"' });
    await writeAttestation(folder, 'backup', { by: 'ops', date: '2030-01-02' });
    await writeAttestation(folder, 'mfa', { by: 'anna', date: '2030-01-03' });
    expect(readFileSync(temporary.path(attestationsFile), 'utf8')).toBe(
      '{\n  "backup": {"by":"ops","date":"2030-01-02"},\n  "mfa": {"by":"anna","date":"2030-01-03"}\n}\n',
    );
    expect([...(await readAttestations(folder)).keys()]).toEqual(['backup', 'mfa']);
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
  ])('%s is refused', async (text) => {
    write(text);
    await expect(readAttestations(folder)).rejects.toMatchObject({ code: 'config' });
  });
});
