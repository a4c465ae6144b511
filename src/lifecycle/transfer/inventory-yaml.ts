import { formatDerivedTemplate } from '../../core/derived-template.js';
import { formatDuration } from '../../core/duration.js';
import type { InventoryEntry } from '../../core/inventory.js';
import { formatValueForm } from '../../core/value-form.js';

/** The entries as a `secrets:` block for `keyward.yaml`: one line each, in the order given, defaults left out. */
export function inventoryYaml(entries: Iterable<InventoryEntry>): string {
  const lines = [...entries].map((entry) => `  ${entryYaml(entry)}\n`);
  return lines.length === 0 ? 'secrets: {}\n' : `secrets:\n${lines.join('')}`;
}

/** One entry as a line of YAML, without indentation: `app/api_key: { env: API_KEY }`. */
export function entryYaml(entry: InventoryEntry): string {
  const { path, fields, from, form, owner, purpose, rotate, required } = entry;
  const fieldEnv = [...entry.fieldEnv].map(([field, names]) => `${scalar(field)}: ${namesYaml(names)}`);
  const fieldForms = [...(entry.fieldForms ?? [])].map(
    ([field, one]) => `${scalar(field)}: ${scalar(formatValueForm(one))}`,
  );
  const forms = form === undefined ? mapping(fieldForms) : scalar(formatValueForm(form));
  const env = entry.env.length > 0 ? namesYaml(entry.env) : mapping(fieldEnv);
  const parts = [
    fields && `fields: [${fields.map(scalar).join(', ')}]`,
    from && `from: ${scalar(formatDerivedTemplate(from))}`,
    env !== '{}' && `env: ${env}`,
    forms !== '{}' && `form: ${forms}`,
    typeof rotate?.every === 'number' && `rotate: ${formatDuration(rotate.every)}`,
    owner !== undefined && `owner: ${scalar(owner)}`,
    purpose !== undefined && `purpose: ${scalar(purpose)}`,
    !required && 'required: false',
  ];
  return `${scalar(path)}: ${mapping(parts.filter((part) => typeof part === 'string'))}`;
}

function namesYaml(names: readonly string[]): string {
  const [only] = names;
  return names.length === 1 && only !== undefined ? scalar(only) : `[${names.map(scalar).join(', ')}]`;
}

function mapping(parts: readonly string[]): string {
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`;
}

/** Words that some YAML reader takes for something else than text. */
const reserved = /^(?:true|false|yes|no|on|off|y|n|null)$/i;

function scalar(text: string): string {
  const isPlain = /^[A-Za-z_][A-Za-z0-9_./+=@-]*$/.test(text) && !reserved.test(text);
  return isPlain ? text : JSON.stringify(text);
}
