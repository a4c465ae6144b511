import { describe, expect, test } from 'vitest';
import { KeywardError } from '../../core/errors.js';
import { rejected } from '../../core/provider-read.contract.js';
import { FakeClock } from '../../testing/fake-clock.js';
import type { SignedIn } from './sign-in.js';
import { readMembers } from './vault-answer.js';
import { VaultSession } from './vault-session.js';
import { vaultSettings } from './vault-settings.js';
import { type VaultRequest, VaultTransport } from './vault-transport.js';

const minute = 60_000;
const hour = 60 * minute;

/** A server that answers what it is told to, and a way to sign in that gives t1, t2 … */
function setUp(signedIn: Partial<SignedIn> = { lifetimeMs: hour, isRenewable: true }) {
  const clock = new FakeClock();
  const log: string[] = [];
  let count = 0;
  const state = {
    answer: '{"request_id":"r","auth":{"lease_duration":3600,"renewable":true}}',
    status: 200,
    error: undefined as KeywardError | undefined,
  };
  class Scripted extends VaultTransport {
    override async send({ path }: VaultRequest, token?: string) {
      log.push(`${path} ${token}`);
      if (state.error !== undefined) throw state.error;
      return { status: state.status, members: readMembers(new TextEncoder().encode(state.answer)) ?? new Map() };
    }
  }
  const settings = vaultSettings({ address: 'https://vault.example.com' }, {}, 'vault');
  const transport = new Scripted(settings, 'vault', clock);
  const signIn = {
    signIn: async (): Promise<SignedIn> => {
      count += 1;
      log.push(`sign in ${count}`);
      return { token: `t${count}`, lifetimeMs: undefined, isRenewable: false, ...signedIn };
    },
  };
  return { clock, log, state, session: new VaultSession({ transport, signIn, clock, random: () => 0.5 }) };
}

describe('a token', () => {
  test('is made once for all who ask at the same time', async () => {
    const { session, log } = setUp();
    const tokens = await Promise.all(Array.from({ length: 50 }, () => session.token()));
    expect(new Set(tokens)).toEqual(new Set(['t1']));
    expect(log).toEqual(['sign in 1']);
  });

  test('is renewed at two thirds of its life, again and again', async () => {
    const { session, log, clock } = setUp();
    await session.token();
    await clock.advance(39 * minute);
    expect(log).toEqual(['sign in 1']);
    await clock.advance(minute);
    expect(log).toEqual(['sign in 1', 'auth/token/renew-self t1']);
    await clock.advance(2 * hour);
    expect(await session.token()).toBe('t1');
    expect(log.filter((entry) => entry.startsWith('sign in'))).toHaveLength(1);
  });

  test('that reaches the end of what its role permits is replaced when it has ended', async () => {
    const { session, log, clock, state } = setUp();
    await session.token();
    state.answer = '{"request_id":"r","auth":{"lease_duration":1200,"renewable":true}}';
    await clock.advance(59 * minute);
    expect(await session.token()).toBe('t1');
    await clock.advance(minute);
    expect(await session.token()).toBe('t2');
    expect(log.filter((entry) => entry.startsWith('auth/token/renew-self t1'))).toHaveLength(1);
  });

  test('that cannot be renewed during an outage is tried again until its end', async () => {
    const { session, log, clock, state } = setUp();
    await session.token();
    state.error = new KeywardError('unavailable', 'down');
    await clock.advance(50 * minute);
    const tries = log.filter((entry) => entry.includes('renew-self')).length;
    expect(tries).toBeGreaterThan(5);
    state.error = undefined;
    await clock.advance(5 * minute);
    expect(await session.token()).toBe('t1');
    await clock.advance(30 * minute);
    expect(await session.token()).toBe('t1');
  });

  test('that may not be renewed is replaced by signing in again when it has ended', async () => {
    const { session, log, clock } = setUp({ lifetimeMs: hour, isRenewable: false });
    await session.token();
    await clock.advance(hour);
    expect(await session.token()).toBe('t2');
    expect(log).toEqual(['sign in 1', 'sign in 2']);
  });

  test('of unknown life is looked up after a while, and then renewed', async () => {
    const { session, log, clock, state } = setUp({});
    state.answer = '{"request_id":"r","data":{"ttl":3600,"renewable":true}}';
    await session.token();
    await clock.advance(29_000);
    expect(log).toEqual(['sign in 1']);
    await clock.advance(1_000);
    expect(log).toEqual(['sign in 1', 'auth/token/lookup-self t1']);
    await clock.advance(41 * minute);
    expect(log.at(-1)).toBe('auth/token/renew-self t1');
  });

  test('that is refused is replaced once, and not when signing in gives the same', async () => {
    const { session } = setUp();
    const first = await session.token();
    expect(await Promise.all([session.replace(first), session.replace(first)])).toEqual(['t2', 't2']);
    const same = setUp({ token: 'same', lifetimeMs: hour });
    await same.session.token();
    expect(await same.session.replace('same')).toBeUndefined();
    expect(await same.session.token()).toBe('same');
  });

  test('is asked for in vain by a caller who gives up, and serves the others', async () => {
    const { session } = setUp();
    const controller = new AbortController();
    const given = session.token(controller.signal);
    const other = session.token();
    controller.abort();
    await rejected(given, 'timeout');
    expect(await other).toBe('t1');
  });

  test('is renewed no more after the session is closed', async () => {
    const { session, log, clock } = setUp();
    await session.token();
    session.close();
    await clock.advance(2 * hour);
    expect(log).toEqual(['sign in 1']);
  });
});
