import type { CommandSpec } from './command.js';
import { globalOptions, helpOption } from './parse.js';

const width = 80;

/** How to use a command: usage, sentences, options, examples and exit statuses, in lines of at most 80 characters. */
export function helpText(spec: CommandSpec): string {
  const options = [...spec.options, ...globalOptions, helpOption];
  const indent = Math.max(...options.map(({ flags }) => flags.length)) + 4;
  const sections = [
    [`Usage: keyward ${spec.name} [options] ${spec.usage}`.trimEnd()],
    [`${spec.summary}.`, ...wrapped(spec.description.join(' '), width)],
    [
      'Options:',
      ...options.flatMap(({ flags, description }) =>
        wrapped(description, width - indent).map(
          (line, index) => `  ${index === 0 ? flags : ''}`.padEnd(indent) + line,
        ),
      ),
    ],
    titled(
      'Examples:',
      spec.examples.flatMap(({ command, explanation }) => [`  ${command}`, `      ${explanation}`]),
    ),
    titled(
      'Exit status:',
      Object.entries(spec.exitStatuses ?? {}).map(([status, meaning]) => `  ${status}  ${meaning}`),
    ),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function titled(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines];
}

function wrapped(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ').filter((word) => word !== '')) {
    const longer = `${lines.at(-1) ?? ''} ${word}`.trimStart();
    if (lines.length > 0 && longer.length <= columns) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
