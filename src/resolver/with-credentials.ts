import { Secret } from '../core/secret.js';
import type { Answers } from './answers.js';
import type { Answer, Inquiry } from './question.js';

export interface CredentialsUse {
  readonly answers: Answers;
  readonly current: Inquiry;
  /** Asks for the version before the answer's, at the same place of the same store. */
  readonly previousOf: (answer: Answer) => Inquiry | undefined;
  readonly isAuthError: (error: unknown) => boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * Runs `use` with the current answer. When that is refused, with another one, once: the newer that a forced refresh
 * finds, else the one of the previous version while the store still gives it.
 *
 * @throws what `use` throws, of its second run if there is one; what the chain throws for the first answer.
 */
export async function withCredentials<T>(plan: CredentialsUse, use: (answer: Answer) => Promise<T>): Promise<T> {
  const used = await plan.answers.answer(plan.current, plan.signal);
  try {
    return await use(used);
  } catch (error) {
    if (!plan.isAuthError(error)) throw error;
    const other = (await newerThan(used, plan)) ?? (await previousTo(used, plan));
    if (other === undefined) throw error;
    return use(other);
  }
}

/** Whether an exchange or service refused the credentials themselves, as far as errors of clients commonly tell. */
export function looksLikeAuthError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  for (let type: unknown = error.constructor; typeof type === 'function'; type = Object.getPrototypeOf(type)) {
    if (type.name === 'AuthenticationError') return true;
  }
  return statusOf(error) === 401 || ('response' in error && statusOf(error.response) === 401);
}

async function newerThan(refused: Answer, { answers, current }: CredentialsUse): Promise<Answer | undefined> {
  // Somebody else may have found the newer one while this one was in use.
  const known = answers.remembered(current);
  if (known !== undefined && isOther(known, refused)) return known;
  return otherOrNone(refused, () => answers.force(current));
}

async function previousTo(refused: Answer, { answers, previousOf }: CredentialsUse): Promise<Answer | undefined> {
  const inquiry = previousOf(refused);
  return inquiry && otherOrNone(refused, () => answers.answer(inquiry));
}

/** A failure to find another one leaves the refusal as it is: that is what the caller has to hear. */
async function otherOrNone(refused: Answer, find: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    const found = await find();
    return isOther(found, refused) ? found : undefined;
  } catch {
    return undefined;
  }
}

function isOther(one: Answer, other: Answer): boolean {
  return !Secret.of(one.payload).equals(Secret.of(other.payload));
}

function statusOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  if ('status' in value) return value.status;
  return 'statusCode' in value ? value.statusCode : undefined;
}
