import { KeywardError } from '../core/errors.js';
import {
  canonicalField,
  exchangeFields,
  fieldAliases,
  isCredentialField,
  missingFields,
  optionalExchangeFields,
} from '../core/exchange-catalogue.js';
import type { Inventory } from '../core/inventory.js';
import { joinPath, type Path, parsePath } from '../core/path.js';
import { documentPayload, fieldsOf, type Payload, payloadText } from '../core/payload.js';
import { previousStage, type Ref, type VersionSelector } from '../core/ref.js';
import type { SecretVersion } from '../core/version.js';
import { versionKey } from '../core/version.js';
import { type CredentialLayout, type CredentialSpot, parseAccount, parseSegment, spotIn } from './credential-layout.js';
import { firstFound } from './first-found.js';
import type { Place } from './link.js';
import type { Found, Question } from './question.js';
import type { StoreReader } from './store-reader.js';

const usualFields = ['api_key', 'api_secret'] as const;

/** Whose credentials: one exchange, and one of several accounts there. */
export interface CredentialOwner {
  readonly exchange: string;
  readonly account: string | undefined;
}

/**
 * The credentials of an exchange as one question, so that they come from one store: from the first layout that the
 * store has, else from its single secrets `exchange/<name>[/<account>]/<field>`. The answer is a document of canonical
 * fields. What lies there but lacks a required field is an error, not a reason to look in a weaker store.
 *
 * @throws KeywardError `invalid` for a name that is no path segment, and an account with the names of another exchange.
 */
export function credentialQuestion(
  owner: CredentialOwner,
  layouts: readonly CredentialLayout[],
  inventory: Inventory,
): Question {
  const { exchange, account, title } = checkedOwner(owner);
  const spots = layouts.map((layout) => spotIn(layout, exchange, account));
  const home = parsePath(account === undefined ? `exchange/${exchange}` : `exchange/${exchange}/${account}`);
  const isListedDocument = inventory.get(home)?.fields !== undefined;
  const singles = isListedDocument ? [] : singlePlaces(home, requiredFields(exchange));
  const optional = isListedDocument ? [] : singlePlaces(home, optionalFields(exchange));
  const places = [...spots.map(({ path }) => placeOf(path)), ...[...singles, ...optional].map(({ place }) => place)];
  return {
    key: `credentials ${exchange} ${account ?? ''}`,
    path: home,
    title: `${title} (looked at ${[...spots.map(describeSpot), ...(isListedDocument ? [] : [`${home}/*`])].join(', ')})`,
    places,
    lookIn: async (store) =>
      firstFound([
        ...spots.map((spot) => async () => readSpot(store, spot, exchange, placeOf(spot.path))),
        async () => readSingles(store, home, exchange, singles, optional),
      ]),
  };
}

/**
 * The same credentials in the version before the present one of the document at the path. `undefined` when they lie in
 * single secrets, whose versions do not belong together.
 */
export function previousCredentialQuestion(
  owner: CredentialOwner,
  layouts: readonly CredentialLayout[],
  path: Path,
): Question | undefined {
  const { exchange, account, title } = checkedOwner(owner);
  const spot = layouts.map((layout) => spotIn(layout, exchange, account)).find((candidate) => candidate.path === path);
  if (spot === undefined) return undefined;
  const place = placeOf(path, { kind: 'stage', stage: previousStage });
  return {
    key: `previous credentials ${exchange} ${account ?? ''} ${path}`,
    path,
    title: `previous ${title}`,
    places: [place],
    lookIn: (store) => readSpot(store, spot, exchange, place),
  };
}

function checkedOwner(owner: CredentialOwner) {
  const exchange = parseSegment(owner.exchange, 'exchange');
  const account = owner.account === undefined ? undefined : parseAccount(owner.account, exchange);
  const title = `credentials of ${account === undefined ? exchange : `${exchange}, account ${account}`}`;
  return { exchange, account, title };
}

interface SinglePlace {
  readonly field: string;
  readonly place: Place;
}

function requiredFields(exchange: string): readonly string[] {
  return exchangeFields(exchange) ?? usualFields;
}

function optionalFields(exchange: string): readonly string[] {
  return optionalExchangeFields.filter((field) => !requiredFields(exchange).includes(field));
}

function singlePlaces(home: Path, fields: readonly string[]): readonly SinglePlace[] {
  return fields.flatMap((field) =>
    fieldAliases(field).map((alias) => ({ field, place: placeOf(joinPath(home, alias)) })),
  );
}

function placeOf(path: Path, version?: VersionSelector): Place {
  return { ref: { path, version }, name: path };
}

function describeSpot({ path, prefix }: CredentialSpot): string {
  return prefix === undefined ? path : `${path}#${prefix}*`;
}

async function readSpot(
  store: StoreReader,
  spot: CredentialSpot,
  exchange: string,
  place: Place,
): Promise<Found | undefined> {
  const { path, prefix } = spot;
  const read = await store.read(place);
  if (read === undefined) return undefined;
  const fields = [...fieldsOf(read.payload)];
  if (prefix === undefined) return complete(fields, exchange, { path }, read);
  // A longer account name may begin with the same prefix, so only what is then a credential field belongs to this one.
  const own = fields
    .filter(([name]) => name.startsWith(prefix) && isCredentialField(name.slice(prefix.length)))
    .map(([name, payload]): [string, Payload] => [name.slice(prefix.length), payload]);
  return own.length === 0 ? undefined : complete(own, exchange, { path }, read);
}

async function readSingles(
  store: StoreReader,
  home: Path,
  exchange: string,
  required: readonly SinglePlace[],
  optional: readonly SinglePlace[],
): Promise<Found | undefined> {
  const found = await readFields(store, required);
  if (found.length === 0) return undefined;
  return complete([...found, ...(await readFields(store, optional))], exchange, { path: home }, undefined);
}

async function readFields(store: StoreReader, singles: readonly SinglePlace[]): Promise<[string, Payload][]> {
  const results = await store.readMany(singles.map(({ place }) => place));
  const found: [string, Payload][] = [];
  for (const field of new Set(singles.map((single) => single.field))) {
    const payload = await firstFound(
      results
        .filter((_, index) => singles[index]?.field === field)
        .map((result) => async () => {
          if (result instanceof KeywardError) throw result;
          return result?.payload;
        }),
    );
    if (payload !== undefined) found.push([field, payload]);
  }
  return found;
}

function complete(
  fields: readonly (readonly [string, Payload])[],
  exchange: string,
  ref: Ref,
  read: SecretVersion | undefined,
): Found {
  const canonical = new Map<string, string>();
  for (const [name, payload] of fields) {
    const field = canonicalField(name);
    const text = payloadText(payload);
    const other = canonical.get(field);
    if (other !== undefined && other !== text) {
      throw new KeywardError('invalid', `${ref.path} holds two different values for ${field} of ${exchange}`, {
        path: ref.path,
        advice: `Keep one of the fields ${fieldAliases(field).join(', ')}.`,
      });
    }
    canonical.set(field, text);
  }
  const present = [...canonical].filter(([, text]) => text !== '').map(([field]) => field);
  const missing = missingFields(exchange, present);
  if (missing.length > 0) {
    throw new KeywardError('invalid', `${ref.path} lacks ${missing.join(' and ')} of ${exchange}, or has it empty`, {
      path: ref.path,
      advice: `Set it there, for example with \`keyward set ${ref.path} ${missing[0]}=-\`.`,
    });
  }
  return { payload: documentPayload(canonical), ref, version: read?.version && versionKey(read.version) };
}
