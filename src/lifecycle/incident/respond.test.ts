import { describe, expect, test } from 'vitest';
import { KeywardError } from '../../core/errors.js';
import { parsePath } from '../../core/path.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { createMemoryRecords } from '../../testing/memory-records.js';
import { Mortal } from '../../testing/simulated-target.js';
import type { Facts } from './incident.js';
import { openTasks, tasksOf } from './incident.js';
import { IncidentLog, listIncidents } from './incident-log.js';
import { readDocument, writeDocument } from './record-document.js';
import { incidentDocument, incidentMarkdown } from './report.js';
import { include, type Responder, respond } from './respond.js';

const token = parsePath('app/token');
const same = parsePath('app/same');
const other = parsePath('other/thing');

const facts: Facts = {
  at: '2030-01-01T00:00:00.000Z',
  since: undefined,
  readers: [
    {
      path: token,
      did: 'read',
      principal: 'evil | [x](http://e) <b>\u001b[2J',
      store: 'vault',
      project: undefined,
      environment: 'production',
      sources: ['local:7'],
      versions: [],
      outcomes: ['ok'],
      first: '2029-01-01T00:00:00.000Z',
      last: '2029-02-01T00:00:00.000Z',
      count: 3,
    },
  ],
  gaps: [{ where: 'access.log', cause: '2 lines are no entries' }],
  sources: [{ where: 'access.log', beginsAt: '2028-01-01T00:00:00.000Z' }],
};

class Scene {
  readonly clock = new FakeClock();
  readonly records = createMemoryRecords();
  readonly rotated: string[] = [];
  told = 0;
  responder: Responder = {
    facts: async () => facts,
    related: async () => [
      { path: same, because: ['same value as app/token'] },
      { path: other, because: ['owner web'] },
    ],
    copies: async (paths) => {
      const isKnown = paths.includes(token) && !this.rotated.includes(token);
      return isKnown ? [{ path: token, where: '.env.old' }] : [];
    },
    rotate: async (path) => {
      this.rotated.push(path);
      return { state: 'done', isRefused: true };
    },
    rollouts: async (path) => (path === token ? [{ name: 'kubernetes web', state: 'begun' }] : []),
    tell: async () => {
      this.told += 1;
      return 1;
    },
  };

  begin(records = this.records) {
    return IncidentLog.begin(
      { records, clock: this.clock, by: 'me' },
      {
        kind: 'leak',
        environment: 'production',
        startedAt: this.clock.now(),
        named: [token],
        skipGrace: true,
        upstream: ['vault'],
      },
    );
  }

  open(id: string, records = this.records) {
    return IncidentLog.open({ records, clock: this.clock, by: 'me' }, id);
  }

  respond(log: IncidentLog, responder = this.responder) {
    return respond(log, responder, { choose: async (related) => related.slice(0, 1), onStep: () => undefined });
  }
}

describe('a response', () => {
  test('takes each step once, and leaves what only people can do', async () => {
    const scene = new Scene();
    const log = await scene.begin();
    await scene.respond(log);
    await scene.respond(await scene.open(log.now.id));
    expect(scene.rotated).toEqual([token, same]);
    expect(scene.told).toBe(1);
    expect(openTasks((await scene.open(log.now.id)).now).map(({ id }) => id)).toEqual([
      'related',
      'copy:app/token:.env.old',
      'review',
      'upstream',
      'consumers',
      'procedures',
    ]);
  });

  test('goes on after a crash at any of its calls, with the same end', async () => {
    const ends = new Set<string>();
    for (let at = 1; at <= 80; at += 1) {
      const scene = new Scene();
      const { id } = (await scene.begin()).now;
      const mortal = new Mortal(at, at % 2 === 0, () => undefined);
      const records = mortal.wrap(scene.records);
      const log = await scene.open(id, records).catch(() => undefined);
      if (log !== undefined) await scene.respond(log, mortal.wrap(scene.responder)).catch(() => undefined);
      const again = await scene.open(id);
      await scene.respond(again);
      expect(new Set(scene.rotated)).toEqual(new Set([token, same]));
      const { related, secrets, copies, told } = again.now;
      ends.add(JSON.stringify({ related, secrets, copies, told }));
      if (!mortal.isOver) break;
      expect(at).toBeLessThan(80);
    }
    expect(ends.size).toBe(1);
  });

  test('a secret that cannot be rotated stops none of the others, and is tried again', async () => {
    const scene = new Scene();
    const log = await scene.begin();
    const failing: Responder = {
      ...scene.responder,
      rotate: async (path, incident) => {
        if (path === token) throw new KeywardError('unavailable', 'the target is down: canary');
        return scene.responder.rotate(path, incident);
      },
    };
    await scene.respond(log, failing);
    expect(log.now.secrets).toMatchObject([{ state: 'failed', failure: 'unavailable' }, { state: 'done' }]);
    expect(JSON.stringify(log.now)).not.toContain('canary');
    await scene.respond(log);
    expect(log.now.secrets).toMatchObject([{ state: 'done' }, { state: 'done' }]);
    expect(scene.rotated).toEqual([same, token]);
  });

  test('is done by one process at a time', async () => {
    const scene = new Scene();
    const first = await scene.begin();
    const second = await scene.open(first.now.id);
    await scene.respond(first);
    await expect(scene.respond(second)).rejects.toMatchObject({ code: 'conflict' });
  });

  test('is about more secrets when somebody says so, and forgets no copy that it knew', async () => {
    const scene = new Scene();
    const log = await scene.begin();
    await scene.respond(log);
    await include(log, log.now.related ?? []);
    await scene.respond(log);
    expect(scene.rotated).toEqual([token, same, other]);
    const tasks = tasksOf(log.now).map(({ id }) => id);
    expect(tasks).not.toContain('related');
    expect(tasks).toContain('copy:app/token:.env.old');
  });

  test('of an incident that is not there is not found, whatever the id looks like', async () => {
    const scene = new Scene();
    for (const id of ['2030-01-01-aaaaaa', '../rotation', '', 'x'.repeat(300)]) {
      await expect(scene.open(id)).rejects.toMatchObject({ code: 'not_found' });
    }
  });
});

