import { dirname } from 'node:path';
import { checkConfig } from '../../compose/check-config.js';
import { configPlace } from '../../compose/config-layers.js';
import type { Workspace } from '../../compose/workspace.js';
import { isKeywardError } from '../../core/errors.js';
import type { Finding } from '../../core/finding.js';
import { compilePathPattern } from '../../core/path-pattern.js';
import type { Provider } from '../../core/provider.js';
import { formatRef, type Ref } from '../../core/ref.js';
import { answerFindings, type ExaminedLink, examineLinks, listedRefs } from '../../lifecycle/doctor/chain-findings.js';
import { environmentFindings } from '../../lifecycle/doctor/environment-findings.js';
import { projectAilments } from '../../lifecycle/doctor/project-findings.js';
import { storeFindings } from '../../lifecycle/doctor/store-findings.js';
import { type Command, flagOption, type Invocation } from '../command.js';
import { ensureGitignore } from '../init-project.js';
import { loadOptions } from '../load-options.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'doctor',
    summary: 'What is wrong or risky: project, environment, every store, every listed secret',
    usage: '',
    description: [
      'Looks at the configuration, the files of the project, variables, each store (who it takes us for, what we may do',
      'there against what is needed, certificates, clocks), and reads every secret of the inventory once for slips such as',
      'a final newline or base64 twice. Each finding says what to do. Shows no value.',
    ],
    options: [{ flags: '--fix', description: 'mend what can be mended here: rights of files, lines of .gitignore' }],
    examples: [
      { command: 'keyward doctor', explanation: 'everything, with what to do next' },
      { command: 'keyward doctor --env production --json', explanation: 'for a pipeline' },
    ],
    exitStatuses: { 1: 'something is wrong (an error; warnings alone give 0)' },
  },
  run: doctor,
};

export default command;

interface Examination {
  readonly links: readonly ExaminedLink[];
  readonly findings: readonly Finding[];
}

async function doctor(invocation: Invocation): Promise<number> {
  const { output, io } = invocation;
  const options = loadOptions(invocation);
  const config = (await checkConfig(options)) ?? [];
  const place = await configPlace(options).catch(() => undefined);
  const folder = place === undefined ? io.cwd : dirname(place.file);
  const project = await projectFindings(invocation, folder);
  const around = [...config, ...project, ...environmentFindings(io.env)];
  const isUsable = config.every(({ severity }) => severity !== 'error');
  const { links, findings } = isUsable ? await examine(invocation) : { links: [], findings: [] };
  const all = [...around, ...findings, ...links.flatMap((link) => link.findings)];
  const errors = all.filter(({ severity }) => severity === 'error').length;
  if (output.json) {
    output.document({ status: errors === 0 ? 'healthy' : 'unhealthy', findings: [...around, ...findings], links });
    return errors === 0 ? 0 : 1;
  }
  output.table(links.map((link) => [output.style('bold', link.provider), link.kind, link.identity ?? '']));
  for (const finding of all) output.finding(finding);
  if (!isUsable) output.note('no store was looked at: the configuration comes first');
  const warnings = all.filter(({ severity }) => severity === 'warning').length;
  output.note(all.length === 0 ? 'nothing is wrong' : `${errors} errors, ${warnings} warnings`);
  return errors === 0 ? 0 : 1;
}

/** What is wrong with the project's files, once everything that can be repaired was, if that is wanted. */
async function projectFindings(invocation: Invocation, folder: string): Promise<readonly Finding[]> {
  const ailments = await projectAilments(folder);
  const repairs = flagOption(invocation, 'fix') ? ailments.flatMap(({ repair }) => repair ?? []) : [];
  for (const repair of repairs) invocation.output.note(await repair({ ensureGitignore }));
  const left = repairs.length === 0 ? ailments : await projectAilments(folder);
  return left.map(({ finding }) => finding);
}

async function examine(invocation: Invocation): Promise<Examination> {
  try {
    return await withWorkspace(invocation, (workspace) => examineWorkspace(workspace), { readThrough: true });
  } catch (error) {
    if (!isKeywardError(error)) throw error;
    const { store = 'configuration', message, advice } = error;
    return { links: [], findings: [{ severity: 'error', where: store, cause: message, fix: advice }] };
  }
}

async function examineWorkspace(workspace: Workspace): Promise<Examination> {
  const { inventory } = workspace.config;
  const refs = listedRefs(inventory);
  const target = targetOf(workspace);
  const links = await examineLinks(
    workspace.providers.map((provider, index) => ({
      provider,
      needs: { refs: servedBy(workspace, index, refs), writes: provider === target },
    })),
  );
  const answers = await workspace.secrets.getMany(refs.map(formatRef));
  return { links, findings: [...(await ownStore(workspace)), ...answerFindings(inventory, answers)] };
}

function targetOf(workspace: Workspace): Provider | undefined {
  try {
    return workspace.writeTarget();
  } catch (error) {
    // A project that writes nowhere is a project that only reads.
    if (isKeywardError(error, 'config')) return undefined;
    throw error;
  }
}

function servedBy({ config }: Workspace, index: number, refs: readonly Ref[]): readonly Ref[] {
  const serves = config.providers?.[index]?.options.serves?.map(compilePathPattern);
  return refs.filter(({ path }) => serves?.some((pattern) => pattern.matches(path)) ?? true);
}

async function ownStore(workspace: Workspace): Promise<readonly Finding[]> {
  if (!workspace.providers.some(({ kind }) => kind === 'keyward')) return [];
  try {
    const { client, folder } = await workspace.store();
    return storeFindings(folder, await client.seal.status(), await client.maintenance.status());
  } catch (error) {
    // The health of its link says why it does not open.
    if (isKeywardError(error)) return [];
    throw error;
  }
}
