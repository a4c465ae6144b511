import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ProxiedRequest } from '../../src/testing/fault-proxy.js';
import { type Sinks, searchFor } from '../system/canaries.js';
import { watchFiles } from './kept-laptop.js';
import { type NetworkedFault, networkedFaults } from './networked-faults.js';
import { kinds, NetworkedPlace } from './networked-place.js';
import { rotated } from './rotated.js';
import { levels } from './scenario.js';

interface Call {
  readonly args: readonly string[];
  readonly takesValue?: true;
  readonly shows?: true;
  /** Exit statuses when all is well; success, or an answer that is no. */
  readonly endsWith?: readonly number[];
}

/** Everything that asks a store or writes to it. */
export const networkedCalls: readonly Call[] = [
  { args: ['get', 'app/one'], shows: true },
  { args: ['get', 'app/two#field1'], shows: true },
  { args: ['get', 'app/one', '--no-values'] },
  { args: ['run', '--path', 'app', '--', 'true'] },
  { args: ['list', '--provider', 'target'] },
  { args: ['history', 'app/one', '--provider', 'target'] },
  { args: ['set', 'app/new'], takesValue: true },
  { args: ['explain', 'app/one'] },
  { args: ['status'] },
  { args: ['doctor'] },
  { args: ['export', '--no-values'] },
  { args: ['diff', '--from', 'target', '--to', 'keyward'] },
  { args: ['migrate', '--from', 'target', '--to', 'keyward', '--overwrite', '--yes'] },
  // What is written to a scripted store is not there when it is read back.
  { args: ['copy', 'held', '--from', 'keyward', '--to', 'target', '--yes'], endsWith: [8] },
  { args: ['sync', 'app', '--from', 'target', '--to', 'keyward', '--yes'] },
];

/** Requests that carry a value, in one direction or the other. */
function isOfValues({ path, headers }: ProxiedRequest): boolean {
  const target = String(headers['x-amz-target'] ?? '');
  return target === '' ? /\/data\/|\/secrets\/[^/?]+/.test(path) : /Get|Put|Create/.test(target);
}

export interface NetworkedTally {
  calls: number;
  callsInFaults: number;
  bytesSearched: number;
  leaks: number;
}

