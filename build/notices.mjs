// What the licences of bundled packages ask for: who holds the copyright, and their texts, each of which stands once.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the text begins that all packages of a licence share. What stands before it is the package's own. */
const sharedText = {
  MIT: /Permission is hereby granted/,
  'Apache-2.0': /Apache License\s+Version 2\.0/,
  ISC: /Permission to use/,
};

/** @param folders Of the packages, from the root. @throws Error for a licence that is not known here. */
export function noticesOf(root, folders) {
  const byLicence = new Map();
  for (const folder of [...folders].sort()) {
    const { name, version, license, author } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const begin = sharedText[license];
    if (begin === undefined)
      throw new Error(`${name} is bundled, and nobody has looked at how to name its licence, ${license}`);
    const text = licenceIn(join(root, folder));
    const at = text.search(begin);
    const own =
      at < 0
        ? `by ${author?.name ?? author}`
        : text
            .slice(0, at)
            .trim()
            .replace(/^(?:The )?MIT License(?: \(MIT\))?\s*/i, '');
    const { packages = [], shared } = byLicence.get(license) ?? {};
    packages.push([`${name} ${version}`, own].filter((line) => line !== '').join('\n'));
    byLicence.set(license, { packages, shared: shared ?? (at < 0 ? undefined : text.slice(at).trim()) });
  }
  const sections = [...byLicence].map(([license, { packages, shared }]) => {
    // Our own.
    const text = license === 'Apache-2.0' ? 'The text is that of the file LICENSE.' : shared;
    return `## ${license}\n\n${packages.join('\n\n')}\n\n${text}\n`;
  });
  return `# The command line holds code of these packages\n\n${sections.join('\n')}`;
}

/** Empty when the package names its licence only. */
function licenceIn(folder) {
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  return file === undefined ? '' : readFileSync(join(folder, file), 'utf8').replaceAll('\r', '');
}
