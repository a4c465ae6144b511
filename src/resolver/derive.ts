import { type DerivedPart, type DerivedTemplate, fillDerivedTemplate } from '../core/derived-template.js';
import { isKeywardError, KeywardError } from '../core/errors.js';
import { type Inventory, listedPlace } from '../core/inventory.js';
import { type Path, quoted } from '../core/path.js';
import { fieldOf, payloadText, textPayload } from '../core/payload.js';
import { formatRef, type Ref } from '../core/ref.js';
import type { Answer, Question } from './question.js';
import type { Shapes } from './shape.js';

/** Named as the origin of a value that was made of others. */
export const derivedOrigin = 'derived';

/** How a secret is made of others. */
export interface Derivation {
  /** What has to be known. */
  readonly questions: readonly Question[];
  /**
   * The answer, from those to the questions in their order.
   *
   * @throws KeywardError `not_found` naming every part that is absent, `invalid` for a part that is binary or does not
   * fit its place, else what a part's read failed with.
   */
  combine(outcomes: readonly (Answer | KeywardError)[]): Answer;
}

/**
 * How the inventory makes the secret of others: its answer is as old as its oldest part, and remembered nowhere, so that
 * it is as fresh as its parts. Several fields of one document are of one version.
 *
 * @throws KeywardError `invalid` for a field or version of the derived secret itself.
 */
export function derivationOf(
  ref: Ref,
  template: DerivedTemplate,
  { inventory, shapes }: { readonly inventory: Inventory; readonly shapes: Shapes },
): Derivation {
  refuseFieldOrVersion(ref);
  const places = placesOfParts(template, inventory);
  return {
    questions: questionsFor([...places.values()], shapes),
    combine: (outcomes) => combine(ref.path, template, places, outcomes),
  };
}

function combine(
  path: Path,
  template: DerivedTemplate,
  places: ReadonlyMap<DerivedPart, Ref>,
  outcomes: readonly (Answer | KeywardError)[],
): Answer {
  const failures = outcomes.filter((outcome) => outcome instanceof KeywardError);
  const refusal = failures.find((error) => !isKeywardError(error, 'not_found'));
  if (refusal !== undefined) throw refusal;
  const answers = outcomes.flatMap((outcome) => (outcome instanceof KeywardError ? [] : [outcome]));
  const values = new Map([...places].map(([part, place]) => [part, valueAt(place, answers)]));
  const absent = [...values].flatMap(([part, value]) => (value === undefined ? [formatRef(part.ref)] : []));
  if (absent.length > 0) {
    throw new KeywardError('not_found', `${path} is made of what no store has: ${[...new Set(absent)].join(', ')}`, {
      path,
      cause: failures[0],
    });
  }
  return {
    payload: textPayload(fillDerivedTemplate(template, (part) => values.get(part) ?? '')),
    ref: { path },
    version: undefined,
    provider: derivedOrigin,
    readAtMs: Math.min(...answers.map(({ readAtMs }) => readAtMs)),
    degraded: answers.some(({ degraded }) => degraded),
  };
}

/** Where each part lies. @throws KeywardError `config` for a part that the inventory does not list as one value. */
export function placesOfParts(template: DerivedTemplate, inventory: Inventory): ReadonlyMap<DerivedPart, Ref> {
  return new Map(
    template.parts.map((part) => {
      const place = listedPlace(inventory, part.ref);
      if (place !== undefined) return [part, place];
      throw new KeywardError('config', `the inventory does not list ${quoted(formatRef(part.ref))} as one value`);
    }),
  );
}

/** @throws KeywardError `invalid` */
export function refuseFieldOrVersion(ref: Ref): void {
  if (ref.field === undefined && ref.version === undefined) return;
  throw new KeywardError('invalid', `${ref.path} is made of other secrets and has neither fields nor versions`, {
    path: ref.path,
    advice: `Ask for ${formatRef({ path: ref.path })}, or for the version of a part.`,
  });
}

/** A field alone is asked for by itself; of a document that gives several, the whole is read once. */
function questionsFor(places: readonly Ref[], shapes: Shapes): readonly Question[] {
  const byPath = new Map<Path, Map<string | undefined, Ref>>();
  for (const place of places) {
    const fields = byPath.get(place.path) ?? new Map<string | undefined, Ref>();
    byPath.set(place.path, fields.set(place.field, place));
  }
  return [...byPath].map(([path, fields]) => {
    const [only, second] = fields.values();
    return only !== undefined && second === undefined ? shapes.ofValue(only) : shapes.ofDocument({ path });
  });
}

function valueAt(place: Ref, answers: readonly Answer[]): string | undefined {
  const answer = answers.find(({ ref }) => ref.path === place.path);
  if (answer === undefined) return undefined;
  const isWhole = answer.ref.field === undefined && place.field !== undefined;
  const payload = isWhole ? fieldOf(answer.payload, place.field) : answer.payload;
  if (payload?.kind !== 'binary') return payload && payloadText(payload);
  throw new KeywardError('invalid', `${formatRef(place)} is binary and cannot be a part of a text`, {
    path: place.path,
  });
}
