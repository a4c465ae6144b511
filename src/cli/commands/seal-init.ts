import { claimSealedFile } from '../../compose/sealed-claims.js';
import { createTrustList } from '../../compose/trust.js';
import { isKeywardError } from '../../core/errors.js';
import { userFolders } from '../../host/folders.js';
import { checkedRecipient } from '../../lifecycle/sealed/recipients.js';
import { createIdentity, createSealed, ownRecipients, type SealedPlace } from '../../lifecycle/sealed/sealed-place.js';
import { type Command, type Invocation, listOption } from '../command.js';
import { sealedOptions, sealedPlace } from '../sealed-options.js';

const command: Command = {
  spec: {
    name: 'seal init',
    summary: 'Make your age identity and a sealed file, as far as they are not there',
    usage: '',
    description: [
      'Prints your recipient: whoever can open a sealed file adds you with it. An identity that is there is never',
      'replaced. Keep a copy of it: without any identity, nothing opens what is sealed to it. Notes that the file belongs',
      'in this folder: one that was copied elsewhere opens there only after `keyward trust`.',
    ],
    options: [
      ...sealedOptions,
      { flags: '--recipient <age1...>', description: 'seal a new file to this one too; repeatable', repeatable: true },
    ],
    examples: [
      { command: 'keyward seal init', explanation: 'once on each machine' },
      {
        command: 'keyward seal init --file prod.sealed.yaml --recipient age1...',
        explanation: 'a file for you and a server',
      },
      { command: 'keyward seal init --file .env.sealed', explanation: 'in the form of a .env file' },
    ],
  },
  run: init,
};

export default command;

async function init(invocation: Invocation): Promise<number> {
  const { output } = invocation;
  const place = await sealedPlace(invocation);
  const others = listOption(invocation, 'recipient').map(checkedRecipient);
  const { recipients, isNew } = await ensureIdentity(place);
  const isFileNew = await createSealed(place, new Map([...recipients, ...others].map((each) => [each, ''])));
  await claimSealedFile(place.file, createTrustList(userFolders(invocation.io.env, invocation.io.home).config));
  if (output.json) {
    output.document({ recipients, identity: place.keyFile, isIdentityNew: isNew, file: place.file, isFileNew });
    return 0;
  }
  output.note(isNew ? `made your identity ${place.keyFile}; keep a copy of it` : `your identity is ${place.keyFile}`);
  output.note(isFileNew ? `made ${place.file}, sealed to:` : `${place.file} was there already. Your recipient:`);
  for (const recipient of isFileNew ? [...recipients, ...others] : recipients) output.line(recipient);
  return 0;
}

async function ensureIdentity(place: SealedPlace) {
  try {
    return { recipients: await ownRecipients(place), isNew: false };
  } catch (error) {
    if (!isKeywardError(error, 'sealed')) throw error;
    return { recipients: [await createIdentity(place)], isNew: true };
  }
}
