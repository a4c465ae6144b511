import { KeywardError } from '../core/errors.js';
import type { CallOptions } from '../core/provider.js';
import type { Ref } from '../core/ref.js';
import type { SecretVersion } from '../core/version.js';
import type { AskedLink } from './link.js';

type Result = SecretVersion | undefined | KeywardError;

interface Waiting {
  readonly refs: readonly Ref[];
  readonly signal: AbortSignal | undefined;
  readonly resolve: (results: readonly Result[]) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * The links with the reads of one turn of the event loop gathered into one batch per store, where the store has a batch
 * read. `known` holds what was made for links before, so that several questions share it.
 */
export function batchedLinks(links: readonly AskedLink[], known: Map<AskedLink, AskedLink>): readonly AskedLink[] {
  return links.map((link) => {
    const { provider } = link;
    const batched =
      known.get(link) ??
      (provider.capabilities.has('readMany') ? { ...link, provider: batchedProvider(provider) } : link);
    known.set(link, batched);
    return batched;
  });
}

function batchedProvider(provider: AskedLink['provider']): AskedLink['provider'] {
  let waiting: Waiting[] = [];
  const gather = (refs: readonly Ref[], call: CallOptions | undefined) =>
    new Promise<readonly Result[]>((resolve, reject) => {
      if (waiting.length === 0) {
        setImmediate(() => {
          const batch = waiting;
          waiting = [];
          void readBatch(provider, batch);
        });
      }
      waiting.push({ refs, signal: call?.signal, resolve, reject });
    });
  const { name, kind, traits, capabilities } = provider;
  return {
    name,
    kind,
    traits,
    capabilities,
    readMany: gather,
    async read(ref, call) {
      const [result] = await gather([ref], call);
      if (result instanceof KeywardError) throw result;
      return result;
    },
  };
}

/** Who waits has a time limit of its own; the call itself is given up when nobody waits any more. */
async function readBatch(provider: AskedLink['provider'], waiting: readonly Waiting[]): Promise<void> {
  const batch = waiting.filter(({ signal }) => signal?.aborted !== true);
  if (batch.length === 0) return;
  const controller = new AbortController();
  let patient = batch.length;
  for (const { signal } of batch) {
    signal?.addEventListener('abort', () => {
      patient -= 1;
      if (patient === 0) controller.abort(signal.reason);
    });
  }
  const refs = batch.flatMap((one) => one.refs);
  try {
    const results = await provider.readMany(refs, { signal: controller.signal });
    if (results.length !== refs.length) throw miscounted(provider.name, results.length, refs.length);
    let at = 0;
    for (const { refs: own, resolve } of batch) {
      resolve(results.slice(at, at + own.length));
      at += own.length;
    }
  } catch (error) {
    for (const { reject } of batch) reject(error);
  }
}

function miscounted(store: string, answers: number, reads: number): KeywardError {
  return new KeywardError('invalid', `${store} answered ${answers} of ${reads} reads`, { store });
}
