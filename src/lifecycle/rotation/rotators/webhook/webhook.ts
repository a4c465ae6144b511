import { resolve } from 'node:path';
import { readCertificates } from '../../../../clients/http/certificate-files.js';
import { guardedPost } from '../../../../clients/http/guarded-post.js';
import type { HttpResponse } from '../../../../clients/http/http-client.js';
import { parseServerAddress } from '../../../../clients/http/origin.js';
import type { Clock } from '../../../../core/clock.js';
import { isKeywardError, KeywardError } from '../../../../core/errors.js';
import type { RotationKind } from '../../../../core/rotator-settings.js';
import type { Secret } from '../../../../core/secret.js';
import { signatureHeaders } from '../../../webhook/signature.js';
import type { Credential, Rotator } from '../rotator.js';
import { parseCredential, type Step, stepInput } from '../step-input.js';

export interface WebhookRotatorOptions {
  readonly url: string;
  /** What requests are signed with. */
  readonly secret: () => Promise<Secret>;
  readonly kind: RotationKind;
  readonly path: string;
  readonly timeoutMs: number;
  /** A file with certificates to trust, relative to the folder. */
  readonly ca?: string | undefined;
  readonly folder: string;
  /** Makes new credentials; the webhook is asked for them when absent. */
  readonly generate?: Rotator['generate'] | undefined;
  readonly clock: Clock;
}

/** Statuses by which the webhook says no, so that nothing on the way to it is taken for that. */
const refusedStatuses: ReadonlySet<number> = new Set([409, 422]);

/**
 * A webhook that rotates. Each step is posted to it as JSON (`stepInput`), signed (`signatureHeaders`); it answers
 * `generate` with the new credential as an object of texts. Success is yes, 409 and 422 are no, and any other
 * status leaves open what happened.
 *
 * @throws KeywardError `config` for another address than `https:`, or `http:` on this machine.
 */
export function createWebhookRotator(options: WebhookRotatorOptions): Rotator {
  const { url, kind, path } = options;
  const address = parseServerAddress(url, '`url` of the webhook');

  const post = async (body: Uint8Array): Promise<HttpResponse> => {
    const { secret, timeoutMs, ca, folder, clock } = options;
    try {
      const headers = signatureHeaders(body, await secret(), clock.now());
      const tls = ca === undefined ? undefined : { ca: [await readCertificates(resolve(folder, ca))] };
      const target = { name: path, address, tls, caSetting: '`ca` of the webhook', clock };
      return await guardedPost(target, { headers, body, timeoutMs });
    } catch (error) {
      // What goes wrong before and on the way says nothing about the credential.
      if (!isKeywardError(error, 'invalid', 'denied', 'unauthenticated')) throw error;
      throw new KeywardError('unavailable', error.message, { path, advice: error.advice });
    }
  };
  const ask = async (step: Step, from: Credential | undefined, to?: Credential): Promise<Uint8Array> => {
    const input = stepInput(step, path, from, to);
    const { status, body } = await post(input).finally(() => input.fill(0));
    if (status >= 200 && status < 300) return body;
    if (refusedStatuses.has(status)) {
      const code = step === 'test' ? 'unauthenticated' : 'invalid';
      throw new KeywardError(code, `${path}: the webhook answered no to ${step} (${status})`, { path });
    }
    throw new KeywardError('unavailable', `${path}: ${address.origin} answered ${status} to ${step}`, {
      path,
      advice: 'See the log of the webhook.',
    });
  };

  return {
    kind,
    hasTarget: true,
    generate:
      options.generate ??
      (async (current) => {
        const output = await ask('generate', current);
        try {
          return parseCredential(output, path, 'the webhook');
        } finally {
          output.fill(0);
        }
      }),
    set: async ({ from, to }) => void (await ask('set', from, to)),
    test: async (credential) => void (await ask('test', undefined, credential)),
    revoke: async (credential, inForce) => void (await ask('revoke', credential, inForce)),
  };
}