/** @param counts how many calls meet each fault, and at how many levels of output each call is made when all is well. */
export function describeNetworked(counts: { readonly calls: number; readonly levels: number }): NetworkedTally {
  const tally: NetworkedTally = { calls: 0, callsInFaults: 0, bytesSearched: 0, leaks: 0 };
  describe.each(kinds)('%s', (kind) => {
    let place: NetworkedPlace;
    beforeAll(async () => {
      place = await NetworkedPlace.start(kind);
      for (const [name, text] of Object.entries(place.access.processEnv ?? {})) vi.stubEnv(name, text);
    });
    afterEach(() => place.proxy.heal());
    afterAll(async () => {
      await place?.stop();
      vi.unstubAllEnvs();
    });

    const leaksOf = async (call: Call, at: number) => {
      const [level] = rotated(levels, at);
      const { sinks, status } = await perform(place, call, level?.options ?? [], level?.env ?? {});
      for (const { length } of sinks.values()) tally.bytesSearched += length;
      const leaks = searchFor(place.canaries())(sinks);
      tally.leaks += leaks.length;
      return { leaks, status, stderr: String(sinks.get('stderr')) };
    };

    test.each(networkedCalls)('$args', async (call) => {
      for (let at = 0; at < counts.levels; at += 1) {
        tally.calls += 1;
        const { leaks, status, stderr } = await leaksOf(call, at + networkedCalls.indexOf(call));
        expect(leaks).toEqual([]);
        expect(call.endsWith ?? [0, 1], stderr).toContain(status);
      }
    });

    const faults = networkedFaults.filter(({ isSlow }) => isSlow !== true || kind === 'vault');
    test.each(faults)('when $name', async (fault) => {
      const offset = networkedFaults.indexOf(fault) * 7 + kinds.indexOf(kind);
      const leaks: string[] = [];
      for (const [index, call] of rotated(networkedCalls, offset).slice(0, counts.calls).entries()) {
        for (const isEvery of counts.calls === 1 ? [offset % 2 === 0] : [true, false]) {
          await spoil(place, fault, isEvery);
          tally.callsInFaults += 1;
          const found = await leaksOf(call, offset + index + Number(isEvery));
          leaks.push(...found.leaks.map((leak) => `${call.args.join(' ')}: ${leak}`));
          expect(place.elsewhere.requests).toEqual([]);
        }
      }
      expect(leaks).toEqual([]);
      expect(Reflect.get({}, 'polluted')).toBeUndefined();
    });

    test('with every log of the packages switched on', async () => {
      const logs = {
        AZURE_LOG_LEVEL: 'verbose',
        GOOGLE_SDK_NODE_LOGGING: 'all',
        GRPC_VERBOSITY: 'DEBUG',
        GRPC_TRACE: 'all',
      };
      const env = { ...place.access.env, ...place.access.processEnv, ...logs, DEBUG: '*', KEYWARD_DEBUG: '1' };
      for (const args of [['get', 'app/one'], ['doctor']]) {
        const ran = await place.laptop.spawn(args, { env: { ...env, KEYWARD_CONFIG: place.config } });
        const stdout = args[1] === 'app/one' ? Buffer.alloc(0) : ran.bytes;
        const sinks = new Map([['stdout', stdout] as const, ['stderr', Buffer.from(ran.stderr)] as const]);
        expect(searchFor(place.canaries())(sinks)).toEqual([]);
        expect(ran.stderr).not.toContain('NodeVersionSupportWarning');
      }
    });

    test('is searched: a value and each credential are found where they are shown', async () => {
      const found = async (...args: readonly string[]) => {
        const { sinks } = await perform(place, { args }, [], {});
        return searchFor(place.canaries())(sinks).map((leak) => leak.split(/[:,]/, 2).join());
      };
      expect(await found('get', 'app/one')).toContainEqual(expect.stringContaining('stdout, value'));
      expect(await found('export', '--path', 'app/one', '--out', 'shown')).toContainEqual(
        expect.stringContaining('bot/shown, value'),
      );
      const credentials = place.canaries().filter(({ name }) => name === 'credential');
      expect(credentials.length).toBeGreaterThan(1);
      for (const { bytes } of credentials) {
        expect(await found('get', 'app/none', '--default', String(bytes))).toContainEqual(
          expect.stringContaining('stdout, credential'),
        );
        if (bytes.length < 99) expect(await found('get', 'app/one', `--${bytes}`)).toEqual([]);
        if (bytes.length < 99)
          expect(await found('get', `app/x${bytes}`)).toContainEqual(expect.stringContaining('stderr, credential'));
      }
    });
  });
  return tally;
}

function spoil(place: NetworkedPlace, fault: NetworkedFault, isEvery: boolean): Promise<void> {
  return place.proxy.script((request) => (isEvery || isOfValues(request) ? fault.of(place, request) : undefined));
}

async function perform(
  { laptop, access, given, config }: NetworkedPlace,
  { args, takesValue, shows }: Call,
  options: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ readonly sinks: Sinks; readonly status: number }> {
  const written = watchFiles(laptop);
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const ran = await laptop.run([...args.slice(0, end), ...options, ...args.slice(end)], {
    stdin: takesValue ? given : '',
    env: { ...access.env, ...env, KEYWARD_CONFIG: config },
  });
  const stdout = ran.status === 0 && shows ? Buffer.alloc(0) : ran.bytes;
  const sinks = new Map([['stdout', stdout] as const, ['stderr', Buffer.from(ran.stderr)] as const, ...written()]);
  return { sinks, status: ran.status };
}
