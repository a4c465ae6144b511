import { extname } from 'node:path';

/** A place of a program that takes a value from the environment, or fills the environment from a file. */
export interface Usage {
  /** From 1. */
  readonly line: number;
  /** As it is written there. */
  readonly found: string;
  readonly replacement: string;
}

interface Language {
  /** Each with the name in the group `name`. */
  readonly reads: readonly RegExp[];
  readonly replacement: (ref: string) => string;
}

const keptByRun = 'stays as it is; start it with: keyward run -- <program>';

const javascript: Language = {
  reads: [
    /\b(?:process\.env|import\.meta\.env|Bun\.env)(?:\?\.|\.)(?<name>[A-Za-z_]\w*)/g,
    /\b(?:process\.env|import\.meta\.env|Bun\.env)(?:\?\.)?\[\s*(?<quote>['"`])(?<name>[A-Za-z_]\w*)\k<quote>\s*\]/g,
    /\bDeno\.env\.get\(\s*(?<quote>['"`])(?<name>[A-Za-z_]\w*)\k<quote>/g,
  ],
  replacement: (ref) => `await secrets.get('${ref}')`,
};

const python: Language = {
  reads: [
    /\b(?:getenv|environ\.get)\(\s*(?<quote>['"])(?<name>[A-Za-z_]\w*)\k<quote>/g,
    /\benviron\s*\[\s*(?<quote>['"])(?<name>[A-Za-z_]\w*)\k<quote>\s*\]/g,
  ],
  replacement: () => keptByRun,
};

const expanded: Language = {
  reads: [/(?<![\\$])\$\{(?<name>[A-Za-z_]\w*)[}:?+=-]/g, /(?<![\\$])\$(?<name>[A-Za-z_]\w*)/g],
  replacement: () => keptByRun,
};

const languages: Readonly<Record<string, Language>> = {
  ...Object.fromEntries(
    ['.js', '.mjs', '.cjs', '.jsx', '.ts', '.mts', '.cts', '.tsx', '.vue', '.svelte'].map((ending) => [
      ending,
      javascript,
    ]),
  ),
  '.py': python,
  ...Object.fromEntries(['.sh', '.bash', '.zsh', '.yml', '.yaml'].map((ending) => [ending, expanded])),
};

/** What fills the environment from a file by itself, and finds nothing once the file is gone. */
const loaders = /\bdotenv\/config\b|\bdotenv\.config\(|\bload_dotenv\(|\benv_file\s*:|--env-file\b/g;
const mayLoad = new Set(['.json', '.toml', '.cfg', '.ini', '.service', '']);

const destructured = /\{(?<names>[^{}]*)\}\s*=\s*(?:process|import\.meta|Bun)\.env\b/g;

/** Whether a file of this name is one in which `findUsages` looks. */
export function mayHoldUsages(fileName: string): boolean {
  const ending = extname(fileName).toLowerCase();
  return Object.hasOwn(languages, ending) || mayLoad.has(ending);
}

/**
 * Where the text takes one of the names from the environment, in the order of its lines: JavaScript and TypeScript
 * (`process.env.X`, with brackets, taken apart; `import.meta.env`, Bun, Deno), Python (`os.getenv`, `os.environ`), and
 * `$X` in shell and Compose; and where it loads an environment file itself.
 *
 * @param fileName its ending decides the language.
 * @param refs where each name lies now.
 */
export function findUsages(fileName: string, text: string, refs: ReadonlyMap<string, string>): readonly Usage[] {
  const language = languages[extname(fileName).toLowerCase()];
  const found: { at: number; found: string; replacement: string }[] = [];
  const note = (at: number, written: string, name: string) => {
    const ref = refs.get(name);
    if (language !== undefined && ref !== undefined)
      found.push({ at, found: written, replacement: language.replacement(ref) });
  };
  for (const { at, written, name } of readsIn(language, text)) note(at, written, name);
  for (const match of text.matchAll(loaders)) found.push({ at: match.index, found: match[0], replacement: keptByRun });
  found.sort((a, b) => a.at - b.at);
  return withLines(text, found);
}

/** Every name that the text takes from the environment, by the same signs, in no particular order. */
export function namesRead(fileName: string, text: string): readonly string[] {
  const reads = readsIn(languages[extname(fileName).toLowerCase()], text);
  return [...new Set([...reads].map(({ name }) => name))];
}

interface Read {
  readonly at: number;
  readonly written: string;
  readonly name: string;
}

function* readsIn(language: Language | undefined, text: string): Iterable<Read> {
  for (const pattern of language?.reads ?? []) {
    for (const match of text.matchAll(pattern)) {
      yield { at: match.index, written: oneLine(match[0]), name: match.groups?.['name'] ?? '' };
    }
  }
  if (language !== javascript) return;
  for (const match of text.matchAll(destructured)) {
    for (const name of (match.groups?.['names'] ?? '').matchAll(/(?<=^|,)\s*(?<name>[A-Za-z_]\w*)/g)) {
      yield { at: match.index + 1 + name.index + name[0].search(/\S/), written: name[0].trim(), name: name[0].trim() };
    }
  }
}

function withLines(
  text: string,
  found: readonly { readonly at: number; readonly found: string; readonly replacement: string }[],
): readonly Usage[] {
  let line = 1;
  let from = 0;
  return found.map(({ at, found: written, replacement }) => {
    for (let end = text.indexOf('\n', from); end >= 0 && end < at; end = text.indexOf('\n', from)) {
      line += 1;
      from = end + 1;
    }
    return { line, found: written, replacement };
  });
}

function oneLine(written: string): string {
  return written.replaceAll(/\s+/g, '');
}
