import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Laptop } from './cli.js';

let laptop: Laptop;
beforeAll(async () => {
  laptop = await Laptop.initialised();
});
afterAll(() => laptop.remove());

describe('what cannot be taken back', () => {
  test.each([
    ['destroy', 'app/destroyed', '@1'],
    ['purge', 'app/purged', ''],
  ])('%s happens only after a yes', async (verb, path, version) => {
    const name = `${path}${version}`;
    await laptop.ok(['set', path], { stdin: 'value' });
    for (const typed of [['n'], []]) {
      const ran = await laptop.runAtTerminal([verb, name], { typed });
      expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('nothing was changed') });
    }
    expect((await laptop.ok(['get', `${path}@1`])).stdout).toBe('value');
    expect(await laptop.runAtTerminal([verb, name], { typed: ['y'] })).toMatchObject({ status: 0 });
    expect((await laptop.run(['get', `${path}@1`])).status).toBe(3);
  });

  test('names nothing that does not exist, before anything is removed', async () => {
    await laptop.ok(['set', 'app/first'], { stdin: 'value' });
    expect((await laptop.run(['purge', 'app/first', 'app/absent', '--yes'])).status).toBe(3);
    expect((await laptop.run(['delete', 'app/first', 'app/absent'])).status).toBe(3);
    expect((await laptop.ok(['get', 'app/first'])).stdout).toBe('value');
  });
});

describe('what is shown', () => {
  const name = 'api\u001b[2J\u0007\u202ekey';

  test('does not let the name of a field or a value drive the terminal', async () => {
    await laptop.ok(['set', 'app/hostile'], { stdin: JSON.stringify({ [name]: 'one' }) });
    await laptop.ok(['set', 'app/hostile', '--replace'], {
      stdin: JSON.stringify({ [name]: '\u001b[2J\u009b2J\u202e' }),
    });
    const shown = [
      (await laptop.run(['diff', 'app/hostile'])).stdout,
      (await laptop.runAtTerminal(['diff', 'app/hostile', '--reveal'], { env: { NO_COLOR: '1' } })).stdout,
      (await laptop.run(['search', 'api', '--fields'])).stdout,
    ];
    for (const text of shown) {
      expect(text).toContain('app/hostile');
      expect(text).not.toMatch(/[\p{Cc}\p{Bidi_Control}](?<!\n)/u);
    }
  });

  test('by diff differs from call to call, so that no guess can be tried on it', async () => {
    await laptop.ok(['set', 'app/marked'], { stdin: 'value' });
    const marks = [1, 2].map(async () => (await laptop.ok(['diff', 'app/marked', '@1', '@1'])).stdout);
    const [first, second] = await Promise.all(marks);
    expect(first).toMatch(/^= same {2}app\/marked {2}5 bytes [0-9a-f]{8}\n$/);
    expect(second).not.toBe(first);
  });

  test('holds no generated value', async () => {
    const ran = await laptop.ok(['set', 'app/made', '--generate', 'a=hex:32', '--generate', 'b=alnum:40', '--json']);
    for (const field of ['a', 'b']) {
      const { stdout } = await laptop.ok(['get', `app/made#${field}`]);
      expect(ran.stdout + ran.stderr).not.toContain(stdout);
    }
  });
});

describe('a value in the place of a file name', () => {
  const value = 'q'.repeat(300);

  test.each([['--file', value], ['--file', `keyward.yaml/${value}`], [`one=@${value}`]])(
    'is not repeated: %s',
    async (...options) => {
      const ran = await laptop.run(['set', 'app/misnamed', ...options]);
      expect(ran).toMatchObject({ status: 2, stderr: expect.stringContaining('there is no file of the name') });
      expect(ran.stderr).not.toContain('qqqqqqqq');
    },
  );
});

describe('set is refused, with nothing changed,', () => {
  test.each([
    [['--file', 'x', '--generate', 'hex:32']],
    [['a=-', '--generate', 'hex:32']],
    [['a=-', '--generate', 'a=hex:32']],
    [['--generate', 'hex:32', '--generate', 'hex:32']],
    [['--keep-value']],
    [['--keep-value', '--expires', '1d', 'a=-']],
    [['--meta', 'expires=never']],
    [['--meta', 'owner']],
    [['--file', '/proc']],
    [['--expires', '2020-01-01']],
  ])('with %j', async (args) => {
    expect((await laptop.run(['set', 'app/new', ...args], { stdin: 'x' })).status).toBe(2);
    expect((await laptop.run(['get', 'app/new'])).status).toBe(3);
  });
});

test('a mistyped name is not answered with one that the project cannot see', async () => {
  await laptop.ok(['set', 'app/hidden_name', '--env', 'production'], { stdin: 'x' });
  const { stderr } = await laptop.run(['get', 'app/hidden_nmae']);
  expect(stderr).not.toContain('Did you mean');
});
