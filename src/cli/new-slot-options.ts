import { resolve } from 'node:path';
import { withoutFinalNewline } from '../core/final-newline.js';
import type { SlotDescription } from '../core/slots.js';
import { type Invocation, type OptionSpec, textOption } from './command.js';
import { askHiddenTwice, canAsk } from './prompt.js';
import { recoveryOutlet, recoveryOutOption } from './recovery-outlet.js';
import { shortId } from './slot-choice.js';
import { readStandardInput } from './standard-input.js';

export const slotOptions: readonly OptionSpec[] = [
  { flags: '--key-file <file>', description: 'where to write a new key file, outside the store' },
  recoveryOutOption,
];

/** Where the secret of a new slot comes from, or goes to, in this run. */
export function newSlotOptions(invocation: Invocation, keyFile: string) {
  const { io } = invocation;
  const named = textOption(invocation, 'keyFile');
  return {
    keyFile: named === undefined ? keyFile : resolve(io.cwd, named),
    askPassphrase: async () =>
      canAsk(io) ? askHiddenTwice(io, 'New passphrase') : withoutFinalNewline(await readStandardInput(io)),
    showRecoveryCode: recoveryOutlet(invocation),
  };
}

export function reportNewSlot({ output }: Invocation, slot: SlotDescription, keyFile: string): void {
  if (output.json) output.document(slot);
  else output.line(`${output.style('bold', shortId(slot.id))}  ${slot.kind}`);
  if (slot.kind === 'keyfile') output.note(`its key is ${keyFile}`);
}
