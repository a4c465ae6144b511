import { describe, expect, test } from 'vitest';
import { parseDerivedTemplate } from '../../core/derived-template.js';
import { bareEntry, type Inventory, type InventoryEntry } from '../../core/inventory.js';
import { parsePath } from '../../core/path.js';
import { Secret } from '../../core/secret.js';
import type { Attestations } from './attestations.js';
import { type ChecklistFacts, checklistLines } from './checklist-lines.js';
import { runChecklist } from './run-checklist.js';
import { valueProblem } from './value-problem.js';

/** Every line of the security checklists that the source documents have, and the line that answers it. */
const documentLines: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'V, development': {
    'Never commit `.env` files to version control': 'env-files',
    'Use `.env.example` with dummy values only': 'env-example',
    'Use separate secrets for dev/staging/production': 'environments-apart',
    'Document which secrets are required': 'documented',
  },
  'V, production': {
    'Use dedicated secrets management service': 'managed-store',
    'Enable audit logging for secret access': 'access-log',
    'Implement secret rotation (90-day maximum)': 'rotation',
    'Use IAM roles/service accounts (no long-lived credentials)': 'short-lived-credentials',
    'Encrypt secrets at rest and in transit': 'encrypted',
    'Limit secret access with RBAC': 'least-privilege',
    'Monitor for secret leaks (tools like GitGuardian, TruffleHog)': 'leak-scanning',
  },
  'V, Vantage-specific': {
    'Rotate ClickHouse passwords every 90 days': 'rotation',
    'Rotate API keys when team members leave': 'leavers',
    'Use different API keys per environment': 'environments-apart',
    'Implement API key rate limiting': 'api-rate-limits',
    'Log API key usage for audit trail': 'api-usage-log',
  },
  'C, an exchange key': {
    'Enable Reading (required for authenticated endpoints)': 'key-permissions',
    'Enable Spot & Margin Trading (DO NOT enable)': 'key-permissions',
    'Enable Futures (DO NOT enable)': 'key-permissions',
    'Enable Withdrawals (DO NOT enable)': 'key-permissions',
  },
  'C, branch protection': {
    'Require pull request reviews (2 reviewers)': 'branch-protection',
    'Require status checks to pass': 'branch-protection',
    'Require signed commits': 'branch-protection',
    'Do not allow force pushes': 'branch-protection',
    'Do not allow deletions': 'branch-protection',
  },
  'C, before first deploy': {
    'All secrets in environment variables or secret manager': 'managed-store',
    'No secrets in code or config files': 'no-secrets-in-code',
    'API keys have minimal required permissions': 'key-permissions',
    'IP whitelisting enabled (if supported)': 'ip-allow-list',
    'SSL certificate verification enabled': 'tls-verification',
    'Audit logging configured': 'access-log',
    'Dependency scanning enabled': 'dependency-scanning',
  },
  'C, regular security tasks': {
    'Rotate API keys (every 90 days)': 'rotation',
    'Review access permissions (quarterly)': 'access-review',
    'Update dependencies (weekly)': 'dependency-updates',
    'Review audit logs (weekly)': 'audit-review',
    'Test secret rotation procedure (quarterly)': 'rotation-drill',
  },
  'C, incident response': {
    'Revoke compromised credentials immediately': 'incident-plan',
    'Rotate all related secrets': 'incident-plan',
    'Review audit logs for unauthorized access': 'incident-plan',
    'Update security procedures': 'incident-plan',
    'Document incident and response': 'incident-plan',
  },
  N: {
    'Never commit secrets to version control': 'env-files',
    'Use different secrets for each environment': 'environments-apart',
    'Rotate secrets regularly (every 90 days)': 'rotation',
    'Enable encryption at rest and in transit': 'encrypted',
    'Implement least-privilege access': 'least-privilege',
    'Audit all secret access': 'access-log',
    'Monitor for unauthorized access': 'access-alerts',
    'Have incident response plan': 'incident-plan',
    'Document secret recovery procedures': 'recovery-plan',
    'Test secret rotation process': 'rotation-drill',
    'Use strong random generation': 'strong-values',
    'Implement secrets expiration': 'expiry',
    'Enable MFA for secrets management access': 'mfa',
    'Backup secrets securely': 'backup',
    'Review access permissions quarterly': 'access-review',
  },
};
/** What requirement X6 asks for beyond the documents' lists. */
const ownLines = ['upstream-audit'];

const now = Date.UTC(2030, 0, 1);
const dayMs = 86_400_000;
const token = parsePath('app/token');
const rotated: InventoryEntry = { ...bareEntry(token), rotate: { every: 90 * dayMs, jitter: 0 } };
const good: ChecklistFacts = {
  inventory: new Map([[token, rotated]]),
  secrets: [{ path: token, required: true, state: 'present', isOverdue: false, findings: [] }],
  links: [{ name: 'keyward', kind: 'keyward', managed: true, plaintext: false }],
  project: [],
  environment: [],
  example: [],
  hasAccessLog: true,
  files: ['.github/dependabot.yml'],
};
const failing = (facts: Partial<ChecklistFacts>) =>
  runChecklist('production', { ...good, ...facts }, new Map(), now)
    .filter(({ state }) => state === 'fail')
    .map(({ id }) => id);
