import type { WireFault } from '../../src/core/provider-faults.contract.js';
import type { ProxiedRequest } from '../../src/testing/fault-proxy.js';
import type { NetworkedPlace } from './networked-place.js';

export interface NetworkedFault {
  readonly name: string;
  /** Of which only servers with a short patience are told, in the time of a test. */
  readonly isSlow?: true;
  of(place: NetworkedPlace, request: ProxiedRequest): WireFault;
}

const json = { 'content-type': 'application/json' };

/** Everything that a server knows, for each field in which one of the services says what is wrong. */
function echo({ texts, given }: NetworkedPlace, { headers, path }: ProxiedRequest): Readonly<Record<string, unknown>> {
  const known = [...Object.values(headers).flat(), path, ...texts, given].join(' ');
  const inner = {
    code: known,
    message: known,
    status: known,
    details: [{ reason: known }],
    innererror: { code: known },
  };
  const names = ['message', 'Message', '__type', 'code', 'reason', 'request_id', 'id', 'type', 'name', 'Name'];
  const said = Object.fromEntries(names.map((name) => [name, known]));
  return { ...said, errors: [known], warnings: [known], data: { error: known }, error: inner, details: inner };
}

const echoed = (status: number, more: object = {}, headers: Readonly<Record<string, string>> = {}) => ({
  of: (place: NetworkedPlace, request: ProxiedRequest): WireFault => ({
    kind: 'answer',
    status,
    headers: { ...json, ...headers },
    body: JSON.stringify({ ...echo(place, request), ...more }),
  }),
});

const denial = {
  __type: 'AccessDeniedException',
  kind: 'Status',
  reason: 'Forbidden',
  errors: ['permission denied'],
};
const hostile = '{"__proto__":{"data":{"value":"x"}},"constructor":{"prototype":{"polluted":true}},"kind":"Secret"}';

/** What becomes of the requests; each answer says all that the server knows, wherever it can say anything. */
export const networkedFaults: readonly NetworkedFault[] = [
  { name: 'permission is refused', ...echoed(403, denial) },
  { name: 'permission is refused in other words', ...echoed(403) },
  { name: 'the credential is refused', ...echoed(401, { kind: 'Status', reason: 'Unauthorized' }) },
  { name: 'the server asks for patience', ...echoed(429, {}, { 'retry-after': '3600' }) },
  { name: 'the server fails', ...echoed(500) },
  { name: 'the request is refused', ...echoed(400) },
  { name: 'nothing is there', ...echoed(404) },
  { name: 'another form is answered', ...echoed(200) },
  { name: 'an object of an unknown kind is answered', ...echoed(200, { kind: 'Secret', metadata: { name: {} } }) },
  { name: 'the connection is reset', of: () => ({ kind: 'reset' }) },
  { name: 'the answer breaks off', of: () => ({ kind: 'truncate' }) },
  { name: 'the answer has no end', of: () => ({ kind: 'flood' }) },
  { name: 'the answer never goes on', isSlow: true, of: () => ({ kind: 'drip' }) },
  {
    name: 'names mean something to JavaScript',
    of: () => ({ kind: 'answer', status: 200, headers: json, body: hostile }),
  },
  {
    name: 'what comes back is no HTTP',
    of: (place, request) => ({ kind: 'garbage', text: `${JSON.stringify(echo(place, request))}\r\n\r\n` }),
  },
  {
    name: 'a page comes back',
    of: (place, request) => ({
      kind: 'answer',
      status: 200,
      headers: { 'content-type': 'text/html' },
      body: `<!doctype html><p>${JSON.stringify(echo(place, request))}</p>`,
    }),
  },
  {
    name: 'another server is pointed at',
    of: ({ elsewhere, texts }, { headers }) => {
      const known = encodeURIComponent([...Object.values(headers).flat(), texts[1]].join(' '));
      return { kind: 'answer', status: 307, headers: { location: `${elsewhere.address}/${known}` } };
    },
  },
];
