import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../src/compose/open-default-store.js';
import { parsePath } from '../../src/core/path.js';
import { payloadOf } from '../../src/core/payload.js';
import { formatDotenv } from '../../src/formats/format-dotenv.js';
import { leaksIn, nameCanary, valueCanaries } from './canaries.js';
import { filesIn, Laptop, type Ran } from './cli.js';

const values = valueCanaries();
const textValues = values.filter(({ name }) => name !== 'value binary');
const directory = nameCanary('directory');
const segment = nameCanary('segment');
const field = nameCanary('field');
const environmentName = nameCanary('environment');
const metadataKey = nameCanary('metadata key');
const metadataValue = nameCanary('metadata value');
const stage = nameCanary('stage');
const missing = nameCanary('missing');
const record = nameCanary('record');
const names = [directory, segment, field, environmentName, metadataKey, metadataValue, stage, missing, record];
const wordCanary = values.find(({ name }) => name === 'value word')?.bytes.toString() ?? '';
const pathOf = (index: number) => `${directory.text}/${segment.text}/v${index}`;
const passphrase = valueCanaries().find(({ name }) => name === 'value plain') ?? values[0];

let laptop: Laptop;
/** What the commands said that answer no value, by what was called. */
const said = new Map<string, Buffer>();

beforeAll(async () => {
  laptop = new Laptop();
  await writeThroughEveryCommand();
  await failInEveryWay();
  await writeThroughTheLibrary();
});
afterAll(() => laptop.remove());

async function call(args: readonly string[], stdin?: Uint8Array, env?: Record<string, string>): Promise<Ran> {
  const ran = await laptop.run(args, { ...(stdin && { stdin }), ...(env && { env }) });
  note(`${args.slice(0, 2).join(' ')} (${said.size})`, ran);
  return ran;
}

function note(name: string, { bytes, stderr }: Ran): void {
  said.set(`stdout of ${name}`, bytes);
  said.set(`stderr of ${name}`, Buffer.from(stderr));
}

async function writeThroughEveryCommand(): Promise<void> {
  const env = textValues.map(({ bytes }, i) => [`${environmentName.text}_${i}`, bytes.toString()] as const);
  laptop.write('.env', formatDotenv(env));
  await call(['init', '--from', '.env']);
  laptop.write('.env', formatDotenv(env.map(([name, value]) => [name, `${value}+`])));
  await call(['import', '.env', '--dry-run']);
  await call(['import', '.env', '--dry-run', '--json']);
  await call(['import', '.env', '--write-plan', 'plan.txt']);
  await call(['import', '.env', '--yes', '--overwrite', '--json']);
  for (const [index, { bytes }] of values.entries()) {
    await call(['set', pathOf(index), '--exact'], bytes);
    await call(['set', pathOf(index), '--json', '--replace'], Buffer.concat([bytes, bytes]));
    await call(['set', `${directory.text}/document`, `${field.text}=-`], bytes);
  }
  const [first] = textValues;
  await call(['set', `${directory.text}/document`, `${field.text}2=${first?.bytes.toString() ?? ''}`]);
  await call(['set', `${directory.text}/document#${field.text}3`], first?.bytes);
  for (const args of [
    ['list'],
    ['list', directory.text, '--json'],
    ['history', pathOf(0)],
    ['history', pathOf(0), '--json'],
    ['explain', pathOf(0)],
    ['explain', `${directory.text}/document/${field.text}`, '--json'],
    ['status'],
    ['status', '--json'],
    ['audit', 'show'],
    ['audit', 'show', '--json'],
    ['audit', 'show', pathOf(0)],
    ['audit', 'verify'],
    ['audit', 'verify', '--export'],
    ['run', '--help'],
  ]) {
    await call(args);
  }
  note('get at a terminal', await laptop.runAtTerminal(['get', pathOf(1)]));
  note('get --json at a terminal', await laptop.runAtTerminal(['get', `${directory.text}/document`, '--json']));
  note('a prompt', await laptop.runAtTerminal(['set', pathOf(20)], { typed: [values[1]?.bytes.toString() ?? ''] }));
}

