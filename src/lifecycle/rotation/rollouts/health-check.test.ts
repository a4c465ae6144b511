import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { systemClock } from '../../../core/clock.js';
import { execCheck, httpCheck } from './health-check.js';

test('consumers are well when the address answers with success, and no redirect is followed to it', async () => {
  const asked: string[] = [];
  const server = createServer(({ url = '' }, outgoing) => {
    asked.push(url);
    outgoing.writeHead(Number(url.slice(1)), { location: '/200' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const answer = (status: number) => httpCheck(`${origin}/${status}`, systemClock)();
  expect(await answer(204)).toBeUndefined();
  expect(await answer(503)).toBe('it answers with status 503');
  await expect(answer(302)).rejects.toMatchObject({ code: 'invalid' });
  server.close();
  expect(asked).toEqual(['/204', '/503', '/302']);
  await expect(answer(200)).rejects.toMatchObject({ code: 'unavailable' });
});

test('the metadata of a cloud is not asked', async () => {
  await expect(httpCheck('http://169.254.169.254/latest', systemClock)()).rejects.toMatchObject({ code: 'config' });
});

test('consumers are well when the program ends with 0', async () => {
  const context = { folder: '/', env: { PATH: process.env['PATH'] }, clock: systemClock, fieldsOf: async () => ({}) };
  const check = (script: string) => execCheck(['sh', '-c', script], context)();
  expect(await check('exit 0')).toBeUndefined();
  expect(await check('echo CANARY; exit 3')).toBe('it ended with status 3');
  expect(await check('kill -9 $$')).toBe('it was ended');
});
