import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ChildPrograms } from './child.js';
import { Home } from './home.js';
import { acknowledgedVersions, type Inspection, inspectionProblems } from './inspection.js';
import { assertProgram } from './needed-program.js';

let programs: ChildPrograms;
let home: Home;
beforeAll(async () => {
  assertProgram('faketime', 'faketime');
  programs = await ChildPrograms.build();
});
afterAll(() => programs.remove());
beforeEach(() => {
  home = Home.withStore();
});
afterEach(() => home.remove());

const at = (offset: string) => ['faketime', '-f', offset];
const year = 365 * 86_400;

describe('a clock that jumps by years between processes, there and back', () => {
  test('loses no version, keeps their order, and breaks neither the log, the anchor nor recovery', async () => {
    const offsets = [0, -year, year, -10 * year, 0];
    const written = [];
    for (const [writer, offset] of offsets.entries()) {
      const child = programs.start('write', home, [String(writer), '2', '2'], at(`${offset >= 0 ? '+' : ''}${offset}`));
      expect(await child.ended, child.stderr).toBe(0);
      written.push(...child.reports);
    }
    const found = await programs.start('inspect', home).result<Inspection>();
    expect(inspectionProblems(found, acknowledgedVersions(written))).toEqual([]);
    expect(acknowledgedVersions(written).size).toBe(2 * offsets.length);
    const { stdout } = home.keyward(['audit', 'verify']);
    expect(stdout).toMatch(/^ok: /);
    expect(home.keyward(['list']).stderr).not.toMatch(/older than its anchor/);
  });

  test('lets no secret seem older or newer than its number says, and cannot make a version current again', () => {
    const set = (value: string, offset: string) => home.keyward(['set', 'app/jwt_secret'], value, at(offset));
    for (const [value, offset] of [
      ['first', '+0'],
      ['second', `-${year}`],
      ['third', `+${year}`],
    ] as const) {
      expect(set(value, offset).status).toBe(0);
    }
    for (const offset of [`-${year}`, '+0', `+${2 * year}`]) {
      const { status, stdout, stderr } = home.keyward(['get', 'app/jwt_secret', '--reveal'], '', at(offset));
      expect(status, stderr).toBe(0);
      expect(stdout.trim()).toBe('third');
    }
    const history = JSON.parse(home.keywardSucceeds(['history', 'app/jwt_secret', '--json']));
    expect(JSON.stringify(history)).toMatch(/3.*2.*1/s);
  });

  test('does not revive an intent whose process is gone, and closes each once', async () => {
    const child = programs.start('write', home, ['0', '3'], at(`+${year}`));
    await child.until((reports) => reports.filter((report) => 'acknowledged' in report).length >= 4);
    child.kill('SIGKILL');
    await child.ended;
    const inspector = programs.start('inspect', home, [], at(`-${year}`));
    const found = await inspector.result<Inspection>();
    expect(inspectionProblems(found, acknowledgedVersions(child.reports))).toEqual([]);
  });
});