async function failInEveryWay(): Promise<void> {
  const secret = values[1]?.bytes ?? Buffer.alloc(0);
  const text = secret.toString();
  const tooLarge = Buffer.concat([secret, Buffer.alloc(512 * 1024), secret]);
  await call(['set', pathOf(1), '--if-version', '77'], secret);
  await call(['set', pathOf(1)], tooLarge);
  await call(['set', pathOf(1), text]);
  await call(['set', pathOf(1), `${field.text}=${text}`]);
  await call(['set', `${directory.text}/document`, `${field.text}=${text}`, `${field.text}=${text}`]);
  await call(['set', `${directory.text}/document#${field.text}`, `${field.text}=${text}`]);
  await call(['set', pathOf(1), '--if-version', text], secret);
  await call(['set', `//${directory.text}`], secret);
  for (const word of [text, wordCanary]) {
    await call(['set', pathOf(1), `--value=${word}`], secret);
    await call(['set', pathOf(1), `--${word}`], secret);
    await call(['set', pathOf(1), `-${word}`], secret);
    await call(['get', pathOf(1), word]);
    await call(['get', pathOf(1), `--reveal=${word}`]);
    await call(['audit', 'show', '--limit', word]);
    await call(['audit', 'verify', '--key', word]);
    await call(['audit', word]);
    await call([word]);
    await call([word, 'get', pathOf(1)]);
    await call(['help', word]);
  }
  await call(['get', `${directory.text}/${missing.text}`]);
  await call(['get', pathOf(1), '--env', text]);
  await call(['history', `${directory.text}/${missing.text}`]);
  await call(['explain', `${directory.text}/${missing.text}`]);
  await call(['init', '--slot', text]);
  await call(['run', '--', 'true', text], undefined, { [`${environmentName.text}_0`]: text });
  await call(['run', '--allow-name'], undefined);
  laptop.write('bad.env', `${environmentName.text}="${text}\n`);
  await call(['import', 'bad.env', '--yes']);
  laptop.write('bad.env', `${environmentName.text} ${text}\n${text}\n`);
  await call(['import', 'bad.env', '--yes']);
  laptop.write('bad.env', Buffer.concat([secret, Buffer.of(0xff, 0xfe)]));
  await call(['import', 'bad.env', '--yes']);
  laptop.write('bad.env', `${environmentName.text}_0=${text}\n${environmentName.text}_0=${text}${text}\n`);
  await call(['import', 'bad.env', '--yes']);
  laptop.write('plan.txt', `${text}\n`);
  await call(['import', '.env', '--use-plan', 'plan.txt']);
  laptop.write('anchor.json', text);
  await call(['audit', 'verify', '--anchor', 'anchor.json']);
  const file = laptop.write('secret-file', secret, 0o666);
  await call(['get', `app/${environmentName.text}`], undefined, {
    [`${environmentName.text.toUpperCase()}`]: text,
    [`${environmentName.text.toUpperCase()}_FILE`]: file,
  });
  for (const config of [
    `secrets: ${text}`,
    `write: [${text}]`,
    `cache: { ttl: ${text} }`,
    `environment: "${text}!"`,
    `project: "${text} ${text}"`,
    `a: "${text}`,
    `a: &${text} b`,
    `providers: [{env: {name: "${text}"}}]`,
    `providers: [{vault: {address: {a: "${text}"}}}]`,
    `store: { slot: "${text}" }`,
    `credentials: ["${text}"]`,
    `secrets: { app/key: { env: "${text}!" } }`,
    `health: ${text}`,
  ]) {
    laptop.write('bad.yaml', config);
    await call(['list', '--config', 'bad.yaml']);
  }
  note('a wrong passphrase', await withWrongPassphrase(text));
}

