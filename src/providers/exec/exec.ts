import { type Clock, systemClock } from '../../core/clock.js';
import { parseDuration } from '../../core/duration.js';
import { documentOf, knownFields, readByNames } from '../../core/environment-source.js';
import { KeywardError } from '../../core/errors.js';
import { withoutFinalNewline } from '../../core/final-newline.js';
import type { OptionsOf } from '../../core/options.js';
import { isDocument, narrowToField, type Payload, payloadOf } from '../../core/payload.js';
import type { Provider } from '../../core/provider.js';
import { defineProviderKind, type ProviderContext } from '../../core/provider-kind.js';
import type { Ref } from '../../core/ref.js';
import { createUnversionedProvider } from '../../core/unversioned-provider.js';

const options = {
  command: 'command',
  json: 'flag',
  exact: 'flag',
  env: 'variables',
  absent: 'statuses',
  timeout: 'text',
} as const;

export const execProviderKind = defineProviderKind({
  options,
  create: (given, context) => createExecProvider(given, context, systemClock),
});

/** What the arguments of a command may be made of. */
type Values = Readonly<Partial<Record<'path' | 'field' | 'name' | 'env', string>>>;

const placeholder = /\{(path|field|name|env)\}/g;
const maxOutputBytes = 1024 * 1024;
const maxPrograms = 4;

/**
 * A program that prints a secret: a password manager's. Run without a shell, with `{path}`, `{field}`, `{name}` and `{env}`
 * in its arguments replaced, an environment of PATH, HOME, LANG and what `env` names, and nothing to read.
 *
 * @throws KeywardError `config` for a command that names no secret, or whose program itself would depend on one.
 */
export function createExecProvider(given: OptionsOf<typeof options>, context: ProviderContext, clock: Clock): Provider {
  const { name, inventory, folder, environment } = context;
  const { command: [program = '', ...args] = [], json = false, exact = false, absent = [] } = given;
  const timeoutMs = parseDuration(given.timeout ?? '10s');
  const used = new Set([...args.join(' ').matchAll(placeholder)].map(([, key]) => key));
  if (program.search(placeholder) >= 0 || !['path', 'field', 'name'].some((key) => used.has(key))) {
    throw new KeywardError('config', `${name}: the command has to name the secret in its arguments`, {
      store: name,
      advice: 'Write {path}, {field} or {name} where the name of the secret belongs.',
    });
  }
  const variables = ['PATH', 'HOME', 'LANG', ...(given.env ?? [])];
  const env = Object.fromEntries(variables.map((variable) => [variable, context.env[variable]]));
  const turns = new Turns(maxPrograms);

  const ask = async (values: Values): Promise<Payload | undefined> => {
    const filled = args.map((arg) => fill(arg, { ...values, env: environment }, name));
    const { runProgram } = await import('../../host/run-program.js');
    const run = () =>
      runProgram({
        command: program,
        args: filled,
        cwd: folder,
        env,
        timeoutMs,
        maxBytes: maxOutputBytes,
        clock,
        store: name,
      });
    const { status, output } = await turns.take(run);
    try {
      if (status === 0) return payloadOf(exact || json ? output : withoutFinalNewline(output));
    } finally {
      output.fill(0);
    }
    if (status !== undefined && absent.includes(status)) return undefined;
    const how = status === undefined ? 'was ended by a signal' : `ended with status ${status}`;
    throw new KeywardError('unavailable', `${name}: ${program} ${how}`, {
      store: name,
      advice: `Run it by hand in ${folder} to see what it says. A status that means "there is none" belongs into \`absent:\`.`,
    });
  };

  const read = async ({ path, field }: Ref): Promise<Payload | undefined> => {
    if (used.has('name')) return readByNames({ path, field }, inventory, (variable) => ask({ path, name: variable }));
    if (used.has('field')) {
      const fields = field === undefined ? (knownFields(path, inventory) ?? []) : [field];
      const found = fields.map(async (one) => [one, await ask({ path, field: one })] as const);
      return documentOf(path, await Promise.all(found));
    }
    const payload = await ask({ path });
    if (payload !== undefined && json && !isDocument(payload)) {
      throw new KeywardError('invalid', `${name}: ${program} did not print a JSON object for ${path}`, {
        store: name,
        path,
      });
    }
    return payload && field !== undefined ? narrowToField(payload, field) : payload;
  };

  return {
    ...createUnversionedProvider(name, 'exec', { open: async () => ({ read }), inspect: async () => [] }),
    traits: { managed: false, layout: json || used.has('field') ? 'document' : 'single' },
  };
}

/** @throws KeywardError `invalid` when a name would be taken for an option, or for more than a name. */
function fill(arg: string, values: Values, store: string): string {
  const filled = arg.replaceAll(placeholder, (_, key: keyof Values) => {
    const value = values[key] ?? '';
    if (key !== 'field' || /^[A-Za-z0-9_.][A-Za-z0-9_.@+=-]*$/.test(value)) return value;
    throw new KeywardError('invalid', `${store} cannot ask a program for a field of this name`, {
      store,
      advice: 'Its fields have letters, digits and _ . @ + = - only.',
    });
  });
  if (!filled.startsWith('-') || arg.startsWith('-')) return filled;
  throw new KeywardError('invalid', `${store} cannot ask a program for a name that begins with a dash`, { store });
}

/** Lets so many run at a time. */
class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async take<T>(run: () => Promise<T>): Promise<T> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#free -= 1;
    try {
      return await run();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
