import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditVerification } from '../../core/client.js';
import { toHex } from '../../crypto/encoding.js';
import { generateSigningKey, sign } from '../../crypto/signing.js';
import { AuditFixture, accessEntry } from '../../testing/audit-fixture.js';
import { formatCheckpointLine, formatEntryLine, lineHash, parseLine } from './log-line.js';
import { volumeSources } from './show-entries.js';
import { verifyLog } from './verify-log.js';
import { volumesIn } from './volume-name.js';
import { witnessesOf } from './witnesses.js';

type VerifyFolder = (
  folder: string,
  options?: { anchor?: Uint8Array | undefined; publicKey?: string | undefined },
) => Promise<AuditVerification>;

const toolPath = join(import.meta.dirname, '../../../tools/verify-audit.mjs');
const { verifyFolder }: { verifyFolder: VerifyFolder } = await import(pathToFileURL(toolPath).href);

/** Lines of each volume, as they are between the line ends. */
type Log = readonly (readonly string[])[];

let fixture: AuditFixture;
let log: Log;
let publicKey: string;
let anchor: Uint8Array;
let folders = 0;

beforeAll(async () => {
  fixture = new AuditFixture();
  const written = await fixture.open({ volumeBytes: 3000 });
  publicKey = written.publicKey;
  for (let index = 0; index < 24; index += 1) {
    await written.append(accessEntry(`p/${index}`), 'written');
    if (index % 7 === 6) await written.checkpoint();
    if (index === 12) await written.replaceKey();
  }
  anchor = await written.checkpoint();
  log = volumesIn(fixture.folder).map((volume) => fixture.lines(volume));
});

afterAll(() => fixture.dispose());

const encode = (text: string) => new TextEncoder().encode(text);
const joined = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');

/** Both verdicts on volumes with these contents; fails when they differ. */
async function verdict(
  contents: readonly (string | undefined)[],
  witnesses: { anchor?: Uint8Array; copy?: Uint8Array; lost?: Uint8Array; publicKey?: string } = {},
): Promise<AuditVerification> {
  folders += 1;
  const folder = fixture.temporary.path(`case-${folders}`);
  mkdirSync(folder);
  contents.forEach((content, index) => {
    if (content !== undefined) {
      writeFileSync(join(folder, `${String(index + 1).padStart(6, '0')}.log`), Buffer.from(content, 'latin1'));
    }
  });
  if (witnesses.copy !== undefined) writeFileSync(join(folder, 'checkpoint.json'), witnesses.copy);
  if (witnesses.lost !== undefined) writeFileSync(join(folder, 'checkpoint-9.lost.json'), witnesses.lost);
  const sources = volumeSources(folder, '999999', 0);
  const kept = witnessesOf(folder, witnesses.anchor);
  const ours = await verifyLog(sources, { witnesses: kept, publicKey: witnesses.publicKey });
  expect(await verifyFolder(folder, { anchor: witnesses.anchor, publicKey: witnesses.publicKey })).toEqual(ours);
  return ours;
}

const places = fc.tuple(fc.nat(), fc.nat()).map(([volume, line]) => {
  const lines = log[volume % log.length] ?? [];
  return { volume: volume % log.length, line: line % lines.length };
});

function changed(volume: number, change: (lines: string[]) => void): string[] {
  return log.map((lines, index) => {
    const copy = [...lines];
    if (index === volume) change(copy);
    return joined(copy);
  });
}

