import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../guards/source-tree.js';

interface Ended {
  readonly status: number | null;
  readonly output: string;
}

let folder: string;

/** A checkout as it is after `npm ci`: nothing built, so that the tour builds it. */
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'keyward-start-')));
  for (const name of ['src', 'build', 'examples', 'package.json', 'tsconfig.json']) {
    cpSync(join(root, name), join(folder, 'checkout', name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'checkout/node_modules'));
  mkdirSync(join(folder, 'temporary'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs `npm start`'s program; `watch` sees the output so far whenever there is more. */
function startTour(watch: (output: string, interrupt: () => void) => void = () => {}): Promise<Ended> {
  const child = spawn(process.execPath, ['examples/trading-bot/tour.mjs'], {
    cwd: join(folder, 'checkout'),
    env: {
      ...process.env,
      TMPDIR: join(folder, 'temporary'),
      HOME: join(folder, 'nowhere'),
      // The compiler keeps a cache among the temporary files where Node has one.
      NODE_DISABLE_COMPILE_CACHE: '1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    let output = '';
    const collect = (chunk: Buffer) => {
      output += chunk;
      watch(output, () => child.kill('SIGINT'));
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, output }));
  });
}

const leftBehind = () => [...readdirSync(join(folder, 'temporary')), ...readdirSync(folder)].sort();

describe('the guided tour', () => {
  let tour: Ended;
  beforeAll(async () => {
    tour = await startTour();
  }, 120_000);

  test('goes through every step and succeeds', () => {
    expect(tour.output).toContain('Done.');
    expect(tour.status).toBe(0);
  });

  test('shows the import, the list, the explanation, both programs, the change, the history and the log', () => {
    const shown = [
      /^\$ keyward init --from \.env$/m,
      /^23 values are in the store and were read back/m,
      /^exchange\/kucoin +keyward$/m,
      /^answered by keyward$/m,
      /^shadowed: env/m,
      /^binance: credentials from keyward, version 1$/m,
      /^23 of 23 variables are set/m,
      /^wrote exchange\/binance\/api_secret version 2 to keyward$/m,
      /^2 .* current /m,
      /^binance: credentials from keyward, version 2$/m,
      /^ok: .* every entry is signed$/m,
      /^found 0$/m,
    ];
    expect(shown.filter((pattern) => !pattern.test(tour.output))).toEqual([]);
  });

  test('leaves nothing behind', () => {
    expect(leftBehind()).toEqual(['checkout', 'temporary']);
  });

  test('prints no escape sequence where there is no terminal', () => {
    expect(tour.output).not.toContain('\u001b');
  });

  test('stops and leaves nothing behind when it is interrupted', async () => {
    const { status } = await startTour((output, interrupt) => {
      if (output.includes('$ keyward list')) interrupt();
    });
    expect(status).toBe(130);
    expect(leftBehind()).toEqual(['checkout', 'temporary']);
  });

  test('fails, says where, and leaves nothing behind when a step fails', async () => {
    const broken = join(folder, 'checkout/examples/trading-bot/bot.mjs');
    cpSync(broken, `${broken}.whole`);
    writeFileSync(broken, 'process.exit(9);\n');
    const { status, output } = await startTour();
    cpSync(`${broken}.whole`, broken);
    expect(status).toBe(1);
    expect(output).toContain('"node bot.mjs" ended with 9');
    expect(leftBehind()).toEqual(['checkout', 'temporary']);
  });
});

describe('the search of the tour', () => {
  test('finds a text in every form that it names', async () => {
    const url = pathToFileURL(join(root, 'examples/trading-bot/readable-forms.mjs')).href;
    const search: { searchFolders(folders: string[], texts: string[]): { found: string[] } } = await import(url);
    const text = 'a-value/that+is=found';
    const bytes = Buffer.from(text);
    const base64 = (before: string) => Buffer.from(`${before}${text}after`).toString('base64');
    const forms = [
      ...[text, encodeURIComponent(text), bytes.toString('hex'), bytes.toString('hex').toUpperCase()],
      ...[base64(''), base64('1'), base64('12'), base64('123'), Buffer.from(text).toString('base64url')],
      bytes.toString('hex').replace(/../g, '%$&'),
    ].map((form) => Buffer.from(`before ${form} after`));
    forms.push(Buffer.from(text, 'utf16le'), Buffer.from(text, 'utf16le').swap16());
    const missed = forms.filter((form, index) => {
      const place = join(folder, `form-${index}`);
      mkdirSync(place);
      writeFileSync(join(place, 'file'), form);
      const { found } = search.searchFolders([place], [text, 'another-text']);
      rmSync(place, { recursive: true });
      return found.join() !== text;
    });
    expect(missed.map(String)).toEqual([]);
  });
});
