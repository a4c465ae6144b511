import { basename, dirname } from 'node:path';
import ts from 'typescript';
import type { CommandSpec, OptionSpec } from '../../src/cli/command.js';
import { allSpecs } from '../../src/cli/commands/help.js';
import { globalOptions } from '../../src/cli/parse.js';
import { errorTable } from '../../src/core/errors.js';
import { loadTarget, manifestTargets } from '../../src/manifests/index.js';
import { allSinks } from '../leaks/all-sinks.js';
import { filesBelow, readSource } from './source-tree.js';
import { capabilityRows, storeErrorRows } from './store-tables.js';

/** What the parts of pages between `<!-- generated: name -->` and `<!-- end -->` must be, by page and name. */
export async function generatedParts(): Promise<Readonly<Record<string, Readonly<Record<string, string>>>>> {
  const specs = await allSpecs();
  const names = 'src/core/environment-names.ts';
  return {
    'docs/reference/errors.md': { errors: errorRows() },
    'docs/reference/commands.md': { options: optionRows(globalOptions), commands: specs.map(commandText).join('\n\n') },
    'docs/reference/stores.md': { capabilities: capabilityRows(), errors: await storeErrorRows() },
    'docs/guide/integrations.md': { examples: exampleRows() },
    'docs/guide/deployment-files.md': { targets: await targetRows() },
    'docs/threat-model.md': { sinks: sinkRows() },
    'docs/reference/environment-names.md': {
      generic: nameList(textsIn(names, 'genericNames')),
      system: nameList(textsIn(names, 'systemNames')),
      'system-pattern': codeBlock(patternIn(names, 'systemName')),
      directories: nameList(textsIn(names, 'wellKnownDirectories')),
      refused: codeBlock(patternIn('src/core/injection-rules.ts', 'refused')),
      own: codeBlock(patternIn('src/core/injection-rules.ts', 'ownCredentials')),
    },
  };
}

/** The page with its generated parts replaced. @throws when it lacks the place for one of them. */
export function withParts(page: string, text: string, parts: Readonly<Record<string, string>>): string {
  return Object.entries(parts).reduce((before, [name, part]) => {
    const [head, rest] = split(before, `<!-- generated: ${name} -->\n`, page);
    const [, tail] = split(rest, '<!-- end -->', page);
    return `${head}<!-- generated: ${name} -->\n\n${part}\n\n<!-- end -->${tail}`;
  }, text);
}

function split(text: string, separator: string, page: string): readonly [string, string] {
  const at = text.indexOf(separator);
  if (at < 0) throw new Error(`${page} has no ${separator.trim()}`);
  return [text.slice(0, at), text.slice(at + separator.length)];
}

function errorRows(): string {
  const rows = Object.entries(errorTable).map(
    ([code, { httpStatus, exitCode, meaning, advice }]) =>
      `| \`${code}\` | ${httpStatus} | ${exitCode} | ${cell(meaning)} | ${cell(advice)} |`,
  );
  return ['| code | HTTP | exit | meaning | what to do |', '|---|---|---|---|---|', ...rows].join('\n');
}

async function targetRows(): Promise<string> {
  const rows = manifestTargets.map(async (name) => {
    const { summary } = await loadTarget(name);
    return `| \`${name}\` | ${cell(summary)} |`;
  });
  return ['| target | what it writes |', '|---|---|', ...(await Promise.all(rows))].join('\n');
}

/** Every example with the title of its page. */
function exampleRows(): string {
  const rows = filesBelow('examples', 'README.md').map((page) => {
    const name = dirname(page);
    const title = /^# (.*)$/m.exec(readSource(page))?.[1] ?? '';
    return `| [\`${basename(name)}\`](../../${name}/README.md) | ${cell(title)} |`;
  });
  return ['| example | what |', '|---|---|', ...rows].join('\n');
}

/** Every place that is searched for values that have leaked. */
function sinkRows(): string {
  const sinks = [...allSinks.entries()].map(([at, { name, how }]) => `| ${at + 1} | ${cell(name)} | ${cell(how)} |`);
  return ['| | sink | how it is searched |', '|---|---|---|', ...sinks].join('\n');
}

function commandText(spec: CommandSpec): string {
  const usage = ['keyward', spec.name, '[options]', spec.passThrough === true ? '--' : '', spec.usage];
  const statuses = Object.entries(spec.exitStatuses ?? {}).map(([status, meaning]) => `- ${status}: ${meaning}`);
  const examples = spec.examples.map(({ command, explanation }) => `# ${explanation}\n${command}`);
  return [
    `## ${spec.name}`,
    `${spec.summary}.`,
    `\`\`\`text\n${usage.filter((word) => word !== '').join(' ')}\n\`\`\``,
    spec.description.join('\n'),
    spec.options.length === 0 ? '' : optionRows(spec.options),
    statuses.length === 0 ? '' : `Exit status, beyond those of [errors](errors.md):\n\n${statuses.join('\n')}`,
    `\`\`\`sh\n${examples.join('\n')}\n\`\`\``,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function optionRows(options: readonly OptionSpec[]): string {
  const rows = options.map(({ flags, description }) => `| \`${flags}\` | ${cell(description)} |`);
  return ['| option | effect |', '|---|---|', ...rows].join('\n');
}

function nameList(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(' ');
}

function codeBlock(text: string): string {
  return `\`\`\`text\n${text}\n\`\`\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** The texts in the declaration of a constant that the module keeps to itself. */
function textsIn(path: string, constant: string): readonly string[] {
  const texts: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node)) texts.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(initializerOf(path, constant));
  return texts;
}

function patternIn(path: string, constant: string): string {
  return initializerOf(path, constant).getText().trim();
}

function initializerOf(path: string, constant: string): ts.Expression {
  const source = ts.createSourceFile(path, readSource(path), ts.ScriptTarget.Latest, true);
  const declarations = source.statements
    .filter(ts.isVariableStatement)
    .flatMap((statement) => [...statement.declarationList.declarations]);
  const value = declarations.find((declaration) => declaration.name.getText() === constant)?.initializer;
  if (value === undefined) throw new Error(`${path} has no ${constant}`);
  return value;
}
