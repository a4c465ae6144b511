import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { isMissed, markdownTable } from './table.mjs';

const head = `# Benchmarks

What Keyward costs, each figure against a baseline that was measured in turns with it, on one machine and one Node;
\`npm run bench\` writes this page. Times belong to the machine: compare ratios, and what is added. A figure that misses its
bound stays here, and where its time goes.`;

/**
 * Writes the sections of the figures `{title, rows, profile}` that were measured; the others stay as an earlier run
 * wrote them. The profile, which says where the time goes, stands below a table with a missed bound.
 */
export function writePage(file, figures) {
  const page = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const sections = new Map(
    page
      .split(/^## /m)
      .slice(1)
      .map((text) => [text.slice(0, text.indexOf('\n')), `## ${text.trim()}`]),
  );
  for (const figure of figures) sections.set(figure.title, sectionOf(figure));
  const sorted = [...sections].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
  writeFileSync(file, `${[head, ...sorted].join('\n\n')}\n`);
}

function sectionOf({ title, rows, profile }) {
  const day = new Date().toISOString().slice(0, 10);
  const parts = [
    `## ${title}`,
    `Node ${process.versions.node}, ${process.platform} ${process.arch}, ${day}.`,
    markdownTable(rows),
  ];
  if (profile !== undefined && rows.some(isMissed)) parts.push(profile);
  return parts.join('\n\n');
}
