import { isKeywardError, type KeywardError } from '../../core/errors.js';
import type { Finding } from '../../core/finding.js';
import { type Inventory, type InventoryEntry, refsOf } from '../../core/inventory.js';
import type { Diagnosis, Needs, Provider } from '../../core/provider.js';
import { formatRef, type Ref } from '../../core/ref.js';
import type { Secret } from '../../core/secret.js';
import { valueFindings } from './value-findings.js';

/** One link of the chain, as far as it was looked at. */
export interface ExaminedLink {
  readonly provider: string;
  readonly kind: string;
  /** Who the store takes us for; absent where it does not say. */
  readonly identity?: string | undefined;
  readonly findings: readonly Finding[];
}

/** Every value that the inventory lists: secrets, and the fields of documents. */
export function listedRefs(inventory: Inventory): readonly Ref[] {
  return [...inventory.values()].flatMap(refsOf);
}

/** Looks at each link by itself, so that one that is down hides nothing about the others. */
export async function examineLinks(
  links: readonly { readonly provider: Provider; readonly needs: Needs }[],
): Promise<readonly ExaminedLink[]> {
  return Promise.all(
    links.map(async ({ provider, needs }) => {
      const { name, kind } = provider;
      const { status, findings } = await provider.health();
      // Whoever is not let in says so in its health already.
      const diagnosis: Diagnosis = status === 'healthy' ? await diagnosed(provider, needs) : { findings: [] };
      return { provider: name, kind, identity: diagnosis.identity, findings: [...findings, ...diagnosis.findings] };
    }),
  );
}

async function diagnosed(provider: Provider, needs: Needs): Promise<Diagnosis> {
  try {
    return (await provider.diagnose?.(needs)) ?? { findings: [] };
  } catch (error) {
    if (!isKeywardError(error)) throw error;
    return { findings: [findingOf(provider.name, error)] };
  }
}

/** What the answers to the inventory's questions show: what is missing or refused, and slips in what is there. */
export function answerFindings(
  inventory: Inventory,
  answers: ReadonlyMap<string, Secret | KeywardError>,
): readonly Finding[] {
  return listedRefs(inventory).flatMap((ref) => {
    const where = formatRef(ref);
    const answer = answers.get(where);
    if (answer === undefined) return [];
    if (!isKeywardError(answer)) return valueFindings(where, answer);
    const isOptional = answer.code === 'not_found' && !isRequired(inventory.get(ref.path));
    return isOptional ? [] : [findingOf(where, answer)];
  });
}

function isRequired(entry: InventoryEntry | undefined): boolean {
  return entry?.required ?? true;
}

function findingOf(where: string, { message, advice }: KeywardError): Finding {
  return { severity: 'error', where, cause: message, fix: advice };
}
