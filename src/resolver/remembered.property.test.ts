import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyInventory } from '../core/inventory.js';
import { documentPayload } from '../core/payload.js';
import { formatRef, parseRef, type Ref } from '../core/ref.js';
import { chainUnderTest } from '../testing/chain-under-test.js';

const segment = fc.stringMatching(/^[a-c@%.+-][a-c@]?$/).filter((text) => !/^(?:\.\.?|\+)$|%/.test(text));
const field = fc.stringMatching(/^[a-c@#% \n/][a-c ]?$/).filter((text) => !/\n/.test(text));
const version = fc.constantFrom('', '@1', '@2', '@previous', '@current', `@${'a'.repeat(32)}`);

const name = fc
  .record({ segments: fc.array(segment, { minLength: 1, maxLength: 3 }), field: fc.option(field), version })
  .map(({ segments, field: inside, version: suffix }) => {
    const ref = { path: segments.join('/'), field: inside ?? undefined } as Ref;
    return formatRef(ref) + suffix;
  });

const asking = fc.record({ name, provider: fc.constantFrom(undefined, 'one', 'two'), isDocument: fc.boolean() });

test('no two names, fields, versions, stores or kinds of question ever share what is remembered', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(asking, { minLength: 2, maxLength: 30 }), async (askings) => {
      const { store, secrets: make } = chainUnderTest();
      const links = ['one', 'two'].map((own) => {
        const scripted = store({ name: own, traits: { layout: 'single' } });
        const read: typeof scripted.read = async (ref) => {
          const told = JSON.stringify([own, formatRef(ref)]);
          const payload = documentPayload(ref.field === undefined ? [['whole', told]] : [[ref.field, told]]);
          return { path: ref.path, payload, version: undefined, metadata: {} };
        };
        return { provider: { ...scripted, capabilities: new Set<never>(), read } };
      });
      const secrets = make({ links, inventory: emptyInventory });
      for (const round of [1, 2]) {
        for (const { name: asked, provider, isDocument } of askings) {
          const ref = parseRef(asked);
          const told = JSON.stringify([provider ?? 'one', asked]);
          if (isDocument && ref.field === undefined) {
            expect((await secrets.getAll(asked, { provider }))['whole']?.expose(), `round ${round}`).toBe(told);
            continue;
          }
          const answer = (
            await (provider === undefined ? secrets.get(asked) : secrets.get(asked, { provider }))
          ).expose();
          expect(ref.field === undefined ? JSON.parse(answer).whole : answer, `round ${round}`).toBe(told);
        }
      }
    }),
    { numRuns: 300 },
  );
});
