import { dirname, resolve } from 'node:path';
import { defaultSealedFile } from '../core/sealed-document.js';
import { readConfigSource } from './config-layers.js';
import { isInside } from './trust.js';

type Place = Parameters<typeof readConfigSource>[0];

/**
 * The sealed file of a project, absolute: that of the only link `sealed` of its configuration, where it lies in the
 * project; else the one that is called as usual. The configuration need not be trusted.
 *
 * @throws KeywardError `config` for a configuration that cannot be read.
 */
export async function ownSealedFile(place: Place): Promise<string> {
  const usual = resolve(place.cwd, defaultSealedFile);
  const source = await readConfigSource(place);
  if (source === undefined) return usual;
  const links = (source.parsed.providers ?? []).flatMap((entry) => (entry.kind === 'sealed' ? [entry.options] : []));
  const [only, ...more] = links;
  if (only === undefined || more.length > 0) return usual;
  const folder = dirname(source.file);
  const file = resolve(folder, only.file ?? defaultSealedFile);
  return (await isInside(folder, file)) ? file : usual;
}
