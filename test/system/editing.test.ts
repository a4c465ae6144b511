import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Laptop } from './cli.js';

let laptop: Laptop;
beforeAll(async () => {
  laptop = await Laptop.initialised();
});
afterAll(() => laptop.remove());
beforeEach(async () => {
  await laptop.ok(['set', 'exchange/binance', 'key=-', '--replace'], { stdin: 'first' });
});

/** A script for the editor's place: `$1` is the file, `$n` how often it was opened before. */
const editor = (name: string, script: string) => {
  const path = laptop.write(
    name,
    `#!/bin/sh\nn=$(cat ${laptop.project}/count)\necho $((n+1)) > ${laptop.project}/count\n${script}\n`,
    0o755,
  );
  laptop.write('count', '0\n');
  return { EDITOR: path };
};
const key = async () => (await laptop.ok(['get', 'exchange/binance#key'])).stdout;

describe('a person who edits', () => {
  test('what cannot be read gets it back as it was left, and corrects it', async () => {
    const env = editor(
      'wrong-once.sh',
      'if [ $n = 0 ]; then echo "key: [second" > "$1"; else sed -i "s/\\[//" "$1"; fi',
    );
    const ran = await laptop.runAtTerminal(['edit', 'exchange/binance'], { env, typed: ['y'] });
    expect(ran).toMatchObject({ status: 0 });
    expect(ran.stderr).toContain('binance.yaml:2:1');
    expect(await key()).toBe('second');
  });

  test('what somebody else changed meanwhile is asked before theirs is written over', async () => {
    const env = editor(
      'slow.sh',
      'echo "key: mine" > "$1"; if [ $n = 0 ]; then touch theirs; while [ -e theirs ]; do :; done; fi',
    );
    const editing = laptop.runAtTerminal(['edit', 'exchange/binance'], { env, typed: ['y'] });
    while (!existsSync(`${laptop.project}/theirs`)) await new Promise((resolve) => setImmediate(resolve));
    await laptop.ok(['set', 'exchange/binance', 'key=-'], { stdin: 'theirs' });
    rmSync(`${laptop.project}/theirs`);
    expect(await editing).toMatchObject({ status: 0, stderr: expect.stringContaining('(conflict)') });
    expect(await key()).toBe('mine');
  });

  test('with vi has a Vim that keeps no copies, and another vi without its options', async () => {
    const called = async (answer: string) => {
      const script = `#!/bin/sh\n[ "$1" = --version ] && { ${answer}; }\necho "$@" > called\n`;
      const folder = dirname(laptop.write('bin/vi', script, 0o755));
      const env = { EDITOR: undefined, PATH: `${folder}:/usr/bin:/bin` };
      await laptop.runAtTerminal(['edit', 'exchange/binance'], { env });
      return readFileSync(`${laptop.project}/called`, 'utf8');
    };
    expect(await called('echo "VIM - Vi IMproved 9.0"; exit')).toContain('-i NONE --cmd set nobackup');
    expect(await called('echo "usage: vi [file]" >&2; exit 1')).toMatch(/^\S+binance\.yaml\n$/);
  });

  test('with an editor of the screen is refused without a terminal, so that no log gets the value', async () => {
    const ran = await laptop.run(['edit', 'exchange/binance'], { env: { EDITOR: undefined } });
    expect(ran).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('vi needs a terminal') });
    expect(await key()).toBe('first');
  });

  test('and gives up changes nothing', async () => {
    const env = editor('wrong.sh', 'echo "- key" > "$1"');
    const ran = await laptop.runAtTerminal(['edit', 'exchange/binance'], { env, typed: ['n'] });
    expect(ran.status).toBe(2);
    expect(await key()).toBe('first');
  });
});

describe('the file', () => {
  test.each(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)('is gone when %s ends keyward and its editor', async (signal) => {
    const env = editor('waiting.sh', 'echo "$1"; exec sleep 60');
    const child = laptop.start(['edit', 'exchange/binance'], { env });
    const stderr = text(child.stderr ?? Readable.from([]));
    const [line] = await once(child.stdout ?? child, 'data');
    const file = String(line).trim();
    expect(readFileSync(file, 'utf8')).toBe('key: first\n');
    child.kill(signal);
    await once(child, 'exit');
    expect(existsSync(dirname(file))).toBe(false);
    expect(await stderr).not.toContain('first');
  });

  test('is left on a disk only when a folder was named', async () => {
    const env = { ...editor('tell.sh', 'echo "$1" > where'), XDG_RUNTIME_DIR: '/proc' };
    await laptop.ok(['edit', 'exchange/binance', '--files-dir', '.'], { env });
    expect(laptop.read('where')).toContain(laptop.project);
    expect(existsSync(dirname(laptop.read('where').trim()))).toBe(false);
  });
});
