import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bareEntry } from '../../core/inventory.js';
import { parsePath } from '../../core/path.js';
import { addToInventory } from './add-to-inventory.js';

const added = bareEntry(parsePath('app/new'));
const add = (text: string) => addToInventory(text, [added], 'keyward.yaml');

describe('adding to the inventory of a keyward.yaml', () => {
  test.each([
    ['an empty file', '', 'secrets:\n  app/new: {}\n'],
    ['a file without the block', 'project: bot', 'project: bot\n\nsecrets:\n  app/new: {}\n'],
    ['an empty block', 'secrets:\nwrite: a\n', 'secrets:\n  app/new: {}\nwrite: a\n'],
    ['empty braces with a comment', 'secrets: {} # mine\n', 'secrets: # mine\n  app/new: {}\n'],
    ['a block at the end', 'a: 1\nsecrets:\n  app/a: {}\n', 'a: 1\nsecrets:\n  app/a: {}\n  app/new: {}\n'],
    ['a block without a final newline', 'secrets:\n  app/a: {}', 'secrets:\n  app/a: {}\n  app/new: {}'],
    [
      'a block before another part',
      'secrets:\n    # first\n    app/a:\n      owner: x\n\n# next\nwrite: a\n',
      'secrets:\n    # first\n    app/a:\n      owner: x\n    app/new: {}\n\n# next\nwrite: a\n',
    ],
    [
      'a block with a comment at the margin',
      '"secrets":\n  app/a: {}\n# half\n  app/b: {}\n',
      '"secrets":\n  app/a: {}\n# half\n  app/b: {}\n  app/new: {}\n',
    ],
    [
      'a file with Windows line ends',
      'secrets:\r\n  a/b: {}\r\nx: 1\r\n',
      'secrets:\r\n  a/b: {}\r\n  app/new: {}\r\nx: 1\r\n',
    ],
  ])('%s gets the entry and keeps everything else', async (_, before, after) => {
    expect(await add(before)).toBe(after);
  });

  test('nothing to add changes nothing', async () => {
    expect(await addToInventory('anything: [', [], 'keyward.yaml')).toBe('anything: [');
  });

  test.each([
    ['JSON', '{"project": "bot", "secrets": {"app/a": {}}}'],
    ['JSON without the block', '{"project": "bot"}'],
    ['JSON over several lines', '{\n"secrets": {\n  "app/a": {}\n}\n}\n'],
    ['braces', 'secrets: { app/a: {} }\n'],
    ['braces over several lines', 'secrets: {\n  app/a: {}\n}\n'],
    ['a list', 'secrets:\n  - app/a\n'],
    ['a text', 'secrets: none\n'],
    ['a list as a whole', '- a\n'],
    ['a document end', 'a: 1\n...\n'],
  ])('%s is refused with the line to write by hand', async (_, text) => {
    await expect(add(text)).rejects.toMatchObject({
      code: 'config',
      store: 'keyward.yaml',
      advice: expect.stringContaining('app/new: {}'),
    });
  });

  test('a path that is listed already is refused, naming its line', async () => {
    await expect(add('# x\nsecrets:\n  app/new: { owner: me }\n')).rejects.toMatchObject({
      code: 'config',
      message: 'keyward.yaml:3 lists this already and has to be changed: app/new',
    });
  });

  test('a file that is no configuration is refused with its position', async () => {
    await expect(add('a: [\n')).rejects.toThrowError(/^keyward\.yaml:\d+:\d+: /);
  });

  test('whatever the layout, the entry is added and every line kept, or it is refused', async () => {
    const line = fc.constantFrom(
      ...['secrets:', 'secrets: {}', 'secrets: |', 'x: 1', 'y: |', '  app/a: {}', '  app/b:', '    owner: o', ''],
      ...['# comment', '  # inner', '- a', '...', '{', '}', '  text', '\tapp/t: {}', "'secrets': {}"],
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 7 }), async (lines) => {
        const text = lines.join('\n');
        const edited = await add(text).catch((error: unknown) => {
          expect(error).toMatchObject({ code: 'config' });
          return undefined;
        });
        if (edited === undefined) return;
        const kept = lines.map((kept) => kept.replace(/^(.?secrets.?:) \{\}/, '$1')).filter((kept) => kept !== '');
        const rest = edited.split('\n').filter((after) => after !== '' && !after.endsWith('app/new: {}'));
        expect(rest.filter((after) => after !== 'secrets:')).toEqual(kept.filter((before) => before !== 'secrets:'));
      }),
      { numRuns: 500 },
    );
  });
});
