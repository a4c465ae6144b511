import { KeywardError } from '../../core/errors.js';
import { binaryPayload, isDocument, type Payload, payloadText, textPayload } from '../../core/payload.js';

/** What Key Vault holds of one version besides its name. */
export interface AzureValue {
  readonly text: string;
  readonly contentType: string;
  /** Tags that say how the text is to be read. */
  readonly tags: Readonly<Record<string, string>>;
}

/** Of a value, as UTF-8. */
export const maxValueBytes = 25 * 1024;

/** The tag by which Azure's command line (`az keyvault secret set --encoding`) says how a value is written. */
export const encodingTag = 'file-encoding';

/** @throws KeywardError `too_large` for what is longer than Key Vault takes. */
export function encodeValue(payload: Payload, store: string): AzureValue {
  const value: AzureValue =
    payload.kind === 'binary'
      ? {
          text: Buffer.from(payload.bytes).toString('base64'),
          contentType: 'application/octet-stream',
          tags: { [encodingTag]: 'base64' },
        }
      : {
          text: payloadText(payload),
          contentType: isDocument(payload) ? 'application/json' : 'text/plain',
          tags: {},
        };
  const length = Buffer.byteLength(value.text);
  if (length <= maxValueBytes) return value;
  const spelling = payload.kind === 'binary' ? ' in base64' : '';
  throw new KeywardError('too_large', `the value has ${length} bytes${spelling}; ${store} takes ${maxValueBytes}`, {
    store,
  });
}

/** @throws KeywardError `invalid` for a value that is said to be base64 and is not. */
export function decodeValue(text: string, tags: Readonly<Record<string, string>>, store: string): Payload {
  if (tags[encodingTag] !== 'base64') return textPayload(text);
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') === text) return binaryPayload(bytes);
  throw new KeywardError('invalid', `${store} holds a value that is tagged as base64 and is not`, {
    store,
    advice: `Write it again, or take away its tag ${encodingTag}.`,
  });
}