describe('a report', () => {
  test('is the same every time, names every reader and gap, and lets nobody write markup into it', async () => {
    const scene = new Scene();
    const log = await scene.begin();
    await scene.respond(log);
    const text = incidentMarkdown(log.now, facts);
    expect(incidentMarkdown((await scene.open(log.now.id)).now, await log.facts())).toBe(text);
    expect(text).toContain('evil \\| \\[x\\](http://e) \\<b\\> \\[2J (production)');
    expect(text).toContain('**may be incomplete**: access.log: 2 lines are no entries');
    expect(text).toContain('records begin at 2028-01-01T00:00:00.000Z');
    expect(text).not.toContain('\u001b');
    expect(incidentDocument(log.now, facts)).toMatchObject({ facts, tasks: expect.any(Array), kind: 'leak' });
  });

  test('says who had the values until all was replaced', async () => {
    const scene = new Scene();
    const log = await scene.begin();
    const [reader] = facts.readers;
    await scene.respond(log, {
      ...scene.responder,
      facts: async ({ since }) =>
        since === undefined ? facts : { ...facts, readers: reader ? [{ ...reader, principal: 'late' }] : [] },
    });
    const later = await log.laterFacts();
    expect(incidentMarkdown(log.now, await log.facts(), later)).toContain('| late (production) |');
  });

  test('says how far the values were brought to their consumers, also of a rotation that failed', async () => {
    const scene = new Scene();
    const log = await scene.begin();
    await scene.respond(log, { ...scene.responder, rotate: () => Promise.reject(new Error('gone')) });
    expect(log.now.secrets).toMatchObject([{ state: 'failed', rollouts: [{ state: 'begun' }] }, { state: 'failed' }]);
    expect(openTasks(log.now).find(({ id }) => id === 'consumers')?.text).toContain('app/token kubernetes web: begun');
    const text = incidentMarkdown(log.now, facts);
    expect(text).toContain('| app/token | kubernetes web | begun, and not seen to end |');
    expect(JSON.stringify(incidentDocument(log.now, facts))).toContain('kubernetes web');
  });

  test('tells what was handed in after it began from what was known', async () => {
    const scene = new Scene();
    const log = await scene.begin();
    await scene.respond(log);
    const [reader] = facts.readers;
    await log.handIn({ ...facts, readers: reader ? [{ ...reader, principal: 'upstream' }] : [], gaps: [] });
    const again = await scene.open(log.now.id);
    const handedIn = await again.factsHandedIn();
    const text = incidentMarkdown(again.now, await again.facts(), undefined, handedIn);
    expect(text).toMatch(/### By records that were handed in.*\| upstream \(production\) \|/s);
    expect(incidentDocument(again.now, facts, undefined, handedIn).factsHandedIn).toMatchObject([
      { readers: [{ principal: 'upstream' }] },
    ]);
  });

  test('keeps the facts that were there first', async () => {
    const scene = new Scene();
    const log = await scene.begin();
    await log.keepFacts(facts);
    await log.keepFacts({ ...facts, readers: [] });
    expect((await log.facts()).readers).toHaveLength(1);
  });
});

describe('a document in records', () => {
  const records = createMemoryRecords();

  test.each([0, 1, 61_439, 61_440, 500_000])('of about %i bytes is read as it was written', async (length) => {
    const value = { text: 'é'.repeat(length / 2) };
    const revision = await writeDocument(records, `incident/${length}`, value, 0);
    expect(await readDocument(records, `incident/${length}`)).toEqual({ value, revision });
  });

  test('leaves nothing of the former one behind, and is written over none that it does not know', async () => {
    const own = createMemoryRecords();
    const revision = await writeDocument(own, 'incident/a', { text: 'x'.repeat(200_000) }, 0);
    await expect(writeDocument(own, 'incident/a', {}, 0)).rejects.toMatchObject({ code: 'conflict' });
    await writeDocument(own, 'incident/a', {}, revision);
    const left = await own.list('incident/a/parts/');
    expect(await readDocument(own, 'incident/a')).toMatchObject({ value: {} });
    expect(left.length).toBeLessThanOrEqual(2);
    expect(await listIncidents(own)).toHaveLength(1);
  });

  test('that lacks a part is damaged', async () => {
    const own = createMemoryRecords();
    await writeDocument(own, 'incident/a', { text: 'x' }, 0);
    const [part = ''] = await own.list('incident/a/parts/');
    await own.remove(part, { ifRevision: (await own.get(part))?.revision ?? 0 });
    await expect(readDocument(own, 'incident/a')).rejects.toMatchObject({ code: 'integrity' });
  });
});