async function withWrongPassphrase(text: string): Promise<Ran> {
  const other = new Laptop();
  try {
    const chosen = passphrase?.bytes.toString() ?? '';
    await other.runAtTerminal(['init', '--slot', 'passphrase'], { typed: [chosen, chosen] });
    const ran = await other.runAtTerminal(['list'], { typed: [text, ''] });
    expect(ran.status).toBe(7);
    return ran;
  } finally {
    other.remove();
  }
}

async function writeThroughTheLibrary(): Promise<void> {
  const store = await openStore({ env: laptop.environment(), environment: 'development' });
  const { secrets, records } = store.client;
  const errors: unknown[] = [];
  const keep = (error: unknown) => void errors.push(error);
  try {
    for (const [index, { bytes }] of values.entries()) {
      const path = parsePath(`${directory.text}/library/${segment.text}${index}`);
      const metadata = { [metadataKey.text]: metadataValue.text };
      await secrets.write(path, { payload: payloadOf(bytes), metadata });
      await secrets.write(path, { payload: payloadOf(Buffer.concat([bytes, bytes])) });
      await secrets.write(path, { payload: payloadOf(bytes) }, { ifVersion: 9 }).catch(keep);
      await secrets.setStage(path, stage.text, 1);
      await secrets.patch(path, { set: { [field.text]: bytes.toString('latin1') } }).catch(keep);
      await secrets.rollback(path, { to: 1 });
      await secrets.delete(path, { versions: [2] });
      await secrets.read({ path, version: { kind: 'number', number: 2 } }).catch(keep);
      await secrets.undelete(path, { versions: [2] });
      await secrets.destroy(path, { versions: [1, 2] });
      await secrets.read({ path }).catch(keep);
      if (index % 2 === 0) await secrets.purge(path);
      await records.put(`${record.text}-${index}`, bytes.subarray(0, 1000), { ifRevision: 0 });
      await records.put(`${record.text}-${index}`, bytes.subarray(0, 1000), { ifRevision: 7777 }).catch(keep);
    }
  } finally {
    await store.close();
  }
  expect(errors.length).toBeGreaterThanOrEqual(4 * values.length);
  for (const [index, error] of errors.entries()) {
    const spelled = [inspect(error, { depth: 9, showHidden: true }), JSON.stringify(error), String(error)];
    said.set(`error ${index}`, Buffer.from(spelled.join('\n')));
  }
}

/** The files that Keyward keeps outside the project. */
function keptFiles(): ReadonlyMap<string, Buffer> {
  const project = `${laptop.project}/`;
  const kept = filesIn(laptop.home).filter((path) => !path.startsWith(project));
  return new Map(kept.map((path) => [path.slice(laptop.home.length + 1), readFileSync(path)]));
}

describe('no value and no name that was stored', () => {
  test('is in any file of data, keys, anchor or audit log, however encoded, also after delete and destroy', () => {
    const files = keptFiles();
    const kinds = [
      'data.mdb',
      'lock.mdb',
      'header.kw',
      'anchor.kw',
      '000001.log',
      'checkpoint.json',
      'reserve',
      '.key',
    ];
    expect(kinds.filter((kind) => ![...files.keys()].some((path) => path.endsWith(kind)))).toEqual([]);
    expect(leaksIn(files, [...values, ...names])).toEqual([]);
  });

  test('is there to be missed: the store holds the values, and a reader with the key gets them', async () => {
    const bytes: Buffer[] = [];
    for (const [index, { name }] of values.entries()) {
      if (name !== 'value json') bytes.push((await laptop.ok(['get', `${pathOf(index)}@1`])).bytes);
    }
    expect(bytes).toEqual(values.filter(({ name }) => name !== 'value json').map((value) => value.bytes));
  });
});

