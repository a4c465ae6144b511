import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { entriesOf } from '../../src/testing/sink-under-test.js';
import { buildChildProgram, type ChildProgram } from '../child-program.js';
import { Laptop } from './cli.js';

const canary = 'canary-8f3b1d77c2';

let laptop: Laptop;
beforeEach(() => {
  laptop = new Laptop();
  laptop.write('.env', `JWT_SECRET=${canary}\n`);
});
afterEach(() => laptop.remove());

const configure = (audit: string) =>
  laptop.write('keyward.yaml', `environment: development\nproviders: [{dotenv: {}}]\naudit: ${audit}\n`);

describe('the access log of a program', () => {
  let program: ChildProgram;
  beforeAll(async () => {
    program = await buildChildProgram(
      ['src/compose/open-secrets.ts'],
      `import { openSecrets } from './modules.mjs';
       const secrets = await openSecrets();
       await secrets.get('app/jwt_secret');
       secrets.audit.apiCall({ service: 'exchange', endpoint: '/x', success: false, error: new Error('${canary}') });
       const end = process.argv[2];
       if (end === 'exit') process.exit(0);
       if (end === 'throw') throw new Error('end');
       if (end === 'close') await secrets.close();`,
    );
  });
  afterAll(() => program.dispose());

  test.each(['end', 'exit', 'throw', 'close'])('is whole, and on its output too, after the program %s', (end) => {
    configure('{ file: access.log, stdout: true, principal: bot }');
    const args = [program.path, end];
    const { stdout } = spawnSync(process.execPath, args, { cwd: laptop.project, env: laptop.environment() });
    const expected = [
      { event: 'access', principal: 'bot', path: 'app/jwt_secret', outcome: 'found' },
      { event: 'api_call', service: 'exchange', success: false },
    ];
    expect(entriesOf(laptop.read('access.log'))).toMatchObject(expected);
    expect(entriesOf(String(stdout))).toMatchObject(expected);
    expect(`${laptop.read('access.log')}${stdout}`).not.toContain(canary);
  });
});

describe('the access log of a command', () => {
  test('goes to standard error, so that its output is the value alone', async () => {
    configure('{ stdout: true }');
    const { stdout, stderr } = await laptop.run(['get', 'app/jwt_secret']);
    expect(stdout.trim()).toBe(canary);
    expect(entriesOf(stderr)).toMatchObject([{ path: 'app/jwt_secret', provider: 'dotenv' }]);
    expect(stderr).not.toContain(canary);
  });

  test('lies in the state folder unless the configuration names a file', async () => {
    configure('{ file: true }');
    await laptop.ok(['get', 'app/jwt_secret']);
    const file = join(laptop.home, '.local/state/keyward/access.log');
    expect(existsSync(file)).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('that cannot be written fails no command, and is said', async () => {
    configure('{ file: no-such-folder/access.log }');
    const { status, stderr } = await laptop.run(['get', 'app/jwt_secret']);
    expect(status).toBe(0);
    expect(stderr).toContain('the access log was not written');
  });

  test.each([
    ['{ level: info }', 'none of file'],
    ['{ http: "http://logs.example.com" }', 'https:'],
    ['{ http: "https://user:secret@logs.example.com" }', 'https:'],
    ['{ file: true, tokenFile: ./token }', 'tokenFile'],
    ['{ stdout: yes-please }', 'true'],
  ])('is refused as a whole when it is configured as %s', async (audit, problem) => {
    configure(audit);
    const { status, stderr } = await laptop.run(['get', 'app/jwt_secret']);
    expect(status).toBe(2);
    expect(stderr).toContain(problem);
    expect(stderr).not.toContain('secret@');
  });
});
