import { KeywardError } from '../../core/errors.js';
import { documentMembers, isDocument, type Payload } from '../../core/payload.js';
import { formatRef, parseRef, type Ref } from '../../core/ref.js';
import { redactionMask, type Secret } from '../../core/secret.js';
import { type Command, flagOption, type Invocation, textOption } from '../command.js';
import { withWorkspace } from '../session.js';
import { warnOfDegraded } from '../warn-of-degraded.js';

const command: Command = {
  spec: {
    name: 'get',
    summary: 'Read one value through the chain of stores',
    usage: '<ref>',
    description: [
      'A terminal sees a mask, the length, the version and the store; --reveal shows the value. A pipe or file gets',
      'the exact bytes, with no newline added. A document needs #field, or --json for all of its fields.',
    ],
    options: [
      { flags: '-r, --reveal', description: 'show the value on a terminal' },
      { flags: '--no-values', description: 'what a terminal sees, also in a pipe: where it is and how long' },
      { flags: '--provider <name>', description: 'ask only this link of the chain' },
      { flags: '--default <text>', description: 'answer this when every store says that the name is absent' },
    ],
    examples: [
      {
        command: 'keyward get exchange/binance/api_key',
        explanation: 'where it is, how long, which version; not the value',
      },
      {
        command: 'keyward get database/postgres#password | psql-login',
        explanation: 'the exact bytes, to another program',
      },
      { command: 'keyward get exchange/binance@previous --json', explanation: 'every field of the version before' },
    ],
  },
  run: async (invocation) => {
    const ref = parseRef(invocation.args[0] ?? '');
    return withWorkspace(invocation, ({ secrets }) => get(invocation, ref, secrets), { asked: ref });
  },
};

export default command;

type Reader = {
  get(name: string, options: { default?: string | undefined; provider?: string | undefined }): Promise<Secret>;
};

async function get(invocation: Invocation, ref: Ref, secrets: Reader): Promise<number> {
  const { output } = invocation;
  const name = formatRef(ref);
  const secret = await secrets.get(name, {
    default: textOption(invocation, 'default'),
    provider: textOption(invocation, 'provider'),
  });
  if (!output.isTerminal && !output.json) warnOfDegraded(output, [[name, secret]]);
  const payload: Payload = { kind: secret.kind, bytes: secret.exposeBytes() };
  const isMasked = invocation.options['values'] === false;
  const mayShow = !isMasked && (!output.isTerminal || flagOption(invocation, 'reveal'));
  if (output.json) {
    output.document({ ref: name, ...describe(secret), ...jsonValue(payload, mayShow) });
    return 0;
  }
  if (ref.field === undefined && isDocument(payload)) throw documentError(name, payload);
  if (!output.isTerminal && !isMasked) {
    await output.bytes(payload.bytes);
    return 0;
  }
  if (mayShow && secret.kind === 'binary') {
    throw new KeywardError('invalid', `${name} is binary (${secret.byteLength} bytes) and cannot be shown as text`, {
      path: ref.path,
      advice: `Write it to a file: keyward get ${name} > file`,
    });
  }
  output.line(mayShow ? secret.expose() : `${redactionMask}  ${summary(secret)}`);
  return 0;
}

function describe(secret: Secret): Readonly<Record<string, unknown>> {
  const { origin } = secret;
  return {
    provider: origin?.provider,
    version: origin?.version,
    kind: secret.kind,
    bytes: secret.byteLength,
    degraded: origin?.degraded ?? false,
  };
}

function summary(secret: Secret): string {
  const { origin } = secret;
  const version = origin?.version === undefined ? '' : `, version ${origin.version}`;
  const age = origin?.degraded === true ? `, last good value, ${Math.round(origin.ageMs / 1000)} s old` : '';
  return `(${secret.byteLength} bytes${version}, from ${origin?.provider ?? 'unknown'}${age})`;
}

function jsonValue(payload: Payload, mayShow: boolean): Readonly<Record<string, unknown>> {
  const members = documentMembers(payload);
  if (members !== undefined) {
    const fields = members.map(({ name, text }) => [name, mayShow ? text : redactionMask]);
    return { fields: Object.fromEntries(fields) };
  }
  if (!mayShow) return { value: redactionMask };
  if (payload.kind === 'binary') return { encoding: 'base64', value: Buffer.from(payload.bytes).toString('base64') };
  return { value: new TextDecoder('utf-8', { ignoreBOM: true }).decode(payload.bytes) };
}

function documentError(name: string, payload: Payload): KeywardError {
  const names = (documentMembers(payload) ?? []).map((member) => member.name);
  return new KeywardError('invalid', `${name} is a document with the fields ${names.join(', ')}`, {
    advice: `Name one (keyward get ${name}#${names[0] ?? 'field'}), or read all of them with --json.`,
  });
}
