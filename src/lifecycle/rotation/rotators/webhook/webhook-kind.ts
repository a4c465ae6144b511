import { parseServerAddress } from '../../../../clients/http/origin.js';
import { isKeywardError, KeywardError } from '../../../../core/errors.js';
import { valueField } from '../../../../core/payload.js';
import type { Rotator } from '../rotator.js';
import { defineRotatorKind } from '../rotator-kind.js';

const defaultTimeoutMs = 30_000;
/** The longest step: it must end before another process may go on in its place. */
const longestTimeoutMs = 60_000;

export const webhookRotatorKind = defineRotatorKind({
  options: {
    url: 'address',
    secret: 'secret',
    kind: ['overlap', 'swap', 'verifier'],
    recipe: 'text',
    timeout: 'duration',
    ca: 'file',
  },
  hasOneValue: ({ recipe }) => recipe !== undefined,
  *problems({ url, secret, kind, timeout = 0 }, path) {
    if (kind === undefined) yield '`kind` is missing: overlap, swap or verifier';
    if (secret === undefined) yield '`secret` is missing: the path of the one that signs';
    if (secret === path) yield 'the `secret` that signs is another one';
    if (timeout > longestTimeoutMs) yield 'a `timeout` is at most 1m';
    yield* addressProblems(url ?? '');
  },
  async create({ url = '', secret = '', kind = 'swap', recipe, timeout = defaultTimeoutMs, ca }, context) {
    const { createWebhookRotator } = await import('./webhook.js');
    const { path, folder, clock, field, fieldsOf } = context;
    return createWebhookRotator({
      url,
      kind,
      path,
      folder,
      clock,
      ca,
      timeoutMs: timeout,
      generate: recipe === undefined ? undefined : await makerOf(recipe, field),
      async secret() {
        const value = (await fieldsOf(secret))[valueField];
        if (value !== undefined) return value;
        throw new KeywardError('config', `${secret} has fields, and one value is what signs`, { path: secret });
      },
    });
  },
});

async function makerOf(recipe: string, field: string): Promise<Rotator['generate']> {
  const { generateValue, parseRecipe } = await import('../../../generate/generate-value.js');
  const parsed = parseRecipe(recipe);
  return async () => new Map([[field, generateValue(parsed)]]);
}

function* addressProblems(url: string): Iterable<string> {
  try {
    parseServerAddress(url, '`url`');
  } catch (error) {
    if (!isKeywardError(error)) throw error;
    yield error.message;
  }
}
