import { KeywardError } from '../../core/errors.js';
import { fieldOf } from '../../core/payload.js';
import type { CallOptions, Provider } from '../../core/provider.js';
import { formatRef } from '../../core/ref.js';
import { Secret } from '../../core/secret.js';
import { itemsByPath } from './apply-import.js';
import type { ImportPlan } from './import-plan.js';

/**
 * Reads every value of the plan back and compares it in constant time. Answers how many there are.
 *
 * @throws KeywardError `integrity` naming each place that is absent or holds another value; and what the store throws.
 */
export async function verifyImport(plan: ImportPlan, provider: Provider, options?: CallOptions): Promise<number> {
  const wrong: string[] = [];
  for (const [path, items] of itemsByPath(plan)) {
    const found = await provider.read({ path }, options);
    for (const item of items) {
      const payload = item.field === undefined ? found?.payload : found && fieldOf(found.payload, item.field);
      if (payload === undefined) wrong.push(`${formatRef(item)} is absent`);
      else if (!Secret.of(payload).equals(item.value)) wrong.push(`${formatRef(item)} holds another value`);
    }
  }
  if (wrong.length > 0) {
    throw new KeywardError('integrity', `the import into ${provider.name} is not complete: ${wrong.join(', ')}`, {
      store: provider.name,
      advice: 'Run the import again.',
    });
  }
  return plan.items.length;
}
