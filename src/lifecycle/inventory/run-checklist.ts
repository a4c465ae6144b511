import { dateOf } from '../../core/expiry.js';
import type { Finding } from '../../core/finding.js';
import { rotationDue } from '../../core/rotation-due.js';
import { type Attestations, attestationsFile } from './attestations.js';
import { type AttestedLine, type CheckedLine, type ChecklistFacts, checklistLines } from './checklist-lines.js';

export type Profile = 'development' | 'production';

export interface ChecklistResult {
  readonly id: string;
  readonly title: string;
  /** `open`: nobody answers for it now. */
  readonly state: 'pass' | 'fail' | 'attested' | 'open';
  /** How often it is to be attested, in days; absent for what is checked. */
  readonly everyDays?: number | undefined;
  readonly by?: string | undefined;
  /** Until when the attestation holds. */
  readonly until?: Date | undefined;
  readonly findings: readonly Finding[];
}

const link = 'guide/checking.md#checklists';
const dayMs = 86_400_000;

/** Every line of the profile, decided or attested. @param nowMs milliseconds since 1970. */
export function runChecklist(
  profile: Profile,
  facts: ChecklistFacts,
  attestations: Attestations,
  nowMs: number,
): readonly ChecklistResult[] {
  return checklistLines
    .filter(({ production }) => !production || profile === 'production')
    .flatMap((line) => ('check' in line ? [decided(line, facts)] : attested(line, facts, attestations, nowMs)));
}

function decided({ id, title, check }: CheckedLine, facts: ChecklistFacts): ChecklistResult {
  const findings = check(facts).map(
    ({ where, cause, fix }): Finding => ({ severity: 'error', where: `${id}: ${where}`, cause, fix, link }),
  );
  return { id, title, state: findings.length === 0 ? 'pass' : 'fail', findings };
}

function attested(
  { id, title, days, appliesTo }: AttestedLine,
  facts: ChecklistFacts,
  attestations: Attestations,
  nowMs: number,
): readonly ChecklistResult[] {
  if (appliesTo?.(facts) === false) return [];
  const { by, date = '' } = attestations.get(id) ?? {};
  const given = dateOf(date);
  const isOver = given === undefined || given.getTime() > nowMs;
  const { state, dueAt } = rotationDue({ every: days * dayMs, jitter: 0 }, isOver ? undefined : given, nowMs);
  const until = dueAt?.toISOString().slice(0, 10);
  const cause =
    until === undefined
      ? `nobody answers for it: ${title}`
      : `${by} answered for it ${state === 'overdue' ? '' : 'only '}until ${until}: ${title}`;
  const fix = `When you are sure of it: keyward attest ${id} --by <who>`;
  const severity = state === 'overdue' ? 'error' : 'warning';
  return [
    {
      id,
      title,
      state: state === 'overdue' ? 'open' : 'attested',
      everyDays: days,
      by,
      until: dueAt,
      findings: state === 'fresh' ? [] : [{ severity, where: `${id} (${attestationsFile})`, cause, fix, link }],
    },
  ];
}
