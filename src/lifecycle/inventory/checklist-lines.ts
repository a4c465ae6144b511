import type { Finding } from '../../core/finding.js';
import type { Inventory, InventoryEntry } from '../../core/inventory.js';
import { baseOf } from '../../core/path.js';
import { longestIntervalMs } from '../../core/rotation-schedule.js';
import type { CheckedSecret } from './check-secrets.js';
import { isGuessable } from './value-problem.js';

/** A link of the chain, as far as the lines ask. */
export interface ChecklistLink {
  readonly name: string;
  readonly kind: string;
  /** Whether the store keeps secrets under its own access control. */
  readonly managed: boolean;
  /** Whether its answers travel unencrypted. */
  readonly plaintext: boolean;
}

/** What the lines are decided by. */
export interface ChecklistFacts {
  readonly inventory: Inventory;
  readonly secrets: readonly CheckedSecret[];
  readonly links: readonly ChecklistLink[];
  /** Of the project's own files. */
  readonly project: readonly Finding[];
  /** Of the variables of this process. */
  readonly environment: readonly Finding[];
  /** Of `.env.example`. */
  readonly example: readonly Finding[];
  readonly hasAccessLog: boolean;
  /** The project's files, relative to its folder. */
  readonly files: readonly string[];
}

type Problem = Pick<Finding, 'where' | 'cause' | 'fix'>;

interface LineBase {
  readonly id: string;
  readonly title: string;
  /** Whether it holds for production alone. */
  readonly production: boolean;
}

/** A line that is decided here. */
export interface CheckedLine extends LineBase {
  readonly check: (facts: ChecklistFacts) => readonly Problem[];
}

/** A line that no program can decide: somebody answers for it, for so many days. */
export interface AttestedLine extends LineBase {
  readonly days: number;
  readonly appliesTo?: (facts: ChecklistFacts) => boolean;
}

export type ChecklistLine = CheckedLine | AttestedLine;

const weekly = 7;
const quarterly = 92;
const yearly = 366;

const inBoth = { production: false };
const inProduction = { production: true };
const configuration = 'keyward.yaml';
const dayMs = 86_400_000;