const wrong = (where: string, severity: 'error' | 'warning' = 'error') => ({ severity, where, cause: 'c', fix: 'f' });
const secret = (rest: Partial<ChecklistFacts['secrets'][number]>) => ({
  secrets: good.secrets.map((one) => ({ ...one, ...rest })),
});
const listing = (entry: InventoryEntry): { readonly inventory: Inventory } => ({
  inventory: new Map([[token, entry]]),
});

describe('the checklist', () => {
  test('answers every line of the three documents by a check or an attestation, and has no line without a source', () => {
    const answers = Object.values(documentLines).flatMap((lines) => Object.values(lines));
    expect(answers).toHaveLength(57);
    const ids = checklistLines.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...new Set([...answers, ...ownLines])].sort()).toEqual([...ids].sort());
    for (const line of checklistLines) expect('check' in line, line.id).not.toBe('days' in line);
  });

  test('of development is a part of that of production', () => {
    const idsOf = (profile: 'development' | 'production') =>
      runChecklist(profile, good, new Map(), now).map(({ id }) => id);
    const production = idsOf('production');
    const development = idsOf('development');
    for (const id of Object.values(documentLines['V, development'] ?? {})) expect(development).toContain(id);
    expect(production).toEqual(expect.arrayContaining([...development]));
    expect(production.length).toBeGreaterThan(development.length);
  });

  test('passes every check where nothing is wrong', () => {
    expect(failing({})).toEqual([]);
  });

  const weak = valueProblem(Secret.fromText('changeme'), 'token', undefined);
  test.each<[string, Partial<ChecklistFacts>]>([
    ['env-files', { project: [wrong('.env')] }],
    ['env-example', { example: [wrong('.env.example:1')] }],
    ['documented', { inventory: new Map(), secrets: [] }],
    ['tls-verification', { environment: [wrong('VAULT_SKIP_VERIFY')] }],
    ['tls-verification', { environment: [wrong('NODE_TLS_REJECT_UNAUTHORIZED')] }],
    ['strong-values', secret({ findings: weak === undefined ? [] : [{ where: 'app/token', ...weak }] })],
    ['access-log', { hasAccessLog: false }],
    ['rotation', secret({ isOverdue: true })],
    ['rotation', listing({ ...rotated, rotate: { every: 181 * dayMs, jitter: 0 } })],
    ['short-lived-credentials', { environment: [wrong('AWS_SECRET_ACCESS_KEY', 'warning')] }],
    ['encrypted', { links: [{ name: 'vault', kind: 'vault', managed: true, plaintext: true }] }],
    ['managed-store', { links: [{ name: 'env', kind: 'env', managed: false, plaintext: false }] }],
    ['expiry', secret({ findings: [{ ...wrong('app/token'), cause: 'expired on 2029-01-01' }] })],
    ['dependency-scanning', { files: ['package.json'] }],
  ])('fails %s for what is wrong with it, and nothing else', (id, facts) => {
    expect(failing(facts)).toEqual([id]);
  });

  test('wants a rotation and an end of every secret that is kept', () => {
    expect(failing(listing(bareEntry(token)))).toEqual(['rotation', 'expiry']);
    const from = parseDerivedTemplate('{app/key|raw}');
    expect(failing(listing({ ...bareEntry(token), from }))).toEqual([]);
  });

  test('a warning about a file that others can read is no plain secret in git', () => {
    expect(failing({ project: [wrong('.env', 'warning')] })).toEqual([]);
  });

  test('asks for the audit log of other stores where there is one in the chain', () => {
    const idsWith = (kind: string) =>
      runChecklist(
        'production',
        { ...good, links: [{ name: kind, kind, managed: true, plaintext: false }] },
        new Map(),
        now,
      ).map(({ id }) => id);
    expect(idsWith('vault')).toContain('upstream-audit');
    expect(idsWith('keyward')).not.toContain('upstream-audit');
  });
});

describe('an attestation', () => {
  const stateOf = (id: string, date: string, at = now) => {
    const attestations: Attestations = new Map([[id, { by: 'ops', date }]]);
    const found = runChecklist('production', good, attestations, at).find((line) => line.id === id);
    return [found?.state, found?.findings.map(({ severity }) => severity).join()];
  };

  test('holds for its time, is asked for again before, and then is open', () => {
    expect(stateOf('audit-review', '2029-12-31')).toEqual(['attested', '']);
    expect(stateOf('audit-review', '2029-12-28')).toEqual(['attested', 'warning']);
    expect(stateOf('audit-review', '2029-12-25')).toEqual(['open', 'error']);
    expect(stateOf('mfa', '2029-02-01')).toEqual(['attested', '']);
    expect(stateOf('mfa', '2028-12-31')).toEqual(['open', 'error']);
  });

  test('of a day to come is none', () => {
    expect(stateOf('mfa', '2030-01-02')).toEqual(['open', 'error']);
    expect(stateOf('mfa', '9999-01-01')).toEqual(['open', 'error']);
  });

  test('does not count for a line that is decided', () => {
    const attestations: Attestations = new Map([['access-log', { by: 'ops', date: '2029-12-31' }]]);
    const lines = runChecklist('production', { ...good, hasAccessLog: false }, attestations, now);
    expect(lines.find(({ id }) => id === 'access-log')).toMatchObject({ state: 'fail' });
  });
});
