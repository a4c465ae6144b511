import { emitEnvironment, targetsOf } from '../core/environment-names.js';
import { isKeywardError, type KeywardError } from '../core/errors.js';
import type { Finding } from '../core/finding.js';
import { isRefusedForInjection } from '../core/injection-rules.js';
import type { PlacedIssue } from './config-issues.js';
import { type ConfigLayers, configPlace, type LoadOptions, placeOf, reachOfLayers, withBase } from './config-layers.js';
import { readConfigText } from './config-text.js';
import { examineConfigFile } from './examine-config-file.js';
import { inventoryOf } from './file-inventory.js';
import { mergedIssues } from './merged-issues.js';

const reference = 'reference/configuration.md';

/**
 * Everything that is wrong or remarkable in the configuration; `undefined` when there is none. Nothing of it takes effect.
 *
 * @throws KeywardError for a disk that fails.
 */
export async function checkConfig(options: LoadOptions): Promise<readonly Finding[] | undefined> {
  try {
    const place = await configPlace(options);
    if (place === undefined) return undefined;
    const { config, issues } = await examineConfigFile(place.file, await readConfigText(place.file));
    if (config === undefined) return issues.map(findingOf);
    const layers = await withBase({ ...config, isNamed: place.isNamed });
    const wrong = mergedIssues(layers);
    if (wrong !== undefined) return wrong.issues.map(findingOf);
    return [...(place.isNamed ? [] : await untrusted(layers, options)), ...nameFindings(layers)];
  } catch (error) {
    if (isKeywardError(error, 'config', 'invalid', 'too_large')) return findingsOf(error);
    throw error;
  }
}

function findingOf({ where, problem }: PlacedIssue): Finding {
  return { severity: 'error', where, cause: problem, fix: 'See docs/reference/configuration.md.', link: reference };
}

/** Messages about a file begin with the place, one line for each. */
function findingsOf({ message, advice, store = 'configuration' }: KeywardError): readonly Finding[] {
  return message.split('\n').map((line) => {
    const [, where = store, cause = line] = /^(.+?:\d+:\d+): (.*)$/.exec(line) ?? [];
    return { severity: 'error', where, cause, fix: advice, link: reference };
  });
}

async function untrusted(layers: ConfigLayers, options: LoadOptions): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { source, reasons } of await reachOfLayers(layers, options)) {
    if (reasons.length === 0 || (await options.trust.isTrusted(source.file, source.text, reasons))) continue;
    findings.push({
      severity: 'error',
      where: source.file,
      cause: `has no effect until you agree to it: ${reasons.join('; ')}`,
      fix: 'Read it, then run: keyward trust',
      link: `${reference}#trust`,
    });
  }
  return findings;
}

/** What `run` would say about the names that the inventory gives. */
function nameFindings(layers: ConfigLayers): readonly Finding[] {
  const inventory = inventoryOf(layers.merged);
  try {
    const { names } = emitEnvironment([...inventory.values()].flatMap(targetsOf));
    return [...names].flatMap(([name, { path }]) => {
      if (!isRefusedForInjection(name)) return [];
      const where = placeOf(layers, ['secrets', path]) ?? path;
      const cause = `${name} changes how programs run, so keyward run gives it only when told`;
      return [
        {
          severity: 'warning',
          where,
          cause,
          fix: `Run: keyward run --allow-name ${name} -- <program>`,
          link: reference,
        },
      ];
    });
  } catch (error) {
    if (!isKeywardError(error, 'config', 'invalid')) throw error;
    const where = placeOf(layers, ['secrets']) ?? 'secrets';
    return [
      { severity: 'error', where, cause: error.message, fix: error.advice, link: 'reference/environment-names.md' },
    ];
  }
}
