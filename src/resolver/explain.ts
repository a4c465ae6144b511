import type { DerivedTemplate } from '../core/derived-template.js';
import { toKeywardError } from '../core/errors.js';
import type { Inventory } from '../core/inventory.js';
import { formatRef, type Ref } from '../core/ref.js';
import { Secret } from '../core/secret.js';
import { describeFound } from './chain.js';
import { derivedOrigin, placesOfParts, refuseFieldOrVersion } from './derive.js';
import { type AskedLink, type Link, type Place, servesPlace } from './link.js';
import type { Answer, Found, Question } from './question.js';
import type { ExplainStep, Explanation } from './secrets.js';
import { placesOf, takeOut } from './shape.js';
import type { StoreReader } from './store-reader.js';

export interface ExplainTools {
  readonly links: readonly Link[];
  /** Runs the question through the chain past the cache. */
  readonly ask: (note: (link: AskedLink, outcome: ExplainStep['outcome'], reason: string) => void) => Promise<Answer>;
  readonly reader: (link: Link) => StoreReader;
}

/**
 * Where the value of the ref comes from and why, store by store, with everything else that the same name would find.
 * Reads every store, answers no value.
 */
export async function explain(ref: Ref, question: Question, tools: ExplainTools): Promise<Explanation> {
  const steps = new Map<AskedLink, ExplainStep>();
  const note = (link: AskedLink, outcome: ExplainStep['outcome'], reason: string) => {
    steps.set(link, { provider: link.provider.name, kind: link.provider.kind, outcome, reason });
  };
  let answer: Answer | undefined;
  let end: string;
  try {
    answer = await tools.ask(note);
    end = `${answer.provider} answers before it`;
  } catch (error) {
    end = toKeywardError(error, `explaining ${question.title}`).message;
  }
  for (const link of tools.links) {
    if (steps.has(link)) continue;
    const isServed = question.places.some((place) => servesPlace(link, place));
    note(link, 'not asked', isServed ? end : 'its `serves` does not cover this path');
  }
  const shadowed = answer === undefined ? [] : await findShadowed(ref, answer, tools);
  return {
    name: question.title,
    steps: tools.links.flatMap((link) => steps.get(link) ?? []),
    ...(answer === undefined ? {} : { answeredBy: answer.provider }),
    shadowed,
  };
}

/** What a secret that is made of others is made of, each part explained by itself. */
export async function explainDerived(
  ref: Ref,
  template: DerivedTemplate,
  inventory: Inventory,
  explainPart: (name: string) => Promise<Explanation>,
): Promise<Explanation> {
  refuseFieldOrVersion(ref);
  const names = new Set([...placesOfParts(template, inventory).values()].map(formatRef));
  const parts = await Promise.all([...names].map(explainPart));
  return {
    name: formatRef(ref),
    steps: [],
    parts,
    ...(parts.every(({ answeredBy }) => answeredBy !== undefined) ? { answeredBy: derivedOrigin } : {}),
    shadowed: [],
  };
}

async function findShadowed(ref: Ref, answer: Answer, { links, reader }: ExplainTools): Promise<readonly string[]> {
  const named = ref.field === undefined ? Object.values(placesOf(ref)) : [{ ref, name: ref.path }];
  const places = named.filter((place) => place !== undefined);
  const shadowed = links.map(async (link) => {
    const { name, traits } = link.provider;
    const answered = name === answer.provider ? [answer] : [];
    const others = places.filter((place) => !answered.some((found) => isAt(place, found)));
    const reads = others.map(async (place) => takeOut(place, await reader(link).read(place)));
    const results = await Promise.allSettled(reads);
    const finds = results.flatMap((result) => (result.status === 'fulfilled' ? (result.value ?? []) : []));
    const distinct = traits.managed ? finds : withoutRepeats(finds, answered);
    return distinct.map((found) => `${name}: ${describeFound(found)}`);
  });
  return (await Promise.all(shadowed)).flat();
}

/** In the environment and in files both shapes of a name are one variable: nothing more is found there. */
function withoutRepeats(finds: readonly Found[], before: readonly Found[]): readonly Found[] {
  return finds.filter((found, index) => {
    const earlier = [...before, ...finds.slice(0, index)];
    return !earlier.some(({ payload }) => Secret.of(payload).equals(Secret.of(found.payload)));
  });
}

function isAt(place: Place, { ref }: Answer): boolean {
  return place.ref.path === ref.path && place.ref.field === ref.field;
}
