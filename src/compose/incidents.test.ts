import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parsePath } from '../core/path.js';
import { textPayload } from '../core/payload.js';
import { incidentMarkdown } from '../lifecycle/incident/report.js';
import { type TemporaryFolder, temporaryFolder } from '../testing/temporary-folder.js';
import { type IncidentBeginning, openIncidents } from './incidents.js';
import { initStore } from './init-store.js';
import { openWorkspace } from './open-workspace.js';
import { storeLocations } from './store-locations.js';
import type { Workspace } from './workspace.js';

const leaked = 'canary-8f3b1d77c2';
let folder: TemporaryFolder;
const opened: Workspace[] = [];
beforeEach(async () => {
  folder = temporaryFolder();
  await initStore({ locations: storeLocations({ env: {}, home: folder.path('') }), slot: 'keyfile' });
});
afterEach(async () => {
  for (const workspace of opened.splice(0)) await workspace.close();
  folder.remove();
});

async function incidentsIn(config: string) {
  const home = folder.path('');
  const configFile = folder.write('project/keyward.yaml', `providers: [{keyward: {prefix: p}}]\n${config}`);
  const options = { env: { HOME: home }, home, onFinding: () => undefined };
  const workspace = await openWorkspace({
    ...options,
    configFile,
    environment: 'development',
    cwd: folder.path('project'),
    role: 'cli',
  });
  opened.push(workspace);
  await workspace.writeTarget().write(parsePath('app/token'), { payload: textPayload(leaked) });
  await afterThisMillisecond();
  return { workspace, incidents: await openIncidents(workspace, options) };
}

/** What this process does in the millisecond in which an incident begins is taken for the incident's own. */
async function afterThisMillisecond() {
  const now = Date.now();
  while (Date.now() === now) await setImmediate();
}

const leak: IncidentBeginning = { kind: 'leak', names: ['app/token'], skipGrace: true };
const quietly = { choose: async () => [], onStep: () => undefined };
const random = 'secrets: { app/token: { rotator: { random: "hex:32" } } }';

describe('an incident', () => {
  test('keeps no value that somebody writes into a reason or a note', async () => {
    const { workspace, incidents } = await incidentsIn(random);
    const log = await incidents.begin({ ...leak, reason: `${leaked} was pasted, as base64 ${btoa(leaked)}` });
    await incidents.respond(log, quietly);
    const current = await workspace.secrets.get('app/token');
    await incidents.answer(log, 'review', { by: 'me', note: `it is ${current.expose()} now` });
    const text = `${JSON.stringify(log.now)}${incidentMarkdown(log.now, await log.facts())}`;
    for (const value of [leaked, btoa(leaked), current.expose()]) expect(text).not.toContain(value);
    expect(log.now.reason).toContain('was pasted');
  });

  test('does not count what it reads itself', async () => {
    const { incidents } = await incidentsIn(random);
    const log = await incidents.begin(leak);
    await incidents.respond(log, quietly);
    expect((await log.facts()).readers.map(({ did }) => did)).toEqual(['wrote']);
  });

  test('leaves to a person what nothing rotates, or only people do', async () => {
    for (const rotator of ['{}', '{ rotator: { guided: {} } }']) {
      const { incidents, workspace } = await incidentsIn(`secrets: { app/token: ${rotator} }`);
      const log = await incidents.begin(leak);
      await incidents.respond(log, quietly);
      expect(log.now.secrets).toMatchObject([{ state: 'manual' }]);
      expect((await workspace.secrets.get('app/token')).expose()).toBe(leaked);
    }
  });

  test('ends the rotation that is under way, and begins another one', async () => {
    const { incidents, workspace } = await incidentsIn(random);
    const { openRotations } = await import('./rotations.js');
    const rotations = await openRotations(workspace, { env: {} });
    const path = parsePath('app/token');
    const first = await rotations.rotate(path, 'start');
    const log = await incidents.begin(leak);
    await incidents.respond(log, quietly);
    expect(first.state).toBe('promoted');
    expect(log.now.secrets).toMatchObject([{ state: 'done' }]);
    expect(await rotations.status(path)).toMatchObject({ state: 'retired', incident: log.now.id });
  });

  test.each(['two\nlines', `esc${String.fromCharCode(27)}`, '', 'x'.repeat(501)])(
    'refuses the text %j',
    async (reason) => {
      const { incidents } = await incidentsIn(random);
      await expect(incidents.begin({ ...leak, reason })).rejects.toMatchObject({ code: 'invalid' });
      expect(await incidents.list()).toEqual([]);
    },
  );
});