/** The lines of security checklists, each a check or an attestation. */
export const checklistLines: readonly ChecklistLine[] = [
  {
    id: 'env-files',
    title: 'No file of plain secrets is in git',
    ...inBoth,
    check: ({ project }) => project.filter(({ severity }) => severity === 'error'),
  },
  { id: 'env-example', title: '.env.example holds dummy values only', ...inBoth, check: ({ example }) => example },
  {
    id: 'documented',
    title: 'The secrets that the project needs are listed',
    ...inBoth,
    check: ({ inventory }) =>
      when(inventory.size === 0, configuration, 'lists no secret', 'Draft the list with: keyward draft'),
  },
  {
    id: 'tls-verification',
    title: 'Servers are verified',
    ...inBoth,
    check: ({ environment }) => environment.filter(isVerification),
  },
  {
    id: 'strong-values',
    title: 'Values are made at random',
    ...inBoth,
    check: ({ secrets }) => secrets.flatMap(({ findings }) => findings.filter(isGuessable)),
  },
  {
    id: 'environments-apart',
    title: 'Each environment has secrets and API keys of its own',
    ...inBoth,
    days: quarterly,
  },
  { id: 'no-secrets-in-code', title: 'No secret is in code or configuration files', ...inBoth, days: quarterly },
  {
    id: 'managed-store',
    title: 'Secrets lie in a store with its own access control',
    ...inProduction,
    check: ({ links }) => [
      ...when(
        !links.some(({ managed }) => managed),
        configuration,
        'names no such store',
        'Add one to `providers:`, and move the values with: keyward migrate',
      ),
      ...links
        .filter(({ kind }) => kind === 'dotenv')
        .map(({ name }) => ({
          where: name,
          cause: 'reads secrets from plain files',
          fix: 'Take it out of the chain.',
        })),
    ],
  },
  {
    id: 'access-log',
    title: 'Every access to a secret is recorded',
    ...inProduction,
    check: ({ hasAccessLog }) =>
      when(!hasAccessLog, configuration, 'keeps no access log', 'See `audit:` in docs/reference/configuration.md.'),
  },
  {
    id: 'rotation',
    title: 'Every secret is rotated within 90 days, a token within 180, and none is overdue',
    ...inProduction,
    check: ({ inventory, secrets }) => [
      ...[...inventory.values()].flatMap(rotationProblems),
      ...secrets
        .filter(({ isOverdue }) => isOverdue)
        .map(({ path }) => ({
          where: path,
          cause: 'is overdue',
          fix: 'Replace it.',
        })),
    ],
  },
  {
    id: 'short-lived-credentials',
    title: 'Stores are reached by roles, not by credentials that live long',
    ...inProduction,
    check: ({ environment }) => environment.filter((finding) => !isVerification(finding)),
  },
  {
    id: 'encrypted',
    title: 'Secrets are encrypted at rest and in transit',
    ...inProduction,
    check: ({ links }) =>
      links
        .filter(({ kind, plaintext }) => plaintext || kind === 'dotenv')
        .map(({ name, plaintext }) => ({
          where: name,
          cause: plaintext ? 'is reached without TLS' : 'keeps values in plain text',
          fix: 'Use TLS, and a store that encrypts.',
        })),
  },
  {
    id: 'expiry',
    title: 'No secret lives without an end, and none is past it',
    ...inProduction,
    check: ({ inventory, secrets }) =>
      secrets.flatMap(({ path, expiresAt, findings }) => {
        const entry = inventory.get(path);
        const isEndless = expiresAt === undefined && entry?.rotate === undefined && entry?.from === undefined;
        return [
          ...findings.filter(({ cause }) => cause.startsWith('expired')),
          ...when(isEndless, path, 'has neither `rotate:` nor an expiry', 'Give it `rotate: 90d` in keyward.yaml.'),
        ];
      }),
  },
  {
    id: 'dependency-scanning',
    title: 'A service looks for vulnerable dependencies',
    ...inProduction,
    check: ({ files }) =>
      when(
        !files.some((file) => /(?:^|\/)(?:dependabot\.ya?ml|\.?renovate(?:rc)?(?:\.json5?)?)$/.test(file)),
        'the project',
        'has no configuration of Dependabot or Renovate',
        'Add .github/dependabot.yml.',
      ),
  },
  {
    id: 'least-privilege',
    title: 'Roles and policies let each reader read what it needs',
    ...inProduction,
    days: quarterly,
  },
  { id: 'access-review', title: 'Who may read what was reviewed', ...inProduction, days: quarterly },
  { id: 'audit-review', title: 'Audit logs were read for access that should not be', ...inProduction, days: weekly },
  { id: 'access-alerts', title: 'Unusual access raises an alert', ...inProduction, days: yearly },
  {
    id: 'upstream-audit',
    title: 'The stores of the chain keep their own audit log (audit device of Vault, CloudTrail)',
    ...inProduction,
    days: yearly,
    appliesTo: ({ links }) => links.some(({ kind, managed }) => managed && kind !== 'keyward'),
  },
  { id: 'leak-scanning', title: 'Repositories are scanned for leaked secrets', ...inProduction, days: yearly },
  { id: 'leavers', title: 'What leaving team members could read was rotated', ...inProduction, days: quarterly },
  {
    id: 'key-permissions',
    title: 'API keys may do no more than needed; those of exchanges read, and cannot trade or withdraw unless meant to',
    ...inProduction,
    days: quarterly,
  },
  { id: 'ip-allow-list', title: 'API keys are good from known addresses only', ...inProduction, days: yearly },
  { id: 'api-rate-limits', title: 'API keys have rate limits', ...inProduction, days: yearly },
  { id: 'api-usage-log', title: 'The use of API keys is recorded', ...inProduction, days: yearly },
  { id: 'dependency-updates', title: 'Dependencies are up to date', ...inProduction, days: weekly },
  { id: 'rotation-drill', title: 'The rotation of a secret was tried out', ...inProduction, days: quarterly },
  {
    id: 'incident-plan',
    title:
      'There is a plan for a leak: revoke, rotate what is related, read the audit logs, correct procedures, document',
    ...inProduction,
    days: yearly,
  },
  { id: 'recovery-plan', title: 'How secrets are recovered is written down', ...inProduction, days: yearly },
  { id: 'mfa', title: 'Whoever manages secrets signs in with a second factor', ...inProduction, days: yearly },
  {
    id: 'backup',
    title: 'Secrets are backed up, encrypted, and a restore was tried',
    ...inProduction,
    days: quarterly,
  },
  {
    id: 'branch-protection',
    title: 'Changes need a review, passing checks and signed commits; branches are not overwritten or deleted',
    ...inProduction,
    days: yearly,
  },
];

function isVerification({ where }: Finding): boolean {
  return /VERIFY|REJECT_UNAUTHORIZED/.test(where);
}

function rotationProblems({ path, rotate, from }: InventoryEntry): readonly Problem[] {
  if (from !== undefined) return [];
  const days = /token$/.test(baseOf(path)) ? 180 : 90;
  if (rotate !== undefined && longestIntervalMs(rotate) <= days * dayMs) return [];
  const cause = rotate === undefined ? 'has no `rotate:`' : `is rotated less often than every ${days} days`;
  return [{ where: path, cause, fix: `Give it \`rotate: ${days}d\` in keyward.yaml.` }];
}

function when(isWrong: boolean, where: string, cause: string, fix: string): readonly Problem[] {
  return isWrong ? [{ where, cause, fix }] : [];
}
