import { systemClock } from '../../core/clock.js';
import { isKeywardError, KeywardError } from '../../core/errors.js';
import { assertMetadata } from '../../core/metadata.js';
import type { Payload } from '../../core/payload.js';
import type { WriteInput } from '../../core/provider.js';
import { currentStage } from '../../core/ref.js';
import type { NumberedVersion } from '../../core/version.js';
import { crc32c } from './crc32c.js';
import type { GcpClient } from './gcp-client.js';
import { dateOf, numberOfVersion, type SecretMessage } from './gcp-messages.js';
import { annotationsWith, claimNote, metadataOf, type Notes, pathNote } from './gcp-notes.js';
import { absent, type GcpSecrets, type Place } from './gcp-secrets.js';

export interface GcpWriterOptions {
  readonly store: string;
  readonly client: GcpClient;
  readonly secrets: GcpSecrets;
  /** Secrets of a region are kept only there. */
  readonly isRegional: boolean;
}

const maxPayloadBytes = 64 * 1024;
/** A writer that takes longer than the first to add what it has claimed gives up, so that nobody waits for longer. */
const addingMs = 10_000;
const claimLastsMs = 20_000;

type Signal = AbortSignal | undefined;

/**
 * Writes to a service that adds versions without a condition.
 *
 * A write onto an expected version claims the next one first: it notes which version it is about to add, under the etag
 * that the secret had when its newest version was looked at. The service takes one of several such changes, and who finds
 * a claim of somebody else stands back, so that of all writers that expect a version one adds its successor. The number
 * of the added version proves it: when it is not the next one, somebody has written without expecting anything, and the
 * write says so instead of succeeding.
 */
export class GcpWriter {
  readonly #options: GcpWriterOptions;

  constructor(options: GcpWriterOptions) {
    this.#options = options;
  }

  async write(
    place: Place,
    { payload, metadata, ifMetadata }: WriteInput,
    ifVersion: number | undefined,
    signal: Signal,
  ): Promise<NumberedVersion | undefined> {
    const { store, secrets } = this.#options;
    if (payload !== undefined && payload.bytes.length > maxPayloadBytes) {
      const problem = `holds at most ${maxPayloadBytes} bytes, and the value of ${place.path} has ${payload.bytes.length}`;
      throw this.#refuse('too_large', problem);
    }
    const isPlain = metadata === undefined && ifMetadata === undefined && ifVersion === undefined && !place.note;
    if (isPlain && payload !== undefined) {
      return (await absent(this.#add(place, payload, signal))) ?? this.#addToNew(place, payload, signal);
    }
    const found = await secrets.find(place, signal);
    if (found === undefined && payload === undefined) throw this.#refuse('not_found', `does not hold ${place.path}`);
    assertMetadata(place.path, new Map(Object.entries(found === undefined ? {} : metadataOf(found))), ifMetadata);
    if (ifVersion !== undefined) await this.#expect(place, found, ifVersion, signal);
    const claim = ifVersion === undefined || payload === undefined ? undefined : ifVersion + 1;
    const own = {
      ...(place.note !== undefined && { [pathNote]: place.note }),
      ...(claim !== undefined && { [claimNote]: `${claim} ${systemClock.now()}` }),
    };
    const noted = await this.#note(
      place,
      found,
      annotationsWith(found?.annotations ?? {}, metadata, own, store),
      signal,
    );
    if (payload === undefined) return undefined;
    if (claim === undefined) return this.#add(place, payload, signal);
    return this.#addClaimed(place, payload, { claim, noted, signal });
  }

  async #addToNew(place: Place, payload: Payload, signal: Signal): Promise<NumberedVersion> {
    await this.#note(place, undefined, {}, signal).catch((error: unknown) => {
      if (!isKeywardError(error, 'conflict')) throw error;
    });
    return this.#add(place, payload, signal);
  }

  /** @throws KeywardError `conflict` when its newest version is another, `throttled` while somebody adds the next one. */
  async #expect(place: Place, found: SecretMessage | undefined, ifVersion: number, signal: Signal): Promise<void> {
    const newest = found && (await this.#options.secrets.version('latest', place, signal));
    if ((newest?.number ?? 0) !== ifVersion) {
      throw this.#refuse('conflict', `holds another version of ${place.path} than the one that was expected`);
    }
    const [claim, since] = (found?.annotations[claimNote] ?? '').split(' ').map(Number);
    const isHeld = Math.abs(systemClock.now() - (since ?? 0)) < claimLastsMs;
    if (claim !== ifVersion + 1 || !isHeld) return;
    throw this.#refuse('throttled', `is being given version ${claim} of ${place.path} by somebody else`);
  }

  /** Creates the secret, or changes it if it is still the one that was found. @throws KeywardError `conflict` */
  async #note(
    place: Place,
    found: SecretMessage | undefined,
    annotations: Notes,
    signal: Signal,
  ): Promise<SecretMessage> {
    const { client, isRegional } = this.#options;
    const { name, parent, id } = place;
    if (found !== undefined) {
      const secret = { name, etag: found.etag, annotations };
      return client.call('updateSecret', { secret, updateMask: { paths: ['annotations'] } }, signal);
    }
    const secret = { annotations, ...(!isRegional && { replication: { automatic: {} } }) };
    return client.call('createSecret', { parent, secretId: id, secret }, signal);
  }

  async #addClaimed(
    place: Place,
    payload: Payload,
    { claim, noted, signal }: { readonly claim: number; readonly noted: SecretMessage; readonly signal: Signal },
  ): Promise<NumberedVersion> {
    const inTime = AbortSignal.any([AbortSignal.timeout(addingMs), ...(signal === undefined ? [] : [signal])]);
    const version = await this.#add(place, payload, inTime).catch(async (error: unknown) => {
      // After an outage nobody knows whether it was added: then the claim stays until it is over.
      if (!isKeywardError(error, 'unavailable', 'timeout')) {
        const { [claimNote]: _, ...annotations } = noted.annotations;
        await this.#note(place, noted, annotations, signal).catch(() => undefined);
      }
      throw error;
    });
    if (version.number === claim) return version;
    const { store } = this.#options;
    const text = `version ${version.number} of ${place.path} was written over one that somebody added at the same time`;
    throw new KeywardError('integrity', `${store}: ${text} without expecting any`, {
      store,
      path: place.path,
      advice: `Compare it with: gcloud secrets versions access ${version.number - 1} --secret=${place.id}`,
    });
  }

  async #add({ name, id, path }: Place, { bytes }: Payload, signal: Signal): Promise<NumberedVersion> {
    const { client, secrets } = this.#options;
    const payload = { data: bytes, dataCrc32c: crc32c(bytes) };
    const added = await client.call('addSecretVersion', { parent: name, payload }, signal);
    const number = numberOfVersion(added.name, id);
    if (number === undefined) throw secrets.malformed(path);
    const createdAt = dateOf(added.createTime);
    return { number, id: String(number), createdAt, state: 'live', stages: [currentStage], size: bytes.length };
  }

  #refuse(code: 'not_found' | 'conflict' | 'throttled' | 'too_large', problem: string): KeywardError {
    const { store } = this.#options;
    return new KeywardError(code, `${store} ${problem}`, { store });
  }
}
