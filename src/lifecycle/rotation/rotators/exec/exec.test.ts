import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../../core/clock.js';
import type { RotationKind } from '../../../../core/rotator-settings.js';
import { Secret } from '../../../../core/secret.js';
import { FakeClock } from '../../../../testing/fake-clock.js';
import { type TemporaryFolder, temporaryFolder } from '../../../../testing/temporary-folder.js';
import { rotatorContract } from '../rotator.contract.js';
import { createExecRotator, type ExecOptions } from './exec.js';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const initial = new Map([['password', Secret.fromText('first')]]);

/** A service with a file of the passwords that it takes. */
const program = `
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
const [kind] = process.argv.slice(2);
const { step, to, from } = JSON.parse(readFileSync(0, 'utf8'));
const accepted = new Set(readFileSync('accepted', 'utf8').split(' '));
if (step === 'generate') console.log(JSON.stringify({ password: randomUUID() }));
if (step === 'set') { if (kind === 'swap') accepted.clear(); accepted.add(to.password); }
if (step === 'revoke') accepted.delete(from.password);
if (step === 'test' && !accepted.has(to.password)) process.exit(3);
writeFileSync('accepted', [...accepted].join(' '));
`;

const rotatorOf = (command: readonly string[], change: Partial<ExecOptions> = {}) =>
  createExecRotator({
    command,
    kind: 'overlap',
    path: 'app/password',
    timeoutMs: 30_000,
    folder: folder.path(''),
    env: { PATH: process.env['PATH'] },
    clock: systemClock,
    ...change,
  });
const script = (text: string) => rotatorOf(['sh', '-c', text]);

for (const kind of ['overlap', 'swap'] as readonly RotationKind[]) {
  rotatorContract({ describe, test, skip: test.skip }, `a program (${kind})`, async () => {
    folder.write('rotate.mjs', program);
    writeFileSync(folder.path('accepted'), 'first');
    return { subject: { rotator: rotatorOf([process.execPath, 'rotate.mjs', kind], { kind }), initial } };
  });
}

describe('the program', () => {
  test('gets step, path and credentials on standard input, and nothing in its arguments and environment', async () => {
    const rotator = script('cat > input; env > environment; tr "\\0" " " < /proc/$$/cmdline > arguments');
    await rotator.set({ from: initial, to: new Map([['password', Secret.fromText('CANARY')]]) });
    const { readFileSync } = await import('node:fs');
    expect(JSON.parse(readFileSync(folder.path('input'), 'utf8'))).toEqual({
      step: 'set',
      path: 'app/password',
      from: { password: 'first' },
      to: { password: 'CANARY' },
    });
    const seen = readFileSync(folder.path('environment'), 'utf8') + readFileSync(folder.path('arguments'), 'utf8');
    expect(seen).not.toContain('CANARY');
    expect(seen).not.toContain('HOME=');
  });

  test('says no by status 3 alone; everything else leaves open what happened', async () => {
    const code = (rotator: ReturnType<typeof script>) => rotator.test(initial).catch((error) => error.code);
    expect(await code(script('exit 3'))).toBe('unauthenticated');
    expect(await code(script('exit 1'))).toBe('unavailable');
    expect(await code(script('kill -9 $$'))).toBe('unavailable');
    expect(await code(rotatorOf(['./nothing']))).toBe('config');
    await expect(script('exit 3').set({ from: undefined, to: initial })).rejects.toMatchObject({ code: 'invalid' });
  });

  test('that does not end in time is ended', async () => {
    const clock = new FakeClock();
    const answer = rotatorOf(['sleep', '60'], { clock }).test(initial);
    const settled = expect(answer).rejects.toMatchObject({ code: 'timeout' });
    await clock.advance(30_000);
    await settled;
  });

  test.each([
    '',
    'CANARY',
    '[]',
    '{}',
    '{"password":1}',
    '{"password":""}',
    '{"a b\\u0000":"CANARY"}',
    '{"a":"CANARY"',
  ])('that prints no credential is refused without repeating it: %s', async (text) => {
    folder.write('printed', text);
    const error = await script('cat printed')
      .generate(undefined)
      .catch((thrown) => thrown);
    expect(error.code).toBe('config');
    expect(`${error.message}${error.advice}${error.stack}`).not.toContain('CANARY');
  });
});
