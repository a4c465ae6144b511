import { isKeywardError, KeywardError } from '../../../../core/errors.js';
import { canonicalField, exchangeFields } from '../../../../core/exchange-catalogue.js';
import { valueField } from '../../../../core/payload.js';
import type { LoggedStep } from '../../rotation-log.js';
import type { Credential, PersonTask, Rotator, Standing } from '../rotator.js';
import type { RotatorContext } from '../rotator-kind.js';
import { exchangeWords } from './exchange-words.js';
import { describeFacts, type KeyFacts, type KeyRules, problemsOf } from './key-rules.js';
import type { LiveTest } from './live-test.js';

export interface GuidedOptions extends KeyRules {
  /** ccxt's name of the exchange that issues the keys; `undefined` for what somebody else issues. */
  readonly exchange: string | undefined;
  /** The environment in which the same secret is rotated first. */
  readonly stage: string | undefined;
  /** `undefined` where nothing can test the credential but a person. */
  readonly openTest: () => Promise<LiveTest | undefined>;
}

interface Examination {
  /** What the exchange says of it; `undefined` where nobody can be asked. */
  readonly facts: KeyFacts | undefined;
  /** Whether it is in the store already. */
  readonly isCurrent: boolean;
}

/** For so long the new credential is watched before the former one is taken back; what clocks may differ by comes on top. */
const watchedMs = 24 * 3_600_000 + 60_000;

/**
 * A credential that people make: a key of an exchange, a token of a service. What they have done is in the log, so that
 * they can go on in another process.
 */
export function createGuidedRotator(options: GuidedOptions, context: RotatorContext): Rotator {
  const { exchange, stage, openTest } = options;
  const { path, fields: listed, environment, clock, log, entered, isStaged, fieldsOf } = context;
  const words = exchange === undefined ? undefined : exchangeWords(exchange);
  const issuer = words?.name ?? 'its issuer';

  const examine = async (credential: Credential): Promise<Examination> => {
    const test = await openTest();
    const current = new Map(Object.entries(await fieldsIn(fieldsOf, path)));
    const isCurrent = [...credential].every(([name, secret]) => current.get(name)?.equals(secret) === true);
    // With what is not rotated, such as `testnet`.
    const all = [...current, ...credential].map(([name, secret]) => [name, secret.expose()] as const);
    return { isCurrent, facts: await test?.examine(new Map(all)) };
  };
  const assertAllowed = (facts: KeyFacts): void => {
    const problems = problemsOf(facts, options);
    if (problems.length === 0) return;
    throw new KeywardError('denied', `the key of ${path} ${problems.join(', ')}`, {
      path,
      advice: `Delete it at ${issuer}, and make one that may do no more than is needed: keyward rotate ${path}`,
    });
  };
  const isWaiting = ({ waitUntil = 0 }: Standing) => clock.now() < waitUntil;

  const details: Readonly<Record<PersonTask['name'], () => readonly string[]>> = {
    stage: () => [`run: keyward rotate ${path} --env ${stage}`],
    create: () => ['leave the current one as it is', ...(words === undefined ? [] : permissions(words, options))],
    enter: () => [],
    attest: () => (words === undefined ? [] : permissions(words, options)),
    verify: () => ['bring it to whatever uses it, and restart what has to be restarted'],
    revoke: () => [],
  };
  const titles: Readonly<Record<PersonTask['name'], string>> = {
    stage: `Rotate and test it in ${stage} first`,
    create: `Make a new one at ${issuer}`,
    enter: 'Enter the new one',
    attest: 'Test the new one',
    verify: 'See that everything works with the new one',
    revoke: `Delete the former one at ${issuer}`,
  };
  const taskOf = (name: PersonTask['name'], more: Partial<PersonTask> = {}): PersonTask => ({
    name,
    title: titles[name],
    details: details[name](),
    ...more,
  });

  /** Whether it was done in this rotation after that step. */
  const isDone = async (name: LoggedStep['step'], after: LoggedStep['step']): Promise<boolean> => {
    const steps = (await log.open()).map(({ step }) => step);
    return steps.lastIndexOf(name) > steps.lastIndexOf(after);
  };
  /** A roll-out that came to its end has seen that consumers work; one that was left to others has not. */
  const isRolledOut = async () => (await isDone('rollout', 'promote')) && !(await isDone('skip', 'promote'));
  /** Also for an earlier attempt that came to nothing. */
  const isStageDone = async (environmentToStage: string) =>
    (await log.sinceRetired()).some(({ step }) => step === 'stage') || isStaged(environmentToStage);

  const beforeStore = async (): Promise<PersonTask | undefined> => {
    const isFirst = stage === undefined || stage === environment;
    if (!isFirst && !(await isStageDone(stage))) return taskOf('stage');
    if (!(await isDone('create', 'store'))) return taskOf('create');
    return entered === undefined ? taskOf('enter', { fields: fieldsToEnter(listed, exchange) }) : undefined;
  };

  const beforeRetire = async (standing: Standing): Promise<PersonTask | undefined> => {
    if (!(await isDone('verify', 'promote')) && !(await isRolledOut())) return taskOf('verify');
    return isWaiting(standing) || (await isDone('revoke', 'promote')) ? undefined : taskOf('revoke');
  };

  return {
    kind: 'overlap',
    hasTarget: true,
    isMadeByPeople: true,
    graceMs: watchedMs,
    async task(standing) {
      if (standing.step === 'store') return beforeStore();
      if (standing.step === 'retire') return beforeRetire(standing);
      if (standing.step === 'test') {
        return (await isDone('attest', 'store')) || (await openTest()) !== undefined ? undefined : taskOf('attest');
      }
      if (standing.step !== 'discard' || !standing.wasExposed || isWaiting(standing)) return undefined;
      if (await isDone('revoke', 'undo')) return undefined;
      return taskOf('revoke', { title: `Delete the new one at ${issuer}: it was taken back` });
    },
    async generate(current) {
      if (entered === undefined) throw new KeywardError('invalid', `no new value of ${path} was entered`, { path });
      const credential = asItIsSpelled(entered, current);
      const isSame = [...credential].every(([name, secret]) => current?.get(name)?.equals(secret) === true);
      if (!isSame) return credential;
      throw new KeywardError('invalid', `what was entered for ${path} is what it is now`, {
        path,
        advice: `Make a new one at ${issuer}, and enter that.`,
      });
    },
    set: async () => undefined,
    async test(credential) {
      const { facts, isCurrent } = await examine(credential);
      if (facts === undefined || isCurrent) return;
      await log.note('examine', { note: describeFacts(facts) });
      assertAllowed(facts);
    },
    async probe(credential) {
      const { facts } = await examine(credential);
      if (facts === undefined) return false;
      assertAllowed(facts);
      return true;
    },
    async revoke(old) {
      const isRefused = await examine(old).then(
        ({ facts }) => facts === undefined,
        (error) => {
          if (isKeywardError(error, 'unauthenticated')) return true;
          throw error;
        },
      );
      if (isRefused) return;
      throw new KeywardError('conflict', `${issuer} accepts a key of ${path} that was to be deleted`, {
        path,
        advice: 'Delete it there, and run this again.',
      });
    },
  };
}