describe('verification', () => {
  test('of an untouched log is ok, with every key that signed, first to last', async () => {
    const result = await verdict(log.map(joined), { anchor, copy: anchor, publicKey });
    expect(result).toMatchObject({ status: 'ok', unsignedEntries: 0, firstProblem: undefined });
    expect(result.keys[0]).toBe(publicKey);
    expect(result.keys).toHaveLength(2);
    expect(log.length).toBeGreaterThan(2);
  });

  test('of no log at all is ok, unless a checkpoint of one is known', async () => {
    expect(await verdict([])).toMatchObject({ status: 'ok', entries: 0 });
    expect(await verdict([], { copy: anchor })).toMatchObject({ status: 'broken', firstProblem: { line: 1 } });
  });

  test('of no log at all, or of an empty one, is broken when a key must have signed', async () => {
    const expected = { status: 'broken', firstProblem: { line: 1, problem: expect.stringMatching(/expected key/) } };
    expect(await verdict([], { publicKey })).toMatchObject(expected);
    expect(await verdict([''], { publicKey })).toMatchObject(expected);
  });

  test('finds every edit of any byte and names its line', async () => {
    await fc.assert(
      fc.asyncProperty(places, fc.nat(), fc.integer({ min: 1, max: 255 }), async ({ volume, line }, at, bits) => {
        const contents = changed(volume, (lines) => {
          const text = `${lines[line]}\n`;
          const index = at % text.length;
          const byte = String.fromCharCode(text.charCodeAt(index) ^ bits);
          lines[line] = `${text.slice(0, index)}${byte}${text.slice(index + 1)}`.replace(/\n$/, '');
        });
        fc.pre(contents[volume] !== joined(log[volume] ?? []));
        const result = await verdict(contents, { anchor });
        expect(result.status).toBe('broken');
        expect(result.firstProblem).toMatchObject({ volume: `00000${volume + 1}`, line: line + 1 });
      }),
      { numRuns: 400 },
    );
  });

  test('finds every line that was dropped, repeated or moved, and names the place', async () => {
    await fc.assert(
      fc.asyncProperty(places, fc.constantFrom('drop', 'repeat', 'swap'), async ({ volume, line }, what) => {
        const contents = changed(volume, (lines) => {
          const taken = lines[line] ?? '';
          if (what === 'drop') lines.splice(line, 1);
          if (what === 'repeat') lines.splice(line, 0, taken);
          if (what === 'swap') lines.splice(line, 2, ...lines.slice(line, line + 2).reverse());
        });
        fc.pre(contents[volume] !== joined(log[volume] ?? []));
        const result = await verdict(contents, { anchor });
        expect(result.status).toBe('broken');
        expect(result.firstProblem?.line).toBeGreaterThanOrEqual(1);
      }),
      { numRuns: 200 },
    );
  });

  test('finds every cut against the copy beside the log, and against an anchor', async () => {
    await fc.assert(
      fc.asyncProperty(places, fc.nat(), fc.boolean(), async ({ volume, line }, bytes, isCopy) => {
        const kept = joined((log[volume] ?? []).slice(0, line)) + (log[volume]?.[line] ?? '').slice(0, bytes % 500);
        const contents = [...log.slice(0, volume).map(joined), kept];
        const result = await verdict(contents, isCopy ? { copy: anchor } : { anchor });
        expect(result).toMatchObject({ status: 'broken' });
        expect(result.firstProblem?.problem).toMatch(/ends before the checkpoint in/);
      }),
      { numRuns: 200 },
    );
  });

  test('holds a log to every checkpoint beside it, also to one that it did not hold any more', async () => {
    const contents = log.map(joined);
    expect((await verdict(contents, { copy: anchor, lost: anchor })).status).toBe('ok');
    const lost = encode(forgedCheckpoint('', (parseLine(anchor)?.sequence ?? 0) - 1));
    expect(await verdict(contents, { copy: anchor, lost })).toMatchObject({
      status: 'broken',
      firstProblem: { problem: expect.stringMatching(/differs from the checkpoint in checkpoint-9\.lost\.json/) },
    });
  });

  test('finds a volume that is missing', async () => {
    const [first, ...others] = log.map(joined);
    expect(await verdict([undefined, ...others])).toMatchObject({
      status: 'broken',
      firstProblem: { volume: '000001', line: 1 },
    });
    expect(await verdict([first, undefined, ...others.slice(1)])).toMatchObject({
      status: 'broken',
      firstProblem: { volume: '000002', line: 1 },
    });
  });

  test('reports entries after the last checkpoint as not signed yet', async () => {
    const first = log[0] ?? [];
    const lastSigned = first.findLastIndex((line) => line.includes('"sig"'));
    const end = first.slice(0, lastSigned);
    expect(await verdict([joined(end)])).toMatchObject({ status: 'unsigned', firstProblem: undefined });
  });

  test('reports an incomplete last line without calling the log broken', async () => {
    const all = log.map(joined);
    expect(await verdict([...all.slice(0, -1), `${all.at(-1)}{"v":1,"no`])).toMatchObject({
      status: 'unsigned',
      unsignedEntries: 0,
      firstProblem: { problem: expect.stringMatching(/incomplete/) },
    });
  });

  test('finds an incomplete line that another volume follows', async () => {
    const [first, ...others] = log.map(joined);
    expect((await verdict([`${first}{"v":1`, ...others])).status).toBe('broken');
  });

  test('finds a whole log that was written anew and signed with another key', async () => {
    const forged = forge(log.flat());
    expect((await verdict([joined(forged)])).status).toBe('ok');
    expect(await verdict([joined(forged)], { publicKey })).toMatchObject({
      status: 'broken',
      firstProblem: { problem: expect.stringMatching(/expected key/) },
    });
    expect((await verdict([joined(forged)], { anchor })).status).toBe('broken');
  });

  test('finds a log that was signed on with a key that nobody announced', async () => {
    const first = log[0] ?? [];
    const lastSigned = first.findLastIndex((line) => line.includes('"sig"'));
    const sound = first.slice(0, lastSigned + 1);
    const result = await verdict([joined([...sound, forgedCheckpoint(sound.at(-1) ?? '', sound.length + 1)])]);
    expect(result).toMatchObject({ status: 'broken', firstProblem: { line: sound.length + 1 } });
  });

  test('refuses a witness that is not a checkpoint, and witnesses that contradict each other', async () => {
    const contents = log.map(joined);
    expect(await verdict(contents, { anchor: encode('not one') })).toMatchObject({
      status: 'broken',
      firstProblem: { volume: 'the anchor' },
    });
    const other = encode(forgedCheckpoint('', parseLine(anchor)?.sequence ?? 0));
    expect((await verdict(contents, { anchor: other, copy: anchor })).status).toBe('broken');
  });

  test('stops at a line that is too long for any line', async () => {
    const long = 'x'.repeat(300_000);
    expect(await verdict([`${long}\n`])).toMatchObject({ status: 'broken', firstProblem: { line: 1 } });
    expect((await verdict([long])).status).toBe('unsigned');
  });
});

