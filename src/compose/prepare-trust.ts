import { KeywardError } from '../core/errors.js';
import { userFolders } from '../host/folders.js';
import { reachOfLayers, readConfigSource, withBase } from './config-layers.js';
import { createTrustList } from './trust.js';

export interface TrustRequest {
  /** The configuration file and the one it extends, with what each would reach outside the project. */
  readonly files: readonly {
    readonly file: string;
    readonly reasons: readonly string[];
    readonly isTrusted: boolean;
  }[];
  /** Remembers the content as it was read. */
  accept(): Promise<void>;
}

/**
 * What there is to agree to in the project's configuration.
 *
 * @throws KeywardError `config` when there is no file or it is wrong.
 */
export async function prepareTrust(options: {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly configFile: string | undefined;
}): Promise<TrustRequest> {
  const source = await readConfigSource({ ...options, file: options.configFile });
  if (source === undefined) {
    throw new KeywardError('config', 'there is no keyward.yaml here or above', { advice: 'Run it in the project.' });
  }
  const trust = createTrustList(userFolders(options.env, options.home).config);
  const reaches = await reachOfLayers(await withBase(source), { ...options, trust });
  const files = await Promise.all(
    reaches.map(async ({ source: { file, text }, reasons }) => ({
      file,
      reasons,
      isTrusted: await trust.isTrusted(file, text, reasons),
    })),
  );
  return {
    files,
    accept: async () => {
      for (const { source, reasons } of reaches) await trust.trust(source.file, source.text, reasons);
    },
  };
}