function permissions(
  { read, trade, move, note }: ReturnType<typeof exchangeWords>,
  rules: KeyRules,
): readonly string[] {
  return [
    `allow ${rules.trade ? `${read} and ${trade}` : read}`,
    `do not allow ${rules.trade ? move : `${trade}, ${move}`}`,
    rules.addresses === undefined
      ? 'restrict it to the addresses of what uses it, if they are fixed'
      : `restrict it to ${rules.addresses.join(', ')}`,
    rules.label === undefined ? 'label it with what uses it and what it may do' : `label it ${rules.label}`,
    ...(note === undefined ? [] : [note]),
  ];
}

/** What is settled beside the credential stays as it is. */
function fieldsToEnter(listed: readonly string[] | undefined, exchange: string | undefined): readonly string[] {
  const required = exchange === undefined ? undefined : exchangeFields(exchange);
  if (listed === undefined) return required ?? [valueField];
  const secret = listed.filter((field) => required?.includes(canonicalField(field)) ?? true);
  return secret.length === 0 ? listed : secret;
}

/** A field that the secret has under another spelling is entered under that one. */
function asItIsSpelled(entered: Credential, current: Credential | undefined): Credential {
  const spellings = new Map([...(current?.keys() ?? [])].map((name) => [canonicalField(name), name]));
  return new Map(
    [...entered].map(([name, secret]) => [
      current?.has(name) === true ? name : (spellings.get(canonicalField(name)) ?? name),
      secret,
    ]),
  );
}

async function fieldsIn(fieldsOf: RotatorContext['fieldsOf'], path: string) {
  try {
    return await fieldsOf(path);
  } catch (error) {
    if (isKeywardError(error, 'not_found')) return {};
    throw error;
  }
}
