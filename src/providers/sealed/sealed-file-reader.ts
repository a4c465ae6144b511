import type { Clock } from '../../core/clock.js';
import { KeywardError } from '../../core/errors.js';
import type { Path } from '../../core/path.js';
import type { WriteInput } from '../../core/provider.js';
import { maxSealedFileBytes } from '../../core/sealed-document.js';
import type { NumberedVersion } from '../../core/version.js';
import { parseAgeIdentities } from '../../crypto/age-identity.js';
import { SealedFile } from '../../crypto/sealed-file.js';
import { SealedSecrets } from '../../crypto/sealed-secrets.js';
import { formatSealed, parseSealed } from '../../formats/sealed-text.js';
import { readAgeKeyFile } from '../../host/age-key-file.js';
import { readTextFile } from '../../host/plain-file.js';

export interface SealedFileReaderOptions {
  readonly file: string;
  readonly keyFile: string;
  readonly clock: Clock;
}

interface Opened {
  readonly text: string;
  readonly file: SealedFile;
  readonly secrets: SealedSecrets;
}

/** A sealed file on the disk, verified once for each text that it has. */
export class SealedFileReader {
  readonly #options: SealedFileReaderOptions;
  #last: { readonly text: string; readonly opened: Promise<Opened> } | undefined;

  constructor(options: SealedFileReaderOptions) {
    this.#options = options;
  }

  /**
   * The secrets as they are now.
   *
   * @throws KeywardError `config` when there is no such file, `sealed` without an identity that opens it, `invalid` or
   * `integrity` when it is not as it was written.
   */
  async open(): Promise<SealedSecrets> {
    const { file: path } = this.#options;
    const { secrets } = await this.#opened(await readTextFile(path, { maxBytes: maxSealedFileBytes }));
    return secrets;
  }

  /** Writes as a provider does; answers the version that there is then. @throws as `open`, `conflict`, `not_found` */
  async write(path: Path, input: WriteInput, ifVersion: number | undefined): Promise<NumberedVersion> {
    const { file: target, clock } = this.#options;
    const { changeFile } = await import('../../host/change-file.js');
    let written: NumberedVersion | undefined;
    await changeFile(target, { maxBytes: maxSealedFileBytes, clock }, async (text) => {
      const opened = await this.#opened(text);
      const { changes, version } = opened.secrets.write(path, input, ifVersion, clock.now());
      written = version;
      return changes.size === 0 ? opened.text : formatSealed(opened.file.changed(changes), target);
    });
    if (written === undefined) throw new KeywardError('internal', 'a sealed file was changed without a version');
    return written;
  }

  async #opened(text: string | undefined): Promise<Opened> {
    const { file: path } = this.#options;
    if (text === undefined) {
      throw new KeywardError('config', `there is no sealed file ${path}`, {
        store: path,
        advice: 'Make it with `keyward seal init`, or correct `file:` of the provider sealed.',
      });
    }
    if (this.#last?.text === text) return this.#last.opened;
    const opened = this.#verified(text);
    this.#last = { text, opened };
    opened.catch(() => {
      if (this.#last?.opened === opened) this.#last = undefined;
    });
    return opened;
  }

  async #verified(text: string): Promise<Opened> {
    const { file: path, keyFile } = this.#options;
    const key = await readAgeKeyFile(keyFile);
    const identities = parseAgeIdentities(key.bytes, key.path);
    const file = SealedFile.open(parseSealed(text, path), { identities, fileName: path });
    return { text, file, secrets: new SealedSecrets(file) };
  }
}
