import { type EntryMembers, membersIn, textOf, timeOf } from './entry-members.js';
import type { RecordedAccess } from './recorded-access.js';
import { nameOf, type UpstreamEntry, type UpstreamLog, upstreamAccess } from './upstream-log.js';

const writing: ReadonlySet<string> = new Set(['create', 'update', 'patch']);
const unwrap = 'sys/wrapping/unwrap';

/**
 * The log of an audit device of Vault or OpenBao: a JSON object for each request and for each response
 * (developer.hashicorp.com/vault/docs/audit/schema). Paths, display names and metadata of those who sign in stand there as
 * they are; tokens, accessors and values only as HMACs, which tell them apart. A path is the namespace with the path in it.
 */
export class VaultAudit implements UpstreamLog {
  readonly #isWanted: (access: RecordedAccess) => boolean;
  /** Requests without a response, by their id. */
  readonly #asked = new Map<string, RecordedAccess>();
  /** Reads whose value was handed out in a wrapping, by its token. */
  readonly #wrapped = new Map<string, RecordedAccess>();

  /** @param isWanted for which accesses it is remembered that they stand open. */
  constructor(isWanted: (access: RecordedAccess) => boolean) {
    this.#isWanted = isWanted;
  }

  take({ type, time, request, auth, response, error }: EntryMembers): UpstreamEntry | undefined {
    const asked = membersIn(request);
    const beginsAt = timeOf(time);
    const operation = textOf(asked?.['operation']);
    if (beginsAt === undefined || asked === undefined || operation === undefined) return undefined;
    if (type !== 'request' && type !== 'response') return undefined;
    const said = accessOf(asked, membersIn(auth), beginsAt);
    if (said === undefined) return undefined;
    const id = textOf(asked['id']) ?? '';
    const answered = (accesses: readonly RecordedAccess[]) => ({ accesses, beginsAt });
    if (operation !== 'read' && !writing.has(operation)) return answered([]);
    if (type === 'request') {
      if (operation === 'read' && this.#isWanted(said)) this.#asked.set(id, said);
      return answered([]);
    }
    this.#asked.delete(id);
    if (said.path === unwrap) return answered(this.#unwrapped(asked, said, error));
    if (isText(error)) return answered([{ ...said, outcome: /permission denied/.test(error) ? 'denied' : 'refused' }]);
    const given = membersIn(response);
    const data = membersIn(given?.['data']);
    if (writing.has(operation)) {
      return answered([{ ...said, did: 'wrote', outcome: 'ok', version: versionIn(data) }]);
    }
    const wrapping = membersIn(given?.['wrap_info']);
    if (data === undefined && wrapping === undefined) return answered([]);
    const read: RecordedAccess = {
      ...said,
      did: 'read',
      outcome: 'ok',
      version: versionIn(membersIn(data?.['metadata'])),
    };
    if (wrapping !== undefined && this.#isWanted(read)) this.#wrapped.set(textOf(wrapping['token']) ?? '', read);
    return answered([read]);
  }

  end() {
    const handed = this.#wrapped.size;
    return {
      accesses: [...this.#asked.values()],
      gaps: handed === 0 ? [] : [`${handed} values were handed out in wrappings that nobody opens in it`],
    };
  }

  /** Who opens a wrapping has what is in it. The token is an argument, or what the request signs in by. */
  #unwrapped(asked: EntryMembers, { time, principal, source }: RecordedAccess, error: unknown): RecordedAccess[] {
    const token = textOf(membersIn(asked['data'])?.['token']) ?? textOf(asked['client_token']) ?? '';
    const read = this.#wrapped.get(token);
    if (read === undefined || isText(error)) return [];
    this.#wrapped.delete(token);
    return [{ ...read, time, principal, source }];
  }
}

function accessOf(asked: EntryMembers, auth: EntryMembers | undefined, time: Date): RecordedAccess | undefined {
  const path = textOf(asked['path']);
  if (path === undefined) return undefined;
  const notes = Object.entries(membersIn(auth?.['metadata']) ?? {}).flatMap(([name, value]) =>
    typeof value === 'string' ? [`${name}=${value}`] : [],
  );
  const accessor = textOf(auth?.['accessor'])
    ?.replace(/^hmac-sha256:/, '')
    .slice(0, 12);
  return upstreamAccess({
    upstream: 'vault',
    time,
    path: `${textOf(membersIn(asked['namespace'])?.['path']) ?? ''}${path}`,
    did: 'tried',
    principal: nameOf([textOf(auth?.['display_name']) ?? 'nobody who is known', ...notes.sort()]),
    source: nameOf([textOf(asked['remote_address']) ?? '?', accessor && `token ${accessor}`]),
    version: undefined,
    outcome: 'without an answer',
  });
}

function versionIn(members: EntryMembers | undefined): string | undefined {
  const version = members?.['version'];
  return typeof version === 'number' ? String(version) : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
