import { guardedAddresses } from '../../../clients/guarded-addresses.js';
import { HttpClient } from '../../../clients/http/http-client.js';
import { parseServerAddress } from '../../../clients/http/origin.js';
import { inTime } from '../../../clients/in-time.js';
import type { Clock } from '../../../core/clock.js';
import type { RolloutContext } from './rollout-kind.js';
import type { HealthCheck } from './run-rollouts.js';
import { runTool } from './run-tool.js';

const timeoutMs = 5_000;
const maxBytes = 1024 * 1024;

/** Consumers are well when the address answers with a status of 2xx. Nothing is sent to it, and no redirect followed. */
export function httpCheck(url: string, clock: Clock): HealthCheck {
  const store = 'check.http';
  // A question without a credential.
  const address = parseServerAddress(url, store, true);
  const ask = async () => {
    const addresses = await guardedAddresses(address.hostname, store);
    const http = new HttpClient({
      store,
      address,
      addresses,
      caSetting: 'NODE_EXTRA_CA_CERTS',
      maxRedirects: 0,
      clock,
    });
    return http.request({ method: 'GET', path: '', timeoutMs, maxBytes }).finally(() => http.close());
  };
  return async () => {
    const { status } = await inTime(ask(), { store, clock, timeoutMs });
    return status >= 200 && status < 300 ? undefined : `it answers with status ${status}`;
  };
}

/** Consumers are well when the program ends with status 0. */
export function execCheck(command: readonly string[], context: RolloutContext): HealthCheck {
  const name = `check ${command[0]}`;
  return async () => {
    const { status, output } = await runTool({ command, name }, context);
    output.fill(0);
    return status === 0 ? undefined : `it ${status === undefined ? 'was ended' : `ended with status ${status}`}`;
  };
}
