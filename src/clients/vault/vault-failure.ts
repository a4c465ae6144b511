import { type ErrorCode, KeywardError } from '../../core/errors.js';
import { textsIn, type VaultAnswer } from './vault-answer.js';

interface Meaning {
  readonly code: ErrorCode;
  readonly text: string;
  readonly advice?: string;
}

/** What a status means whatever the body says: a balancer before the server gives these too. */
const statuses: Readonly<Record<number, Meaning>> = {
  412: { code: 'unavailable', text: 'has not caught up with its last change (412)' },
  429: { code: 'throttled', text: 'asks to slow down (429)' },
  472: { code: 'unavailable', text: 'is a standby for disaster recovery (472)', advice: 'Name the active server.' },
  473: { code: 'unavailable', text: 'is a standby (473)', advice: 'Name the active server.' },
  501: { code: 'unavailable', text: 'is not initialised (501)', advice: 'Run: vault operator init' },
  503: {
    code: 'unavailable',
    text: 'is sealed or starting (503)',
    advice: 'See: vault status; open it with: vault operator unseal',
  },
};

/** Of the answers whose status has several meanings, the texts that tell them apart, as the servers write them. */
const texts: readonly (Meaning & { readonly status: number; readonly says: string })[] = [
  {
    status: 400,
    says: 'check-and-set parameter did not match the current version',
    code: 'conflict',
    text: 'holds another version than the one that was expected',
  },
  {
    status: 400,
    says: 'check-and-set parameter required for this call',
    code: 'conflict',
    text: 'takes changes here only onto a version that is named',
    advice: 'Read the current version and name it.',
  },
  { status: 413, says: '', code: 'too_large', text: 'takes no value of this size (413)' },
  { status: 405, says: '', code: 'unsupported', text: 'does not do this here (405)' },
];

/** What every answer of the server means, by its status and what tells it from others of that status. */
export const vaultErrors: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ...Object.entries(statuses).map(([status, { code }]) => [status, code] as const),
  ['5xx, any other', 'unavailable'],
  ...texts.map(({ status, says, code }) => [says === '' ? String(status) : `${status}, "${says}"`, code] as const),
  ['400, any other', 'invalid'],
  ['403, and the token is known', 'denied'],
  ['403, and the token is not known', 'unauthenticated'],
  ['404, with the time of a deletion', 'deleted'],
  ["404, not in Vault's own words", 'invalid'],
]);

/** The status of an outage as our error; `undefined` for every other. */
export function outageOf(status: number, store: string): KeywardError | undefined {
  const meaning = statuses[status] ?? (status >= 500 ? { code: 'unavailable', text: `failed (${status})` } : undefined);
  return meaning && failure(meaning as Meaning, store);
}

/**
 * A refusal as our error. Nothing of the body is repeated: it may quote what was sent.
 *
 * @param what The request, for the message: `writing secret/data/app`.
 */
export function refusalOf(answer: VaultAnswer, store: string, what: string): KeywardError {
  const { status, members } = answer;
  const said = textsIn(members, 'errors') ?? [];
  const known = texts.find((row) => row.status === status && (row.says === '' || said.includes(row.says)));
  if (known !== undefined) return failure(known, store);
  const text = `answered ${status} to ${what}`;
  return failure(
    { code: 'invalid', text, advice: 'Check the mount, the namespace and the version of the engine.' },
    store,
  );
}

function failure({ code, text, advice }: Meaning, store: string): KeywardError {
  return new KeywardError(code, `${store} ${text}`, { store, advice });
}
