import { randomUUID } from 'node:crypto';
import { KeywardError } from '../../core/errors.js';
import { formatRef } from '../../core/ref.js';
import type { Secret } from '../../core/secret.js';
import { formatDockerEnv } from '../../formats/format-docker-env.js';
import { formatDotenv } from '../../formats/format-dotenv.js';
import { formatGithubEnv } from '../../formats/format-github-env.js';
import { formatShell } from '../../formats/format-shell.js';
import { formatJsonTree, formatYamlTree, type ValueTree } from '../../formats/format-tree.js';
import { type Exported, type ExportedPlace, isByPath } from './exported.js';

type Entries = readonly (readonly [name: string, value: string])[];

/** What a format makes of names and values; `log` is for the log of the job that reads the text. */
type Printer = (entries: Entries) => { readonly text: string; readonly log?: string };

const printers = {
  dotenv: (entries) => ({ text: formatDotenv(entries) }),
  shell: (entries) => ({ text: formatShell(entries) }),
  docker: (entries) => ({ text: formatDockerEnv(entries) }),
  github: (entries) => {
    const { masks, assignments } = formatGithubEnv(entries, () => `keyward_${randomUUID()}`);
    return { text: assignments, log: masks };
  },
  json: (entries) => ({ text: formatJsonTree(new Map(entries)) }),
  yaml: (entries) => ({ text: formatYamlTree(new Map(entries)) }),
} as const satisfies Readonly<Record<string, Printer>>;

export type TextFormat = keyof typeof printers;

export const textFormats: ReadonlySet<string> = new Set(Object.keys(printers));

export function isTextFormat(format: string): format is TextFormat {
  return textFormats.has(format);
}

/**
 * The values as a text of the format, sorted. Values by path become JSON or YAML with the documents' fields below them.
 * With `github`, `log` holds what hides the values in the log of the job.
 *
 * @throws KeywardError `invalid` naming the first value that the format cannot hold, and why.
 */
export function exportText(format: TextFormat, exported: Exported): ReturnType<Printer> {
  if (!isByPath(exported)) {
    const sorted = [...exported].sort(([a], [b]) => (a < b ? -1 : 1));
    return printers[format](sorted.map(([name, secret]) => [name, textOf(secret, name)]));
  }
  const tree = treeOf(exported);
  return { text: format === 'yaml' ? formatYamlTree(tree) : formatJsonTree(tree) };
}

function treeOf(places: readonly ExportedPlace[]): ValueTree {
  const tree = new Map<string, string | Map<string, string>>();
  for (const { path, field, secret } of [...places].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const text = textOf(secret, formatRef({ path, field }));
    const present = tree.get(path);
    if (field === undefined) tree.set(path, text);
    else if (present instanceof Map) present.set(field, text);
    else tree.set(path, new Map([[field, text]]));
  }
  return tree;
}

function textOf(secret: Secret, name: string): string {
  if (secret.kind === 'text') return secret.expose();
  throw new KeywardError('invalid', `${name} is binary (${secret.byteLength} bytes), and a text cannot hold it`, {
    advice: 'Export it as a file: --format dir.',
  });
}
