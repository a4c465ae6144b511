import type { Workspace } from '../../compose/workspace.js';
import { systemClock } from '../../core/clock.js';
import { KeywardError } from '../../core/errors.js';
import { expiresEntry, parseExpiry } from '../../core/expiry.js';
import type { Path } from '../../core/path.js';
import { isDocument, payloadText } from '../../core/payload.js';
import type { Provider } from '../../core/provider.js';
import { formatRef, formatVersion, parseRef, type Ref } from '../../core/ref.js';
import { lastRotatedEntry } from '../../core/rotation-due.js';
import { type VersionKey, versionKey } from '../../core/version.js';
import {
  type AssignOptions,
  type AssignResult,
  assignFields,
  assignValue,
  locateAssignment,
  type MetadataPatch,
  readCurrent,
} from '../../resolver/assign.js';
import { type Command, flagOption, type Invocation, listOption, textOption } from '../command.js';
import { versionIn } from '../named-versions.js';
import { withWorkspace } from '../session.js';
import { parseValueSources, readValue, type ValueSource, type ValueSources } from '../value-source.js';

const command: Command = {
  spec: {
    name: 'set',
    summary: 'Write a value, or some fields of a document',
    usage: '<ref> [fields...]',
    description: [
      'Without fields, the value comes from a hidden prompt at a terminal, else from standard input; one final newline',
      'is dropped unless --exact. With fields, name=- reads that field from standard input (or a prompt), name=@file',
      'from a file, and name=value takes it as it stands; the other fields of the document stay.',
      'A path that is a field of an existing document, or of one in the inventory, writes that field.',
      'Everything that one call gives becomes one version.',
    ],
    options: [
      { flags: '--file <name>', description: 'the value is the content of this file' },
      {
        flags: '--generate <recipe>',
        description: 'a random value: hex:32, base64:32, base64url:32, alnum:24, ascii:24; field=hex:32; repeatable',
        repeatable: true,
      },
      { flags: '--expires <when>', description: 'until when it is good: 90d, 2027-01-31, or never' },
      {
        flags: '--meta <entry>',
        description: 'note name=text about the secret, name= takes it away; never a secret; repeatable',
        repeatable: true,
      },
      { flags: '--keep-value', description: 'change only what --expires and --meta say, and make no version' },
      { flags: '--replace', description: 'replace a whole document, and say which fields are gone' },
      { flags: '--empty', description: 'allow a value of no bytes' },
      { flags: '--exact', description: 'keep a final newline' },
      { flags: '--if-version <version>', description: 'only if this is the current version; 0 for a new secret' },
    ],
    examples: [
      { command: 'keyward set app/jwt_secret', explanation: 'asks for the value without showing it' },
      {
        command: 'openssl rand -hex 32 | keyward set app/encryption_key',
        explanation: 'the value from another program',
      },
      {
        command: 'keyward set exchange/binance testnet=false api_key=-',
        explanation: 'two fields, one of them hidden',
      },
      {
        command: 'keyward set app --generate jwt_secret=hex:32 --generate secret_key=hex:32 --expires 90d',
        explanation: 'two random fields in one version, with an end',
      },
    ],
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => set(invocation, workspace)),
};

export default command;

async function set(invocation: Invocation, workspace: Workspace): Promise<number> {
  const [name = '', ...assignments] = invocation.args;
  const ref = parseRef(name);
  if (ref.version !== undefined) {
    throw new KeywardError('invalid', 'a version cannot be written to; every write makes a new one', {
      path: ref.path,
      advice: `Write to ${formatRef({ path: ref.path, field: ref.field })}.`,
    });
  }
  const sources = parseValueSources(invocation, assignments);
  const options: AssignOptions = {
    ifVersion: ifVersionOption(invocation),
    replace: flagOption(invocation, 'replace'),
    metadata: metadataOption(invocation),
  };
  const result = await write(invocation, workspace, ref, sources, options);
  report(invocation, workspace, ref, sources, result);
  return 0;
}

async function write(
  invocation: Invocation,
  workspace: Workspace,
  ref: Ref,
  sources: ValueSources,
  options: AssignOptions,
): Promise<AssignResult> {
  if (sources.kind === 'fields') return setFields(invocation, workspace, ref, sources.sources, options);
  if (sources.kind === 'value') return setValue(invocation, workspace, ref, sources.source, options);
  if (ref.field !== undefined || options.metadata === undefined) {
    throw new KeywardError('invalid', '--keep-value takes a path, and --expires or --meta', { path: ref.path });
  }
  return assignValue(workspace.writeTarget(), ref.path, undefined, options);
}

async function setValue(
  invocation: Invocation,
  workspace: Workspace,
  ref: Ref,
  source: ValueSource,
  options: AssignOptions,
): Promise<AssignResult> {
  const provider = workspace.writeTarget();
  const target = await locateAssignment(provider, workspace.config.inventory, ref);
  if (target.kind === 'secret') await refuseAccidents(invocation, provider, target.path);
  const payload = await readValue(invocation, source, formatRef(ref));
  if (target.kind === 'secret') {
    return assignValue(provider, target.path, payload, await withAge(workspace, target.path, options));
  }
  return assignFields(provider, target.path, new Map([[target.field, payloadText(payload)]]), {
    ...(await withAge(workspace, target.path, options, [target.field])),
    replace: false,
  });
}

