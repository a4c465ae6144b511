import type { Inventory, InventoryEntry } from '../core/inventory.js';
import { formatRef } from '../core/ref.js';

/** The first line of every declaration: what does not begin with it was written by somebody else. */
export const declarationMark = '// Written by `keyward types` from the secrets that keyward.yaml lists.';

/** A field that a name can hold without escapes; any other has no completion. */
const plainField = /^[A-Za-z0-9_.+=-]+$/;

/**
 * The TypeScript declaration that tells the library the names of the inventory; the same for the same inventory.
 * `strict` makes the compiler refuse every other name.
 */
export function nameDeclaration(inventory: Inventory, strict: boolean): string {
  const entries = [...inventory.values()].map(entryLine).sort();
  const options = strict ? ['  interface SecretNamesOptions {', '    strict: true;', '  }'] : [];
  return [
    declarationMark,
    'export {};',
    '',
    "declare module 'keyward' {",
    '  interface SecretNames {',
    ...entries,
    '  }',
    ...options,
    '}',
    '',
  ].join('\n');
}

function entryLine({ path, fields = [] }: InventoryEntry): string {
  const names = [...new Set(fields)].filter((field) => plainField.test(field)).sort();
  const type = names.length === 0 ? 'never' : names.map((name) => `'${name}'`).join(' | ');
  return `    '${formatRef({ path })}': ${type};`;
}
