import { parseDerivedTemplate } from '../core/derived-template.js';
import { isKeywardError } from '../core/errors.js';
import { type Inventory, listedPlace } from '../core/inventory.js';
import { quoted } from '../core/path.js';
import { formatRef } from '../core/ref.js';
import type { ConfigIssue } from './config-issues.js';
import type { ConfigFile } from './config-schema.js';

/** What is wrong with the templates of one file, each taken alone. */
export function templateIssues(file: ConfigFile): readonly ConfigIssue[] {
  return Object.entries(file.secrets ?? {}).flatMap(([key, entry]) => {
    if (entry?.from === undefined) return [];
    const issues: ConfigIssue[] = [];
    try {
      parseDerivedTemplate(entry.from);
    } catch (error) {
      if (!isKeywardError(error)) throw error;
      issues.push({ keyPath: ['secrets', key, 'from'], problem: error.message });
    }
    if (entry.fields !== undefined) {
      issues.push({ keyPath: ['secrets', key, 'fields'], problem: 'a secret with `from` is one text without fields' });
    }
    if (entry.rotate !== undefined) {
      issues.push({ keyPath: ['secrets', key, 'rotate'], problem: 'a secret with `from` rotates when its parts do' });
    }
    return issues;
  });
}

/** Parts that the inventory does not list, or that are made of others themselves: so there is no circle either. */
export function partIssues(inventory: Inventory): readonly ConfigIssue[] {
  return [...inventory.values()].flatMap(({ path, from }) => {
    const keyPath = ['secrets', path, 'from'];
    return (from?.parts ?? []).flatMap(({ ref }): readonly ConfigIssue[] => {
      const name = quoted(formatRef(ref));
      const place = listedPlace(inventory, ref);
      if (place === undefined) {
        const isDocument = ref.field === undefined && inventory.has(ref.path);
        const hint = isDocument ? `; name one of its fields, like ${formatRef({ ...ref, field: 'password' })}` : '';
        return [{ keyPath, problem: `the part ${name} is not listed in \`secrets:\` as one value${hint}` }];
      }
      const isDerived = inventory.get(place.path)?.from !== undefined;
      return isDerived ? [{ keyPath, problem: `the part ${name} has \`from\` itself; name what it is made of` }] : [];
    });
  });
}
