import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Laptop } from '../../system/cli.js';
import { AzureStandIn } from './azure-stand-in.js';

const canary = 'CANARY-4f1c9a';

let server: AzureStandIn;
let laptop: Laptop;

beforeAll(async () => {
  server = await AzureStandIn.start();
});
afterAll(() => server?.remove());

beforeEach(() => {
  server.clear();
  laptop = new Laptop();
  laptop.write('ca.pem', server.ca);
});
afterEach(() => laptop.remove());

/** Processes of their own: the official packages keep the identity of a process for as long as it runs. */
const run = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
  laptop.spawn(args, { env: { ...server.tokens.env, ...more } });
const ok = async (...args: readonly string[]) => {
  const ran = await run(args);
  expect(ran, args.join(' ')).toMatchObject({ status: 0 });
  return ran.stdout;
};

async function configure(link: string): Promise<void> {
  const own = `vault: "${server.address}", ca: ca.pem`;
  laptop.write('keyward.yaml', `environment: production\nproviders:\n  - azure: { ${own}${link} }\n  - env: {}\n`);
  await ok('trust', '--yes');
}

describe('Key Vault before the environment', () => {
  test('answers names with dashes as they were made, and what it lacks comes from the environment', async () => {
    await configure(', naming: dashes');
    server.state.seed('secret-key', { value: 'of-vault' });
    expect(await ok('get', 'secret_key')).toBe('of-vault');
    expect((await run(['get', 'jwt_secret'], { JWT_SECRET: 'of-environment' })).stdout).toBe('of-environment');
    expect((await run(['get', 'app/nowhere'])).status).toBe(3);
    expect(await ok('status')).toMatch(/healthy\s+azure/);
  });

  test('lets nothing through to the environment that was deleted or refused', async () => {
    await configure('');
    server.state.seed('app--token', { value: canary, enabled: false });
    const elsewhere = { APP_TOKEN: 'of-environment' };
    expect(await run(['get', 'app/token'], elsewhere)).toMatchObject({ status: 3, stdout: '' });
    const unknown = { ...elsewhere, IDENTITY_HEADER: 'wrong' };
    expect(await run(['get', 'app/token'], unknown)).toMatchObject({ status: 4, stdout: '' });
  });

  test('is changed by the commands, as far as it can be', async () => {
    await configure('');
    await ok('set', 'app/doc', 'a=1', 'b=2', '--meta', 'owner=trading');
    await ok('set', 'app/doc', 'b=3');
    expect(server.state.newest('app--doc')?.value).toBe('{"a":"1","b":"3"}');
    expect(server.state.newest('app--doc')?.tags).toEqual({ owner: 'trading' });
    const [current, previous] = (await ok('history', 'app/doc')).match(/\b[0-9a-f]{32}\b/g) ?? [];
    await ok('delete', 'app/doc');
    expect((await run(['get', 'app/doc'])).status).toBe(3);
    await ok('undelete', 'app/doc');
    const refused = await run(['set', 'app/doc', 'b=4', '--if-version', `${current}`]);
    expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining('has no check-and-set') });
    const destroyed = await run(['destroy', `app/doc@${previous}`, '--yes']);
    expect(destroyed).toMatchObject({ status: 2, stderr: expect.stringContaining('keyward purge app/doc') });
    await ok('purge', 'app/doc', '--yes');
    expect(await ok('list')).not.toContain('app/doc');
  });

  test('shows neither values nor tokens where the official packages report what they do', async () => {
    await configure('');
    server.state.seed('app--token', { value: canary });
    const { stdout, stderr } = await run(['get', 'app/token'], { AZURE_LOG_LEVEL: 'verbose' });
    expect(stdout).toBe(canary);
    expect(stderr).toContain('azure:');
    for (const secret of [canary, ...server.tokens.tokens]) expect(stderr).not.toContain(secret);
  });
});
