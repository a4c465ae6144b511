import { resolve } from 'node:path';
import { KeywardError } from '../core/errors.js';
import { Secret } from '../core/secret.js';
import { assertNoErrors, parseDotenv } from '../formats/dotenv.js';
import { readTextFile } from '../host/plain-file.js';
import type { ImportPair } from '../lifecycle/transfer/import-plan.js';
import type { Invocation } from './command.js';

const maxEnvFileBytes = 4 * 1024 * 1024;

/**
 * The pairs of an environment file, with what reads differently elsewhere said as warnings.
 *
 * @throws KeywardError `config` when there is no such file, `invalid` with line and column when it cannot be read.
 */
export async function readEnvFile(invocation: Invocation, name: string): Promise<readonly ImportPair[]> {
  const text = await readTextFile(resolve(invocation.io.cwd, name), { maxBytes: maxEnvFileBytes });
  if (text === undefined) {
    throw new KeywardError('config', `there is no file ${name}`, { store: name, advice: 'Name the file to import.' });
  }
  const dotenv = parseDotenv(text);
  assertNoErrors(dotenv, name);
  for (const { line, column, problem } of dotenv.problems) {
    invocation.output.finding({
      severity: 'warning',
      where: `${name}:${line}:${column}`,
      cause: problem,
      fix: 'Check that the imported value is the one you mean.',
    });
  }
  return dotenv.entries.map(({ name: key, value, line }) => ({
    name: key,
    value: Secret.fromText(value),
    where: `${name}:${line}`,
  }));
}
