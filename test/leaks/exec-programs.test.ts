import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { searchFor } from '../system/canaries.js';
import { Laptop } from '../system/cli.js';
import { watchFiles } from './kept-laptop.js';
import { rotated } from './rotated.js';
import { levels } from './scenario.js';

const random = () => randomBytes(24).toString('base64url');
const [value, credential] = [random(), random()];
const known = [value, credential].map((text) => ({ name: 'canary', bytes: Buffer.from(text) }));

/** What the program of a password manager does; it has the value, and a credential of its own in its environment. */
const programs: Readonly<Record<string, string>> = {
  'prints the value, and all that it knows as an error': `echo "$CREDENTIAL" >&2; echo ${value}`,
  'fails, and prints all that it knows': `echo "${value} $CREDENTIAL"; echo "${value} $CREDENTIAL" >&2; exit 3`,
  'says that there is none, and prints all that it knows': `echo "${value} $CREDENTIAL"; exit 7`,
  'is ended in the middle of its answer': `echo "${value} $CREDENTIAL"; kill -9 $$`,
  'never ends': `echo "${value} $CREDENTIAL"; exec sleep 60`,
  'prints without an end': `exec yes "${value} $CREDENTIAL"`,
  'prints half an object': `printf '{"a":"${value} %s"' "$CREDENTIAL"`,
  'prints names that mean something to JavaScript': `printf '{"__proto__":{"a":"${value} %s"}}' "$CREDENTIAL"`,
};
const calls = [
  ['get', 'app/one'],
  ['get', 'app/one#a', '--no-values'],
  ['run', '--path', 'app', '--', 'true'],
  ['explain', 'app/one'],
  ['status'],
  ['doctor'],
  ['export', '--no-values'],
  ['list', 'app'],
];

let laptop: Laptop;
beforeAll(async () => {
  laptop = await Laptop.initialised();
});
afterAll(() => laptop.remove());

test.each(Object.entries(programs))('a program that %s puts nothing of it into what is said', async (name, script) => {
  const at = Object.keys(programs).indexOf(name);
  laptop.write('manager.sh', `#!/bin/sh\n${script}\n`, 0o755);
  for (const [index, args] of calls.entries()) {
    const options = `command: [./manager.sh, "{path}"], env: [CREDENTIAL], absent: [7], timeout: 300ms, json: ${index % 2 === 1}`;
    const config = laptop.write(
      'keyward.yaml',
      `project: bot\nproviders: [{ exec: { name: target, ${options} } }, { keyward: { prefix: bot } }]\nsecrets: { app/one: {} }\n`,
    );
    const [level] = rotated(levels, at + index);
    const written = watchFiles(laptop);
    const [before, after] = args.includes('--') ? [args.slice(0, -2), args.slice(-2)] : [args, []];
    const ran = await laptop.run([...before, ...(level?.options ?? []), ...after], {
      env: { ...level?.env, CREDENTIAL: credential, KEYWARD_CONFIG: config },
    });
    const stdout = ran.status === 0 && args.join(' ') === 'get app/one' ? Buffer.alloc(0) : ran.bytes;
    const sinks = new Map([['stdout', stdout] as const, ['stderr', Buffer.from(ran.stderr)] as const, ...written()]);
    expect(searchFor(known)(sinks), args.join(' ')).toEqual([]);
  }
  expect(Reflect.get({}, 'a')).toBeUndefined();
});