describe('no value', () => {
  test('is in what any command says, or in any error, but the read itself', () => {
    expect(said.size).toBeGreaterThan(150);
    expect(leaksIn(said, values)).toEqual([]);
  });

  test('is in a file of the project that Keyward wrote', () => {
    const files = ['keyward.yaml', '.gitignore'].map((name) => [name, Buffer.from(laptop.read(name))] as const);
    expect(leaksIn(new Map(files), values)).toEqual([]);
  });

  test('is in the arguments of a process, nor in the environment of any but the program of `run`', async () => {
    const script = laptop.write(
      'look.mjs',
      `import { existsSync, readFileSync } from 'node:fs';
       const parent = process.ppid;
       for (const file of ['/proc/self/cmdline', \`/proc/\${parent}/cmdline\`, \`/proc/\${parent}/environ\`])
         if (existsSync(file)) process.stdout.write(readFileSync(file));
       if (process.env.${environmentName.text}_1 === undefined) process.exitCode = 9;`,
    );
    const seen = await laptop.spawn(['run', '--', process.execPath, script]);
    expect(seen).toMatchObject({ status: 0, stderr: '' });
    expect(leaksIn(new Map([['argv and environ', seen.bytes]]), values)).toEqual([]);
  });
});

/** The leak between others' bytes, without touching those that look like its own. */
function withLeak(content: Buffer, leak: Buffer): Buffer {
  const middle = Math.floor(content.length / 2);
  return Buffer.concat([content.subarray(0, middle), Buffer.of(0), leak, Buffer.of(0), content.subarray(middle)]);
}

describe('the search', () => {
  const [canary] = values.filter(({ name }) => name === 'value plain');
  const bytes = canary?.bytes ?? Buffer.alloc(0);
  const part = bytes.subarray(11, 19);
  const encodings: Readonly<Record<string, (secret: Buffer) => Buffer>> = {
    'as it is': (secret) => secret,
    reversed: (secret) => Buffer.from(secret).reverse(),
    'in capitals': (secret) => Buffer.from(secret.toString().toUpperCase()),
    'as UTF-16LE': (secret) => Buffer.from(secret.toString(), 'utf16le'),
    'as UTF-16BE': (secret) => Buffer.from(secret.toString(), 'utf16le').swap16(),
    'as hex': (secret) => Buffer.from(secret.toString('hex')),
    'as capital hex': (secret) => Buffer.from(secret.toString('hex').toUpperCase()),
    'as base64 at the first alignment': (secret) => Buffer.from(secret.toString('base64')),
    'as base64 at the second': (secret) => Buffer.from(Buffer.concat([Buffer.from('x'), secret]).toString('base64')),
    'as base64 at the third': (secret) => Buffer.from(Buffer.concat([Buffer.from('xy'), secret]).toString('base64')),
    'as base64url': (secret) => Buffer.from(secret.toString('base64url')),
    'as percent escapes': (secret) => Buffer.from(secret.toString('hex').replace(/../g, '%$&')),
    'as JSON escapes': (secret) => Buffer.from(secret.toString('hex').replace(/../g, '\\u00$&')),
    gzipped: (secret) => gzipSync(secret),
    'gzipped in base64': (secret) => Buffer.from(gzipSync(secret).toString('base64')),
    'with zlib': (secret) => deflateSync(secret),
  };

  test.each(Object.entries(encodings))('finds a value %s, and eight bytes of one, in every sink', (_name, encode) => {
    const sinks = [...keptFiles(), ...[...said].slice(0, 2)].map(
      ([sink, content]) => [sink, content.subarray(0, 8192)] as const,
    );
    for (const secret of [bytes, part]) {
      const leaking = sinks.map(([sink, content]) => [sink, withLeak(content, encode(secret))] as const);
      const found = leaksIn(new Map(leaking), values).map((leak) => leak.split(': ')[0]);
      expect(sinks.filter(([sink]) => !found.includes(sink))).toEqual([]);
    }
  });

  test('finds a deflated file, and a name in the capitals of the environment', () => {
    expect(leaksIn(new Map([['sink', deflateRawSync(bytes)]]), values)).not.toEqual([]);
    const emitted = Buffer.from(`X_${environmentName.text.toUpperCase()}_Y`);
    expect(leaksIn(new Map([['sink', emitted]]), names)).not.toEqual([]);
  });
});
