import { expect, test } from 'vitest';
import type { Finding } from '../core/finding.js';
import { Secret } from '../core/secret.js';
import type { Output } from './output/output.js';
import { warnOfDegraded } from './warn-of-degraded.js';

test('values that stand in for those of a store that is down are named, with their age and never as they are', () => {
  const findings: Finding[] = [];
  const output: Pick<Output, 'finding'> = { finding: (finding) => void findings.push(finding) };
  const secret = (degraded: boolean) => Secret.fromText('the-value', { provider: 'vault', ageMs: 2_400_000, degraded });
  warnOfDegraded(output, [
    ['API_KEY', secret(true)],
    ['API_SECRET', secret(false)],
    ['GIVEN', Secret.fromText('the-value')],
  ]);
  expect(findings).toHaveLength(1);
  expect(findings[0]).toMatchObject({ severity: 'warning', where: 'API_KEY' });
  expect(findings[0]?.cause).toContain('vault answered 2400 s ago');
  expect(JSON.stringify(findings)).not.toContain('the-value');
});
