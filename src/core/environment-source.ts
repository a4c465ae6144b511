import { type EnvironmentTarget, lookupNames } from './environment-names.js';
import { KeywardError } from './errors.js';
import { exchangeFields, isCredentialField, optionalExchangeFields } from './exchange-catalogue.js';
import type { Inventory } from './inventory.js';
import { type Path, segmentsOf } from './path.js';
import { documentPayload, isDocument, narrowToField, type Payload, payloadText } from './payload.js';
import type { Ref } from './ref.js';

/** The value that stands under an environment name; `undefined` when none does. */
export type NameLookup = (name: string) => Promise<Payload | undefined>;

/**
 * What the ref asks for, found by environment names: in the environment, in `.env` files, or in files that are called
 * like variables.
 *
 * A secret is the value of the first of its names that is set; where it is sure to have fields, only a JSON document
 * counts. Else it is put together from the fields that the inventory or the exchange catalogue names, each under its
 * own names. A ref to a field looks into the value of the secret first, then for the field's own names.
 *
 * @throws KeywardError `invalid` when a field is binary: a document cannot hold it.
 */
export async function readByNames(ref: Ref, inventory: Inventory, lookup: NameLookup): Promise<Payload | undefined> {
  const { path, field } = ref;
  const entry = inventory.get(path);
  const find = async (target: EnvironmentTarget) => {
    for (const name of lookupNames(target, entry)) {
      const payload = await lookup(name);
      if (payload !== undefined) return payload;
    }
    return undefined;
  };

  const whole = await find({ path });
  if (field !== undefined) {
    const narrowed = whole && narrowToField(whole, field);
    return narrowed ?? documentOf(path, [[field, await find({ path, field })]]);
  }
  if (whole !== undefined && (isDocument(whole) || !isSureToHaveFields(path, inventory))) return whole;
  const fields = knownFields(path, inventory) ?? [];
  return documentOf(
    path,
    await Promise.all(fields.map(async (name) => [name, await find({ path, field: name })] as const)),
  );
}

/** The fields that the secret may have, as far as the inventory or the exchange catalogue knows. */
export function knownFields(path: Path, inventory: Inventory): readonly string[] | undefined {
  const listed = inventory.get(path)?.fields;
  if (listed !== undefined) return listed;
  const required = isOfExchange(path) ? exchangeFields(segmentsOf(path)[1] ?? '') : undefined;
  return required && [...new Set([...required, ...optionalExchangeFields])];
}

/** `exchange/<name>`, or `exchange/<name>/<account>`. */
function isOfExchange(path: Path): boolean {
  const [first, , account, ...deeper] = segmentsOf(path);
  return first === 'exchange' && deeper.length === 0 && (account === undefined || !isCredentialField(account));
}

function isSureToHaveFields(path: Path, inventory: Inventory): boolean {
  if (inventory.get(path)?.fields !== undefined) return true;
  return segmentsOf(path).length === 2 && knownFields(path, inventory) !== undefined;
}

/**
 * A document of the fields that are there; `undefined` when none is.
 *
 * @throws KeywardError `invalid` when a field is binary.
 */
export function documentOf(path: Path, fields: Iterable<readonly [string, Payload | undefined]>): Payload | undefined {
  const present: [string, string][] = [];
  for (const [name, payload] of fields) {
    if (payload?.kind === 'binary') {
      throw new KeywardError('invalid', `the field ${name} of ${path} is binary; a document can hold text only`, {
        path,
        advice: `Read it by itself, as ${path}/${name}.`,
      });
    }
    if (payload !== undefined) present.push([name, payloadText(payload)]);
  }
  return present.length === 0 ? undefined : documentPayload(present);
}
