import { isRefusedForInjection } from '../../core/injection-rules.js';
import type { FollowUp } from '../../lifecycle/transfer/follow-up.js';
import type { ImportPlan } from '../../lifecycle/transfer/import-plan.js';
import type { Invocation } from '../command.js';

/** `run` will not give these without being told; better known now than when the file is gone. */
export function warnOfRefused({ output }: Invocation, plan: ImportPlan): void {
  for (const name of plan.items.flatMap((item) => item.names).filter(isRefusedForInjection)) {
    output.finding({
      severity: 'warning',
      where: name,
      cause: 'it changes how programs run, so keyward run gives it only when told',
      fix: `Leave it out of the plan, or run: keyward run --allow-name ${name} -- <program>`,
    });
  }
}

/** What is left to do, in the order in which to do it. */
export function noteFollowUp({ output }: Invocation, source: string, follow: FollowUp): void {
  const { usages, isCut, gitignore, commits = 0, copies } = follow;
  if (usages.length > 0) output.note('in the programs of this project:');
  for (const { file, line, found, replacement } of usages)
    output.note(`  ${file}:${line}  ${found}  →  ${replacement}`);
  if (isCut) output.note('  (the project has more files than were looked at)');
  if (gitignore.length > 0) output.note(`.gitignore lacks: ${gitignore.join('  ')} (keyward init adds them)`);
  noteHistory(output.note, source, commits);
  noteCopies(output.note, copies);
}

/** @param commits how many hold the source. */
export function noteHistory(note: (text: string) => void, source: string, commits: number): void {
  if (commits === 0) return;
  note(`${source} is in the git history (${commits} commits): rotate its values first, whoever has a clone has them`);
  note(`  then, if you must, rewrite it in a fresh clone: git filter-repo --invert-paths --path ${source}`);
}

export function noteCopies(note: (text: string) => void, copies: readonly string[]): void {
  if (copies.length > 0) note(`look at these too, they may hold the same values: ${copies.join(', ')}`);
}
