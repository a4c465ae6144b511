import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** One thing that a page says you can run, and what it says you then see. */
export interface Step {
  /** For messages: file and line. */
  readonly where: string;
  readonly kind: 'shell' | 'module';
  readonly text: string;
  /** Lines of the output; none when the page shows none. `…` stands for any text, alone on a line for any lines. */
  readonly shown: readonly string[];
  readonly status: number;
}

interface Block {
  readonly info: string;
  readonly line: number;
  readonly lines: readonly string[];
}

/**
 * The runnable steps of a page, in order. A block marked `console run` is a transcript: `$ ` begins a command, `> `
 * continues it, `[exit status 3]` gives its status, everything else is output. A block marked `js run` is a module; the
 * block `text output` that follows it shows what it prints.
 */
export function stepsOf(page: string): readonly Step[] {
  const blocks = blocksOf(readFileSync(join(root, page), 'utf8'));
  return blocks.flatMap((block, index) => {
    const where = `${page}:${block.line}`;
    if (block.info === 'console run') return transcriptSteps(block, page);
    if (block.info !== 'js run') return [];
    const next = blocks[index + 1];
    const shown = next?.info === 'text output' ? next.lines : [];
    return [{ where, kind: 'module' as const, text: block.lines.join('\n'), shown, status: 0 }];
  });
}

/** The fenced blocks of a page. */
export function blocksOf(text: string): readonly Block[] {
  const blocks: Block[] = [];
  let open: { info: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^```(.*)$/.exec(line);
    if (fence === null) open?.lines.push(line);
    else if (open === undefined) open = { info: fence[1] ?? '', line: index + 1, lines: [] };
    else {
      blocks.push(open);
      open = undefined;
    }
  }
  return blocks;
}

function transcriptSteps(block: Block, page: string): readonly Step[] {
  const steps: { where: string; kind: 'shell'; text: string; shown: string[]; status: number }[] = [];
  for (const [index, line] of block.lines.entries()) {
    const step = steps.at(-1);
    if (line.startsWith('$ ')) {
      const where = `${page}:${block.line + index + 1}`;
      steps.push({ where, kind: 'shell', text: line.slice(2), shown: [], status: 0 });
    } else if (step === undefined) {
      throw new Error(`${page}:${block.line}: a transcript begins with "$ "`);
    } else if (line.startsWith('> ') && step.shown.length === 0) {
      step.text += `\n${line.slice(2)}`;
    } else {
      const status = /^\[exit status (\d+)\]$/.exec(line)?.[1];
      if (status === undefined) step.shown.push(line);
      else step.status = Number(status);
    }
  }
  return steps;
}

/** An empty home with Keyward installed, in which steps run one after the other. */
export class Sandbox {
  readonly home: string;
  #folder: string;

  private constructor(home: string) {
    this.home = home;
    this.#folder = join(home, 'work');
    mkdirSync(this.#folder);
  }

  static async create(): Promise<Sandbox> {
    const home = realpathSync(mkdtempSync(join(tmpdir(), 'keyward-docs-')));
    install(join(home, 'node_modules/keyward'), join(home, 'bin'));
    return new Sandbox(home);
  }

  /** What is wrong with the step; `undefined` when it did what the page says. */
  run(step: Step): string | undefined {
    const { output, status } = step.kind === 'shell' ? this.#shell(step.text) : this.#module(step.text);
    const problem =
      status !== step.status
        ? `ended with ${status}, not ${step.status}`
        : matches(output, step.shown)
          ? undefined
          : `does not print what the page shows:\n${step.shown.join('\n')}`;
    return problem && `${step.where}: "${step.text}" ${problem}\n--- it printed:\n${output}`;
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true });
  }

  #shell(text: string): { readonly output: string; readonly status: number | null } {
    const folderFile = join(this.home, 'folder');
    const script = `umask 022\nexec 2>&1\n{ ${text}\n}\nstatus=$?\npwd > ${folderFile}\nexit $status`;
    const result = this.#spawn('sh', ['-c', script]);
    this.#folder = readFileSync(folderFile, 'utf8').trimEnd();
    return result;
  }

  #module(text: string): { readonly output: string; readonly status: number | null } {
    const file = join(this.#folder, 'example.mjs');
    writeFileSync(file, text);
    return this.#spawn(process.execPath, [file]);
  }

  #spawn(command: string, args: readonly string[]) {
    const PATH = [join(this.home, 'bin'), dirname(process.execPath), '/usr/bin', '/bin'].join(':');
    const env = { HOME: this.home, PATH, TMPDIR: tmpdir(), LANG: 'C.UTF-8' };
    const { stdout, stderr, status } = spawnSync(command, args, {
      cwd: this.#folder,
      env,
      encoding: 'utf8',
      timeout: 60_000,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return { output: stdout + stderr, status };
  }
}

/** A copy of the built command line, and the library, so that a build meanwhile takes nothing away. */
function install(folder: string, bin: string): void {
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  mkdirSync(bin);
  symlinkSync(join(folder, 'dist/cli/main.js'), join(bin, 'keyward'));
}

/** Line by line, without the spaces around a line: `wc` indents on some systems. */
function matches(output: string, shown: readonly string[]): boolean {
  if (shown.length === 0) return true;
  const pattern = shown.map((line) =>
    line.trim() === '…' ? '(?:.*\n)*' : `${line.trim().split('…').map(escaped).join('.*')}\n`,
  );
  const lines = output.replace(/\n$/, '').split('\n');
  return new RegExp(`^${pattern.join('')}$`).test(lines.map((line) => `${line.trim()}\n`).join(''));
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
