import { resolve } from 'node:path';
import { deployKeys } from '../../compose/deploy-schema.js';
import { describeDeployment } from '../../compose/describe-deployment.js';
import type { Workspace } from '../../compose/workspace.js';
import { KeywardError } from '../../core/errors.js';
import type { ManifestFile, ManifestPorts } from '../../manifests/manifest.js';
import { type Command, flagOption, type Invocation, listOption, textOption } from '../command.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'manifest',
    summary: 'Write a deployment file from the inventory: compose, systemd, policies and more',
    usage: '[target...]',
    description: [
      'Without a target, lists them. The files name the secrets of keyward.yaml as the stores of the chain call them, and',
      'hold no value unless that is their purpose. What deploys is in its `deploy:` section, or given with --set, as are',
      'the options of a target. The same input gives the same files. See docs/guide/deployment-files.md.',
    ],
    options: [
      { flags: '--set <name=value>', description: 'an option of the target, or a key of `deploy:`', repeatable: true },
      { flags: '--out <folder>', description: 'write the files there, instead of to standard output' },
      { flags: '--force', description: 'with --out: replace files that were not made by this command, too' },
      { flags: '--check', description: 'write nothing, and say which files there are not what would be written' },
    ],
    examples: [
      { command: 'keyward manifest', explanation: 'every target, with its options' },
      { command: 'keyward manifest compose --set image=bot:1.2 > compose.yaml', explanation: 'secrets as files' },
      {
        command: 'keyward manifest vault-policy --env production',
        explanation: 'what the program may read, and no more',
      },
      { command: 'keyward manifest systemd --out deploy --check', explanation: 'in continuous integration' },
    ],
    exitStatuses: { 1: '--check: a file is missing or is not what would be written' },
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => manifestCommand(invocation, workspace)),
};

export default command;

async function manifestCommand(invocation: Invocation, workspace: Workspace): Promise<number> {
  const { args, io, output } = invocation;
  const { loadTarget, manifest, manifestTargets } = await import('../../manifests/index.js');
  if (args.length === 0) {
    const targets = await Promise.all(manifestTargets.map(async (name) => ({ name, ...(await loadTarget(name)) })));
    if (output.json) {
      output.document(
        targets.map(({ name, summary, options, needsValues }) => ({ name, summary, options, needsValues })),
      );
      return 0;
    }
    for (const { name, summary, options } of targets) {
      output.line(`${output.style('bold', name)}  ${summary}`);
      for (const [option, { value, description }] of Object.entries(options)) {
        output.line(`  ${output.style('dim', `--set ${option}=${value}`)}  ${description}`);
      }
    }
    return 0;
  }
  const name = args.join('-');
  const target = await loadTarget(name);
  const settings = settingsOf(listOption(invocation, 'set'));
  const isOfApp = ([key]: readonly [string, string]) => deployKeys.includes(key) && !Object.hasOwn(target.options, key);
  const deployment = describeDeployment(workspace, Object.fromEntries(settings.filter(isOfApp)));
  const options = Object.fromEntries(settings.filter((setting) => !isOfApp(setting)));
  const files = await manifest(name, deployment, options, portsOf(workspace, io.cwd));
  const out = textOption(invocation, 'out');
  if (flagOption(invocation, 'check')) {
    const { checkManifests } = await import('../manifest-files.js');
    return checkManifests(invocation, files, resolve(io.cwd, out ?? '.'), target);
  }
  if (out !== undefined) {
    const { writeManifests } = await import('../manifest-files.js');
    const { needsValues } = target;
    const written = needsValues ? files.map((file) => ({ mode: 0o600 as const, ...file })) : files;
    await writeManifests(resolve(io.cwd, out), written, flagOption(invocation, 'force'));
  }
  if (output.json) output.document({ files });
  else if (out === undefined) for (const text of textsOf(files)) await output.bytes(Buffer.from(text));
  for (const { path, next } of files) {
    if (out !== undefined) output.note(`wrote ${path}`);
    if (next !== undefined) output.note(next);
  }
  return 0;
}

/** Several are told apart by their names. */
function textsOf(files: readonly ManifestFile[]): readonly string[] {
  return files.length === 1 ? files.map(({ text }) => text) : files.map(({ path, text }) => `# --- ${path}\n${text}`);
}

function settingsOf(given: readonly string[]): readonly (readonly [string, string])[] {
  const settings = given.map((text): readonly [string, string] => {
    const at = text.indexOf('=');
    if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
    throw new KeywardError('invalid', '--set takes a name and a value, with = between', {
      advice: 'Write it like --set memory=1G.',
    });
  });
  const names = settings.map(([name]) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return settings;
  throw new KeywardError('invalid', '--set gives one name twice', { advice: 'Leave one of them out.' });
}

function portsOf({ secrets }: Workspace, cwd: string): ManifestPorts {
  return {
    value: async (ref) => {
      const { formatRef } = await import('../../core/ref.js');
      return (await secrets.get(formatRef(ref))).exposeBytes();
    },
    file: async (path) => {
      const { readFile } = await import('node:fs/promises');
      const { fileError } = await import('../../host/file-error.js');
      return readFile(resolve(cwd, path)).catch((error: unknown) => {
        throw fileError(error, 'read', path);
      });
    },
  };
}
