import type { Clock } from '../core/clock.js';
import { KeywardError, toKeywardError } from '../core/errors.js';
import type { Observer } from '../core/observer.js';
import type { ProviderHealth } from '../core/provider.js';
import { versionKey } from '../core/version.js';
import { isOutage } from './failures.js';
import { type Link, mayStandIn, type Place, servesPlace } from './link.js';
import type { LinkHealth } from './secrets.js';
import type { StoreReader } from './store-reader.js';
import { within } from './within.js';

/** What a look at the links needs: the place that is read in each, and how long each may take. */
export interface Probe {
  readonly place: Place;
  readonly clock: Clock;
  readonly deadlineMs: number;
  readonly observer: Observer;
  readonly reader: (link: Link) => StoreReader;
}

/**
 * What the store says of itself, and how it answers a real read: a probe that is absent or refused shows a store that
 * works. Never throws.
 */
export async function linkHealth(link: Link, probe: Probe): Promise<LinkHealth> {
  const { name, kind } = link.provider;
  const [own, result] = await Promise.all([ownHealth(link, probe), readProbe(link, probe)]);
  const seen = { provider: name, kind, probe: result.outcome };
  if (result.outcome === 'failed') {
    return { ...seen, status: 'unhealthy', findings: [...own.findings, ...unhealthy(name, result.error).findings] };
  }
  if (result.outcome !== 'denied' || own.status === 'unhealthy') return { ...seen, ...own };
  const { path } = probe.place.ref;
  const finding = {
    severity: 'info' as const,
    where: name,
    cause: `healthy, but reading the probe path ${path} is denied`,
    fix: `Allow ${name} to be read at ${path}, where nothing needs to be, for a complete check.`,
  };
  return { ...seen, status: 'healthy', findings: [...own.findings, finding] };
}

/**
 * Connects every link. A link must answer unless the next one may stand in for it, and what would stop the chain stops
 * here too.
 *
 * @throws KeywardError `unavailable` and the like, of the first link that must answer and does not.
 */
export async function checkReady(links: readonly Link[], isProduction: boolean, probe: Probe): Promise<void> {
  const errors = await Promise.all(links.map((link) => connect(link, probe)));
  for (const [index, link] of links.entries()) {
    const error = errors[index];
    const next = links[index + 1];
    if (error === undefined) continue;
    const isCovered = isOutage(error) && next !== undefined && mayStandIn(next, link, isProduction);
    if (!isCovered) throw error;
  }
}

/** Why the link does not answer; asks for its own health where it does not serve the probe path. */
async function connect(link: Link, probe: Probe): Promise<KeywardError | undefined> {
  const result = await readProbe(link, probe);
  if (result.outcome === 'failed') return result.error;
  if (result.outcome !== 'not probed') return undefined;
  const { status, findings } = await ownHealth(link, probe);
  if (status === 'healthy') return undefined;
  const { name } = link.provider;
  const causes = findings.map((finding) => finding.cause).join('; ');
  return new KeywardError('unavailable', `${name} says that it is unhealthy: ${causes}`, { store: name });
}

type ProbeResult =
  | { readonly outcome: Exclude<LinkHealth['probe'], 'failed'> }
  | { readonly outcome: 'failed'; readonly error: KeywardError };

async function readProbe(link: Link, { place, clock, observer, reader }: Probe): Promise<ProbeResult> {
  if (!servesPlace(link, place)) return { outcome: 'not probed' };
  const provider = link.provider.name;
  const startedMs = clock.monotonic();
  const read = await reader(link)
    .read(place)
    .catch((cause: unknown) => toKeywardError(cause, `reading ${place.ref.path} from ${provider}`));
  const isError = read instanceof KeywardError;
  observer.access({
    path: place.ref.path,
    provider,
    outcome: isError ? read.code : read === undefined ? 'absent' : 'found',
    version: isError ? undefined : read?.version && versionKey(read.version),
    cached: false,
    degraded: false,
    durationMs: clock.monotonic() - startedMs,
  });
  if (!isError) return { outcome: read === undefined ? 'absent' : 'read' };
  if (read.code === 'denied') return { outcome: 'denied' };
  return read.code === 'deleted' ? { outcome: 'absent' } : { outcome: 'failed', error: read };
}

async function ownHealth({ provider }: Link, { clock, deadlineMs }: Probe): Promise<ProviderHealth> {
  const { name } = provider;
  const late = () => new KeywardError('timeout', `${name} did not say how it is in time`, { store: name });
  try {
    return await within(clock, deadlineMs, new AbortController().signal, late, async (signal) =>
      provider.health({ signal }),
    );
  } catch (cause) {
    return unhealthy(name, toKeywardError(cause, `asking ${name} for its health`));
  }
}

function unhealthy(where: string, error: KeywardError): ProviderHealth {
  const finding = { severity: 'error' as const, where, cause: `${error.code}: ${error.message}`, fix: error.advice };
  return { status: 'unhealthy', findings: [finding] };
}