describe('the stand-alone verifier', () => {
  const run = (...words: string[]) =>
    promisify(execFile)(process.execPath, [toolPath, ...words]).then(
      ({ stdout }) => ({ code: 0, stdout }),
      (error: { code: number; stdout: string }) => ({ code: error.code, stdout: error.stdout }),
    );

  test('answers by its exit status: 0 sound, 1 broken, 2 not signed to the end, 64 wrong usage', async () => {
    const kept = fixture.temporary.write('anchor', anchor);
    const folder = fixture.temporary.path('tool');
    const write = (contents: readonly string[]) => {
      contents.forEach((content, index) => {
        fixture.temporary.write(`tool/${String(index + 1).padStart(6, '0')}.log`, content);
      });
    };
    const contents = log.map(joined);
    write(contents);
    expect(await run(folder, '--key', publicKey, '--anchor', kept)).toMatchObject({ code: 0 });
    write([...contents.slice(0, -1), `${contents.at(-1)}{`]);
    expect(await run(folder)).toMatchObject({ code: 2 });
    write(['x\n']);
    const broken = await run(folder, '--json');
    expect(broken.code).toBe(1);
    expect(JSON.parse(broken.stdout)).toMatchObject({ firstProblem: { volume: '000001', line: 1 } });
    expect(await run()).toMatchObject({ code: 64 });
    expect(await run(folder, '--key', 'xyz')).toMatchObject({ code: 64 });
  });
});

const impostor = generateSigningKey();
const at = { node: '0'.repeat(32), time: '2030-01-01T00:00:00.000Z' };

function forge(lines: readonly string[]): string[] {
  let previous = '0'.repeat(64);
  const forged = lines.map((_, index) => {
    const bytes = formatEntryLine({ ...at, sequence: index + 1, previous }, 'AAAA');
    previous = lineHash(bytes);
    return new TextDecoder().decode(bytes);
  });
  return [...forged, forgedCheckpoint(forged.at(-1) ?? '', forged.length + 1)];
}

function forgedCheckpoint(before: string, sequence: number): string {
  const node = parseLine(encode(before))?.node ?? at.node;
  const statement = { storeId: 'store-1', key: toHex(impostor.publicKey), nextKey: undefined };
  const position = { ...at, node, sequence, previous: lineHash(encode(before)) };
  const signature = (bytes: Uint8Array) => Buffer.from(sign(impostor.privateKey, bytes)).toString('base64');
  return new TextDecoder().decode(formatCheckpointLine(position, statement, signature));
}
