import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MemorySequencer } from '../../store/physical/memory/memory-sequencer.js';
import type { Sequencer } from '../../store/physical/sequencer.js';
import { AuditFixture, accessEntry } from '../../testing/audit-fixture.js';

let fixture: AuditFixture;

beforeEach(() => {
  fixture = new AuditFixture();
});

afterEach(() => fixture.dispose());

const volumePath = (volume = '000001') => `${fixture.folder}/${volume}.log`;

describe('a log that was cut', () => {
  const lostFiles = () => readdirSync(fixture.folder).filter((name) => name.includes('.lost.'));

  async function runCommands(count: number, sequencer = fixture.sequencer): Promise<void> {
    for (let command = 0; command < count; command += 1) {
      const log = await fixture.open({ sequencer });
      await log.append(accessEntry(`later/${command}`), 'synced');
      await log.close();
    }
  }

  async function cutToSecondCheckpoint(): Promise<void> {
    await runCommands(5);
    const lines = fixture.lines();
    const second = lines.findIndex((line, index) => line.includes('"sig"') && index > 3);
    writeFileSync(volumePath(), `${lines.slice(0, second + 1).join('\n')}\n`);
  }

  test.each([
    ['', () => fixture.sequencer],
    [", also after the sequencer's state is lost", () => new MemorySequencer()],
  ])('stays broken however many commands follow%s', async (_, sequencerOf) => {
    await cutToSecondCheckpoint();
    const sequencer = sequencerOf();
    await runCommands(12, sequencer);
    const log = await fixture.open({ sequencer });
    expect(await log.verify()).toMatchObject({
      status: 'broken',
      firstProblem: { problem: 'it differs from the checkpoint in checkpoint-11.lost.json' },
    });
    expect(fixture.findings).toHaveLength(13);
    expect(fixture.findings.every((finding) => finding.severity === 'error')).toBe(true);
    const cuts = (await log.show({})).filter((record) => record.operation === 'audit.cut');
    expect(cuts.map((record) => record.details)).toEqual([{ lastKnown: 11 }]);
    expect(statSync(`${fixture.folder}/checkpoint-11.lost.json`).mode & 0o777).toBe(0o600);
  });

  test('while a process writes that does not know its length stays broken too, and that is said', async () => {
    const forgetful: Sequencer = {
      exclusive: async (step) => step(undefined).result,
      close: async () => {},
    };
    const log = await fixture.open({ sequencer: forgetful });
    for (let index = 0; index < 5; index += 1) await log.append(accessEntry(`p/${index}`), 'synced');
    await log.checkpoint();
    writeFileSync(volumePath(), `${fixture.lines().slice(0, 3).join('\n')}\n`);
    for (let index = 0; index < 5; index += 1) await log.append(accessEntry(`p/${index}`), 'synced');
    await log.checkpoint();
    expect(lostFiles()).toEqual(['checkpoint-7.lost.json']);
    await log.append(accessEntry('later'), 'synced');
    expect((await log.show({})).map((record) => record.operation)).toContain('audit.cut');
    expect(fixture.findings.map((finding) => finding.severity)).toEqual(['error']);
    expect((await log.verify()).status).toBe('broken');
  });

  test('twice keeps both witnesses, and one that is there already is never overwritten', async () => {
    await cutToSecondCheckpoint();
    const first = fixture.file('checkpoint.json');
    writeFileSync(`${fixture.folder}/checkpoint-11.lost.json`, 'of an earlier cut');
    await runCommands(1);
    expect(lostFiles()).toEqual(['checkpoint-11.2.lost.json', 'checkpoint-11.lost.json']);
    expect(fixture.file('checkpoint-11.2.lost.json')).toEqual(first);
    writeFileSync(`${fixture.folder}/checkpoint.json`, first);
    await runCommands(1);
    expect(lostFiles()).toEqual(['checkpoint-11.2.lost.json', 'checkpoint-11.lost.json']);
  });

  test('or whose newest checkpoint is no checkpoint any more keeps what is there', async () => {
    await runCommands(2);
    writeFileSync(`${fixture.folder}/checkpoint.json`, 'damaged');
    await runCommands(2);
    expect(new TextDecoder().decode(fixture.file('checkpoint-0.lost.json'))).toBe('damaged');
    expect((await (await fixture.open()).verify()).status).toBe('broken');
  });

  test('is told from one whose newest checkpoint lies in an earlier volume or far behind its end', async () => {
    const open = () => fixture.open({ volumeBytes: 400_000 });
    const log = await open();
    await log.append(accessEntry('a'), 'synced');
    await log.checkpoint();
    const details = { note: 'x'.repeat(30_000) };
    for (let index = 0; index < 9; index += 1) await log.append(accessEntry('a', { details }), 'synced');
    await open();
    const first = fixture.file('checkpoint.json');
    for (let index = 0; index < 4; index += 1) await log.append(accessEntry('a', { details }), 'synced');
    expect(existsSync(volumePath('000002'))).toBe(true);
    await open();
    expect(fixture.file('checkpoint.json')).not.toEqual(first);
    expect(lostFiles()).toEqual([]);
    expect(fixture.findings).toEqual([]);
  });
});
