import { afterAll, beforeAll, expect, test } from 'vitest';
import { Laptop } from '../../system/cli.js';
import { Drongo } from './drongo.js';
import { putSecret } from './gcp-fixture.js';
import { GcpFront } from './gcp-front.js';

let server: Drongo;
let front: GcpFront;
let laptop: Laptop;

beforeAll(async () => {
  server = await Drongo.start();
  front = await GcpFront.start(server.address);
  laptop = new Laptop();
});
afterAll(async () => {
  laptop?.remove();
  await front?.stop();
  await server?.remove();
});

test('the command line reads, writes, notes, lists, deletes and undeletes secrets of Secret Manager', async () => {
  const link = `{ project: bot, endpoint: "${front.address}", prefix: "bot/{env}" }`;
  laptop.write('keyward.yaml', `environment: development\nproviders:\n  - gcp: ${link}\n  - env: {}\n`);
  await laptop.ok(['trust', '--yes']);
  await putSecret(front.address, 'projects/bot', 'bot--development--app--token', Buffer.from('of-gcloud'));
  const get = async (path: string) =>
    (await laptop.run(['get', path], { env: { APP_TOKEN: 'of-environment' } })).stdout;
  expect(await get('app/token')).toBe('of-gcloud');
  await laptop.ok(['set', 'exchange/kraken', 'api_key=-', '--meta', 'owner=trading'], { stdin: 'first' });
  await laptop.ok(['set', 'exchange/kraken', 'api_secret=-', '--meta', 'purpose=orders'], { stdin: 'second' });
  expect([await get('exchange/kraken/api_key'), await get('exchange/kraken#api_secret')]).toEqual(['first', 'second']);
  const history = JSON.parse((await laptop.ok(['history', 'exchange/kraken', '--json'])).stdout);
  expect(history.metadata).toEqual({ owner: 'trading', purpose: 'orders' });
  expect(history.versions.map(({ number }: { number: number }) => number)).toEqual([2, 1]);
  expect((await laptop.ok(['list', '--provider', 'gcp'])).stdout).toMatch(/app\/token[\s\S]*exchange\/kraken/);
  await laptop.ok(['delete', 'app/token']);
  expect(await laptop.run(['get', 'app/token'], { env: { APP_TOKEN: 'of-environment' } })).toMatchObject({
    status: 3,
    stdout: '',
  });
  await laptop.ok(['undelete', 'app/token']);
  expect(await get('app/token')).toBe('of-gcloud');
  expect((await laptop.ok(['status'])).stdout).toMatch(/healthy\s+gcp/);
});
