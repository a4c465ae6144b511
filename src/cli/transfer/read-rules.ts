import { resolve } from 'node:path';
import { KeywardError } from '../../core/errors.js';
import { readTextFile } from '../../host/plain-file.js';
import { TransferRules } from '../../lifecycle/transfer/transfer-rules.js';
import { type Invocation, textOption } from '../command.js';

const maxRulesBytes = 4 * 1024 * 1024;

/** The rules in the file that `--map` names; none without it. @throws KeywardError `config` */
export async function readRules(invocation: Invocation): Promise<TransferRules> {
  const name = textOption(invocation, 'map');
  if (name === undefined) return new TransferRules();
  const text = await readTextFile(resolve(invocation.io.cwd, name), { maxBytes: maxRulesBytes });
  if (text === undefined) throw new KeywardError('config', `there is no file ${name}`, { store: name });
  return TransferRules.parse(text, name);
}

/** What a rule says and nothing fits is mostly a slip. */
export function warnOfUnused({ output }: Invocation, rules: TransferRules): void {
  for (const where of rules.unused()) {
    output.finding({
      severity: 'warning',
      where,
      cause: 'nothing has this name',
      fix: 'Check the spelling, or take it out.',
    });
  }
}
