import { currentStage, pendingStage, previousStage } from '../../core/ref.js';

/** The service's words for the stages that every store has; others are the same in both. */
const labels: ReadonlyMap<string, string> = new Map([
  [currentStage, 'AWSCURRENT'],
  [previousStage, 'AWSPREVIOUS'],
  [pendingStage, 'AWSPENDING'],
]);
const stages = new Map([...labels].map(([stage, label]) => [label, stage]));

export const currentLabel = labelOf(currentStage);
export const pendingLabel = labelOf(pendingStage);
export const previousLabel = labelOf(previousStage);

/**
 * Where a version stands that is being written, before it becomes the current one. There is one for all writers, so that
 * those who were killed between the two steps leave one version behind and no more.
 */
export const writingLabel = 'keyward-writing';

export function labelOf(stage: string): string {
  return labels.get(stage) ?? stage;
}

/** The stages of a version, without the one that only writers use. */
export function stagesOf(given: readonly string[] = []): readonly string[] {
  return given.filter((label) => label !== writingLabel).map((label) => stages.get(label) ?? label);
}

/** The id of the version that has the label. */
export function idWith(
  label: string,
  labels: Readonly<Record<string, readonly string[]>> | undefined = {},
): string | undefined {
  return Object.entries(labels).find(([, given]) => given.includes(label))?.[0];
}
