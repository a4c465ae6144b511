import { type EntryMembers, membersIn, membersOf, textOf, timeOf } from './entry-members.js';
import type { RecordedAccess } from './recorded-access.js';
import { nameOf, type UpstreamEntry, type UpstreamLog, upstreamAccess } from './upstream-log.js';

interface Operation {
  /** Kind of the store. */
  readonly upstream: 'aws' | 'ssm';
  readonly did: 'read' | 'wrote';
  /** The parameter that names what it is about. */
  readonly named: string;
}

const secretsManager = 'secretsmanager.amazonaws.com';
const parameterStore = 'ssm.amazonaws.com';
/** A batch of Secrets Manager is an event GetSecretValue for each of its secrets. */
const operations = new Map<string, Operation>([
  [`${secretsManager} GetSecretValue`, { upstream: 'aws', did: 'read', named: 'secretId' }],
  [`${secretsManager} PutSecretValue`, { upstream: 'aws', did: 'wrote', named: 'secretId' }],
  [`${secretsManager} UpdateSecret`, { upstream: 'aws', did: 'wrote', named: 'secretId' }],
  [`${secretsManager} CreateSecret`, { upstream: 'aws', did: 'wrote', named: 'name' }],
  [`${parameterStore} GetParameter`, { upstream: 'ssm', did: 'read', named: 'name' }],
  [`${parameterStore} GetParameters`, { upstream: 'ssm', did: 'read', named: 'names' }],
  [`${parameterStore} GetParameterHistory`, { upstream: 'ssm', did: 'read', named: 'name' }],
  [`${parameterStore} PutParameter`, { upstream: 'ssm', did: 'wrote', named: 'name' }],
]);
const wholesale = `${parameterStore} GetParametersByPath`;

/**
 * Events of AWS CloudTrail: a file as the service delivers it (`Records`), what `aws cloudtrail lookup-events` prints
 * (`Events`), or an event a line (docs.aws.amazon.com/awscloudtrail, "CloudTrail record contents"). A path is the name of the
 * secret or the parameter.
 */
export class CloudTrail implements UpstreamLog {
  #damaged = 0;
  readonly #wholesale = new Set<string>();

  take(entry: EntryMembers): UpstreamEntry | undefined {
    const events = eventsIn(entry);
    if (events === undefined) return undefined;
    const accesses: RecordedAccess[] = [];
    let beginsAt: Date | undefined;
    for (const event of events) {
      const time = timeOf(event?.['eventTime']);
      if (event === undefined || time === undefined || typeof event['eventName'] !== 'string') {
        this.#damaged += 1;
        continue;
      }
      if (beginsAt === undefined || time < beginsAt) beginsAt = time;
      accesses.push(...this.#accessesIn(event, time));
    }
    return { accesses, beginsAt };
  }

  end() {
    const damaged = this.#damaged === 0 ? [] : [`${this.#damaged} of its events have not the form of CloudTrail`];
    const whole = [...this.#wholesale].map((who) => `${who}, and no event names the parameters`);
    return { accesses: [], gaps: [...damaged, ...whole] };
  }

  #accessesIn(event: EntryMembers, time: Date): readonly RecordedAccess[] {
    const name = `${event['eventSource']} ${event['eventName']}`;
    const parameters = membersIn(event['requestParameters']);
    const identity = membersIn(event['userIdentity']);
    const by = ['arn', 'principalId', 'invokedBy', 'type'].map((member) => textOf(identity?.[member]));
    const principal = nameOf([by.find((one) => one !== undefined) ?? 'nobody who is known']);
    const failure = textOf(event['errorCode']);
    if (name === wholesale && failure === undefined) {
      this.#wholesale.add(`${principal} read everything below ${nameOf([textOf(parameters?.['path']) ?? '?'])}`);
    }
    const operation = operations.get(name);
    if (operation === undefined || failure?.endsWith('NotFoundException') === true) return [];
    const { upstream, did, named } = operation;
    const given = parameters?.[named];
    const texts = (Array.isArray(given) ? given : [given]).filter((one) => typeof one === 'string');
    if (texts.length === 0 && failure === undefined) this.#damaged += 1;
    return texts.flatMap(namesOf).map((path) =>
      upstreamAccess({
        upstream,
        time,
        path,
        did: failure === undefined ? did : 'tried',
        principal,
        source: nameOf([textOf(event['sourceIPAddress']) ?? '?', textOf(identity?.['accessKeyId'])]),
        version: textOf(parameters?.['versionId']),
        outcome: failure === undefined ? 'ok' : failure.startsWith('AccessDenied') ? 'denied' : 'refused',
      }),
    );
  }
}

function eventsIn(entry: EntryMembers): readonly (EntryMembers | undefined)[] | undefined {
  const { Records, Events, eventSource } = entry;
  if (Array.isArray(Records)) return Records.map(membersIn);
  if (Array.isArray(Events)) {
    return Events.map((event) => membersOf(textOf(membersIn(event)?.['CloudTrailEvent']) ?? ''));
  }
  return typeof eventSource === 'string' ? [entry] : undefined;
}

/** What a name or an ARN may stand for: the end of a secret's ARN is of the service's choice, or of its owner's. */
function namesOf(text: string): readonly string[] {
  const [, secret] = /^arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:(.+)$/s.exec(text) ?? [];
  if (secret !== undefined) return [...new Set([secret, secret.replace(/-[A-Za-z0-9]{6}$/, '')])];
  const parameter = text.replace(/^arn:[^:]*:ssm:[^:]*:[^:]*:parameter/s, '');
  return [parameter];
}
