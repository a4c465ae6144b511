import type { AuditRecord } from '../../core/client.js';

/** The details that have a value. */
export function present(
  details: Readonly<Record<string, string | number | boolean | undefined>>,
): AuditRecord['details'] {
  const known: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(details)) if (value !== undefined) known[name] = value;
  return known;
}
