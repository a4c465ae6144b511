import { KeywardError, toKeywardError } from '../../core/errors.js';
import { redactionMask, Secret } from '../../core/secret.js';
import { ConfigEntry, type ConfigOf, type ConfigShape, type ConfigUse } from './config-entry.js';
import type { StandardSchema } from './standard-schema.js';

interface ConfigSource {
  lookUp(names: readonly string[]): Promise<ReadonlyMap<string, Secret | KeywardError>>;
  /** Told each name whose value the program declares to be no secret. */
  onPlain(name: string): void;
}

interface Problem {
  /** Keys from the root of the shape, joined by dots. */
  readonly key: string;
  readonly name: string;
  readonly error: KeywardError;
}

/** A shorter value may stand in a message by chance. */
const shortestMasked = 4;

/**
 * Every value of the shape, read at once, in the same shape.
 *
 * @throws KeywardError naming every entry that is missing or wrong: with the code of the first store that failed, else
 * `invalid` when a value is wrong, else `not_found`; `invalid` for a shape that is none.
 */
export async function readConfig<Shape extends ConfigShape>(
  source: ConfigSource,
  shape: Shape,
): Promise<ConfigOf<Shape>> {
  const entries = [...entriesOf(shape)];
  const found = await source.lookUp([...new Set(entries.map(({ entry }) => entry.name))]);
  for (const { entry } of entries) if (entry.use.kind === 'plain') source.onPlain(entry.name);
  const values = new Map<ConfigEntry<unknown>, unknown>();
  const problems: Problem[] = [];
  for (const { key, entry } of entries) {
    try {
      values.set(entry, await resolve(found.get(entry.name), entry.use));
    } catch (error) {
      problems.push({ key, name: entry.name, error: toKeywardError(error, 'its schema') });
    }
  }
  if (problems.length > 0) throw describe(problems);
  // Built along the shape from which its type is computed.
  return build(shape, values) as ConfigOf<Shape>;
}

function* entriesOf(
  shape: ConfigShape,
  above = '',
): Generator<{ readonly key: string; readonly entry: ConfigEntry<unknown> }> {
  for (const [name, item] of Object.entries(shape)) {
    if (item instanceof ConfigEntry) {
      yield { key: above + name, entry: item };
      continue;
    }
    // A program without types may well write the bare name.
    if (typeof item !== 'object' || item === null) {
      throw new KeywardError(
        'invalid',
        `${above}${name} of the configuration is neither secret(), plain() nor an object`,
      );
    }
    yield* entriesOf(item, `${above}${name}.`);
  }
}

function build(shape: ConfigShape, values: ReadonlyMap<ConfigEntry<unknown>, unknown>): Readonly<object> {
  const members = Object.entries(shape).map(([key, item]) => {
    return [key, item instanceof ConfigEntry ? values.get(item) : build(item, values)] as const;
  });
  return Object.freeze(Object.fromEntries(members));
}

async function resolve(answer: Secret | KeywardError | undefined, use: ConfigUse): Promise<unknown> {
  const error = answer instanceof Secret ? undefined : (answer ?? new KeywardError('internal', 'it was not looked up'));
  if (error !== undefined && error.code !== 'not_found') throw error;
  const found = answer instanceof Secret ? answer : undefined;
  if (use.kind === 'secret') {
    if (found !== undefined) return found;
    if (use.default !== undefined)
      return Secret.fromText(use.default, { provider: 'default', ageMs: 0, degraded: false });
    if (use.optional) return undefined;
    throw error;
  }
  if (found?.kind === 'binary') throw new KeywardError('invalid', 'the value is binary, and a plain value is text');
  const text = found?.expose();
  if (use.schema === undefined && text === undefined) throw error;
  return use.schema === undefined ? text : validated(use.schema, text, error);
}

async function validated(schema: StandardSchema, text: string | undefined, absence: KeywardError | undefined) {
  const result = await schema['~standard'].validate(text);
  if (result.issues === undefined) return result.value;
  if (absence !== undefined) throw absence;
  const reasons = result.issues.map(({ message }) => withoutValue(message, text ?? ''));
  throw new KeywardError('invalid', reasons.join('; ') || 'its schema refuses the value');
}

/** Validators quote what they refuse. */
function withoutValue(message: string, text: string): string {
  if (text.length < shortestMasked) return message;
  const spelt = JSON.stringify(text).slice(1, -1);
  return message.replaceAll(text, redactionMask).replaceAll(spelt, redactionMask);
}

function describe(problems: readonly Problem[]): KeywardError {
  const worst =
    problems.find(({ error }) => error.code !== 'not_found' && error.code !== 'invalid') ??
    problems.find(({ error }) => error.code === 'invalid') ??
    problems[0];
  const lines = problems.map(({ key, name, error }) => `${key} (${name}): ${error.message}`);
  return new KeywardError(worst?.error.code ?? 'internal', `the configuration is not complete:\n${lines.join('\n')}`, {
    advice: worst?.error.advice,
    cause: new AggregateError(problems.map(({ error }) => error)),
  });
}
