import { resolve } from 'node:path';
import { type Clock, systemClock } from '../../core/clock.js';
import { KeywardError, toKeywardError } from '../../core/errors.js';
import { type Directory, isBelow, joinPath, type Path, parsePath, segmentsOf } from '../../core/path.js';
import { narrowToField } from '../../core/payload.js';
import { type CallOptions, type Provider, readOnlyMethods } from '../../core/provider.js';
import { ProviderGate, refuseAborted, unhealthyBecause } from '../../core/provider-gate.js';
import { defineProviderKind, prefixDirectory } from '../../core/provider-kind.js';
import { isSelected, type Ref } from '../../core/ref.js';
import { defaultSealedFile } from '../../core/sealed-document.js';
import type { SecretVersion } from '../../core/version.js';
import { numberOfKey } from '../../core/version.js';
import type { SealedSecrets } from '../../crypto/sealed-secrets.js';
import { ageKeyPath } from '../../host/age-key-file.js';
import { lookAtFiles } from '../../host/watch/sight.js';
import { watchFiles } from '../../host/watch/watch-files.js';
import type { SealedFileReader } from './sealed-file-reader.js';

export interface SealedProviderOptions {
  readonly name: string;
  /** Absolute. */
  readonly file: string;
  /** The file with the age identities, absolute. */
  readonly keyFile: string;
  /** Between the names in the file and every path. */
  readonly prefix?: Directory | undefined;
  readonly clock?: Clock | undefined;
}

export const sealedProviderKind = defineProviderKind({
  options: { file: 'file', prefix: 'prefix' },
  create: ({ file = defaultSealedFile, prefix }, { name, folder, environment, env }) =>
    createSealedProvider({
      name,
      file: resolve(folder, file),
      keyFile: resolve(folder, ageKeyPath(env, env['HOME'] ?? '')),
      prefix: prefixDirectory(prefix, environment),
    }),
});

/**
 * The secrets in a sealed file, which is read anew, and verified as a whole, whenever it has changed. Writing replaces
 * the file in one step; there is one version of each secret, and git has the former ones.
 */
export function createSealedProvider(options: SealedProviderOptions): Provider {
  const { name, file, prefix = '', clock = systemClock } = options;
  const gate = new ProviderGate(name);
  let reader: SealedFileReader | undefined;
  const stops = new Set<() => void>();
  const inFile = (path: Path) => (prefix === '' ? path : joinPath(prefix, path));

  const readerOf = async (call: CallOptions | undefined): Promise<SealedFileReader> => {
    gate.enter(call);
    const loaded = await import('./sealed-file-reader.js');
    reader ??= new loaded.SealedFileReader({ ...options, clock });
    return reader;
  };

  const open = async (call: CallOptions | undefined): Promise<SealedSecrets> => {
    const secrets = await (await readerOf(call)).open();
    refuseAborted(name, call?.signal);
    return secrets;
  };

  const readFrom = (secrets: SealedSecrets, ref: Ref): SecretVersion | undefined => {
    const found = secrets.read(inFile(ref.path));
    if (found === undefined) return undefined;
    if (ref.version !== undefined && !isSelected(found.version, ref.version)) return undefined;
    const payload = ref.field === undefined ? found.payload : narrowToField(found.payload, ref.field);
    return payload && { ...found, path: ref.path, payload };
  };

  return {
    ...readOnlyMethods(name, 'sealed'),
    name,
    kind: 'sealed',
    traits: { managed: false, layout: 'both' },
    capabilities: new Set(['list', 'describe', 'write', 'readMany', 'watch']),

    read: async (ref, call) => readFrom(await open(call), ref),

    async readMany(refs, call) {
      const secrets = await open(call);
      return refs.map((ref) => {
        try {
          return readFrom(secrets, ref);
        } catch (error) {
          return toKeywardError(error, `reading ${ref.path} from ${name}`, { store: name, path: ref.path });
        }
      });
    },

    async *list(directory, call) {
      const secrets = await open(call);
      const from = prefix === '' || directory === '' ? `${prefix}${directory}` : joinPath(prefix, directory);
      const skipped = segmentsOf(prefix).length;
      for (const path of secrets.paths) {
        refuseAborted(name, call?.signal);
        const isListed = from === '' || path === from || isBelow(path, parsePath(from));
        if (isListed && path !== prefix) yield parsePath(segmentsOf(path).slice(skipped).join('/'));
      }
    },

    async describe(path, call) {
      const found = (await open(call)).read(inFile(path));
      if (found === undefined) return undefined;
      const { version, metadata } = found;
      const { createdAt } = version;
      return {
        path,
        metadata,
        versions: [version],
        current: version.number,
        createdAt: undefined,
        updatedAt: createdAt,
      };
    },

    async write(path, input, call) {
      if (call?.token !== undefined) {
        throw new KeywardError('unsupported', `${name} cannot tell whether a write was made before`, { store: name });
      }
      return (await readerOf(call)).write(inFile(path), input, numberOfKey(call?.ifVersion, name));
    },

    watch(_directory, onChange) {
      gate.enter();
      const stop = watchFiles(() => lookAtFiles([file]), onChange);
      stops.add(stop);
      return () => {
        stops.delete(stop);
        stop();
      };
    },

    async health() {
      try {
        await open(undefined);
        return { status: 'healthy', findings: [] };
      } catch (error) {
        return unhealthyBecause(toKeywardError(error, `looking at ${name}`, { store: name }), name);
      }
    },

    async close() {
      gate.close();
      for (const stop of stops) stop();
      stops.clear();
    },
  };
}