/** What looks like a slip: a value in the place of a document, or typed into the name. */
async function refuseAccidents(invocation: Invocation, provider: Provider, path: Path): Promise<void> {
  const current = await readCurrent(provider, path);
  if (current === undefined && path.includes('=')) {
    throw new KeywardError('invalid', 'a new name with = in it looks like a field and its value', {
      advice: 'Write a field like this: keyward set <path> <field>=-',
    });
  }
  if (current !== undefined && isDocument(current.payload) && !flagOption(invocation, 'replace')) {
    throw new KeywardError(
      'conflict',
      `${path} is a document with fields, and a single value would replace all of it`,
      {
        path,
        advice: `Name the field (keyward set ${path}#field), or replace the document with --replace.`,
      },
    );
  }
}

async function setFields(
  invocation: Invocation,
  workspace: Workspace,
  ref: Ref,
  sources: ReadonlyMap<string, ValueSource>,
  options: AssignOptions,
): Promise<AssignResult> {
  if (ref.field !== undefined) {
    throw new KeywardError('invalid', 'name the field either after # or as field=value, not both', { path: ref.path });
  }
  const fields = new Map<string, string>();
  for (const [field, source] of sources) {
    fields.set(field, payloadText(await readValue(invocation, source, formatRef({ path: ref.path, field }))));
  }
  const open = [...sources].filter(([, source]) => source.kind === 'argument' && source.text.length > 0);
  if (open.length > 0) {
    invocation.output.finding({
      severity: 'warning',
      where: ref.path,
      cause: `the value of ${open.map(([field]) => field).join(', ')} was an argument: other programs can see it, and the shell's history keeps it`,
      fix: 'For a secret use name=-, name=@file or --generate.',
    });
  }
  const noted = await withAge(workspace, ref.path, options, [...fields.keys()]);
  return assignFields(workspace.writeTarget(), ref.path, fields, noted);
}

/** A value that is set by hand is as old as this call, also where the metadata says when the former one was rotated. */
async function withAge(
  { config, writeTarget }: Workspace,
  path: Path,
  options: AssignOptions,
  fields: readonly string[] = [],
): Promise<AssignOptions> {
  const { rotate, rotator } = config.inventory.get(path) ?? {};
  const provider = writeTarget();
  const isOther = rotator?.field !== undefined && fields.length > 0 && !fields.includes(rotator.field);
  if (rotate === undefined || isOther || options.metadata?.has(lastRotatedEntry) === true) return options;
  if (!provider.capabilities.has('describe')) return options;
  const noted = (await provider.describe(path))?.metadata[lastRotatedEntry];
  if (noted === undefined) return options;
  const metadata = new Map(options.metadata).set(lastRotatedEntry, new Date(systemClock.now()).toISOString());
  return { ...options, metadata };
}

function ifVersionOption(invocation: Invocation): VersionKey | undefined {
  if (textOption(invocation, 'ifVersion') === '0') return 0;
  const version = versionIn(invocation, 'ifVersion');
  return version?.kind === 'number' ? version.number : version && formatVersion(version);
}

/** `undefined` when nothing is to change. */
function metadataOption(invocation: Invocation): MetadataPatch | undefined {
  const expires = textOption(invocation, 'expires');
  const patch = new Map<string, string | undefined>();
  for (const entry of listOption(invocation, 'meta')) {
    const equals = entry.indexOf('=');
    if (equals < 1) throw new KeywardError('invalid', '--meta takes name=text, or name= to take it away');
    patch.set(entry.slice(0, equals), entry.slice(equals + 1) || undefined);
  }
  if (patch.has(expiresEntry)) {
    throw new KeywardError('invalid', `the entry ${expiresEntry} is set with --expires`);
  }
  if (expires !== undefined) {
    patch.set(expiresEntry, expires === 'never' ? undefined : parseExpiry(expires, systemClock.now()).toISOString());
  }
  return patch.size === 0 ? undefined : patch;
}

function report(
  { output }: Invocation,
  workspace: Workspace,
  ref: Ref,
  sources: ValueSources,
  { version, removed }: AssignResult,
): void {
  const provider = workspace.writeTarget().name;
  const generated = generatedIn(sources);
  if (output.json) {
    output.document({ ref: formatRef(ref), provider, version: version && versionKey(version), removed, generated });
    return;
  }
  for (const { field, kind, length } of generated) {
    output.note(`generated ${field === undefined ? 'the value' : field} (${kind}:${length})`);
  }
  const number = version === undefined ? '' : ` version ${versionKey(version)}`;
  if (sources.kind === 'none') output.note(`changed what ${provider} notes about ${ref.path}`);
  else output.note(`wrote ${formatRef(ref)}${number} to ${provider}`);
  if (removed.length > 0) output.note(`removed the fields ${removed.join(', ')}`);
}

function generatedIn(sources: ValueSources) {
  if (sources.kind === 'none') return [];
  const all = sources.kind === 'fields' ? [...sources.sources] : [[undefined, sources.source] as const];
  return all.flatMap(([field, source]) => (source.kind === 'generated' ? [{ field, ...source.recipe }] : []));
}
