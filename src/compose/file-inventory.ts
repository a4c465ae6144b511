import { parseDerivedTemplate } from '../core/derived-template.js';
import type { Inventory, InventoryEntry } from '../core/inventory.js';
import { type Path, parsePath } from '../core/path.js';
import { parseValueForm } from '../core/value-form.js';
import type { ConfigFile } from './config-schema.js';
import { schedules } from './schedule-of.js';

/** The inventory of a validated file. @throws KeywardError `invalid` never for what the checks of a file accepted. */
export function inventoryOf(file: ConfigFile): Inventory {
  const entries = new Map<Path, InventoryEntry>();
  const scheduleOf = schedules(file.rotation);
  for (const [text, entry] of Object.entries(file.secrets ?? {})) {
    const path = parsePath(text);
    const env = entry?.env;
    const form = entry?.form ?? {};
    entries.set(path, {
      path,
      fields: entry?.fields,
      from: entry?.from === undefined ? undefined : parseDerivedTemplate(entry.from),
      env: Array.isArray(env) ? env : [],
      fieldEnv: new Map(env === undefined || Array.isArray(env) ? [] : Object.entries(env)),
      form: typeof form === 'string' ? parseValueForm(form) : undefined,
      fieldForms:
        typeof form === 'string'
          ? undefined
          : new Map(Object.entries(form).map(([field, text]) => [field, parseValueForm(text)])),
      owner: entry?.owner,
      purpose: entry?.purpose,
      rotate: scheduleOf({ path, driver: entry?.rotator?.driver, rotate: entry?.rotate }),
      rotator: entry?.rotator,
      rollouts: entry?.rollout,
      required: entry?.required ?? true,
    });
  }
  return entries;
}
