import { KeywardError } from '../core/errors.js';
import { Secret } from '../core/secret.js';
import type { CliIo } from './io.js';

/**
 * Asks at the terminal without showing what is typed.
 *
 * @throws KeywardError `invalid` when there is no terminal to ask at, or the person gave up.
 */
export async function askHidden(io: CliIo, question: string): Promise<Uint8Array> {
  if (!canAsk(io)) {
    throw new KeywardError('invalid', `there is no terminal to ask for ${question}`, {
      advice: 'Give it on standard input.',
    });
  }
  const { isCancel, password } = await import('@clack/prompts');
  const answer = await password({ message: question, input: io.stdin, output: io.stderr });
  if (isCancel(answer))
    throw new KeywardError('invalid', 'cancelled, nothing was changed', { advice: 'Run it again.' });
  return new TextEncoder().encode(answer ?? '');
}

/**
 * Asks twice for something that must not be mistyped.
 *
 * @throws KeywardError as `askHidden`; `invalid` when the two differ.
 */
export async function askHiddenTwice(io: CliIo, question: string): Promise<Uint8Array> {
  const first = Secret.fromBytes(await askHidden(io, question));
  const second = await askHidden(io, `${question}, once more`);
  if (!first.equals(second)) {
    throw new KeywardError('invalid', 'the two differ, nothing was changed', { advice: 'Run it again.' });
  }
  return second;
}

export function canAsk(io: CliIo): boolean {
  return io.stdin.isTTY === true && io.stderr.isTTY === true;
}

/** A yes or no at the terminal; `undefined` when there is none to ask at. */
export async function confirm(io: CliIo, question: string): Promise<boolean | undefined> {
  if (!canAsk(io)) return undefined;
  const prompts = await import('@clack/prompts');
  const answer = await prompts.confirm({ message: question, initialValue: false, input: io.stdin, output: io.stderr });
  return answer === true;
}

/** Whether the person types this very word; `undefined` when there is no terminal to ask at. */
export async function confirmByTyping(io: CliIo, question: string, word: string): Promise<boolean | undefined> {
  if (!canAsk(io)) return undefined;
  const { text } = await import('@clack/prompts');
  const answer = await text({ message: `${question} Type ${word} to agree`, input: io.stdin, output: io.stderr });
  return answer === word;
}

/** Those that the person picks at the terminal; `undefined` when there is none to ask at, or they gave up. */
export async function chooseSome<Value>(
  io: CliIo,
  question: string,
  options: { value: Value; label: string; hint: string }[],
  first: readonly Value[],
): Promise<readonly Value[] | undefined> {
  if (!canAsk(io)) return undefined;
  const { isCancel, multiselect } = await import('@clack/prompts');
  const answer = await multiselect<unknown>({
    message: question,
    options,
    initialValues: [...first],
    required: false,
    input: io.stdin,
    output: io.stderr,
  });
  return isCancel(answer) ? undefined : options.flatMap(({ value }) => (answer.includes(value) ? [value] : []));
}
