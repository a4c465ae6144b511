import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { formatTime, isHeld } from './table.mjs';

const head = `# Benchmarks

What Keyward costs, each figure against a baseline that was measured in turns with it, in one run of \`npm run bench\` (which
writes this page) on one machine and one Node. Times belong to the machine; ratios and what is added are what to compare. A
figure that misses its bound stays here, with where its time goes.
`;

/** Writes the sections of the figures that were measured; the others stay as an earlier run wrote them. */
export function writePage(file, sections) {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const kept = new Map(before.split(/^(?=## )/m).slice(1).map((text) => [text.slice(3, text.indexOf('\n')), text]));
  for (const section of sections) kept.set(section.title, sectionText(section));
  const ordered = [...kept].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text.trim());
  writeFileSync(file, `${[head.trim(), ...ordered].join('\n\n')}\n`);
}

function sectionText({ title, rows, missed }) {
  const lines = rows.map((row) => {
    const { what, ms, baseline, baselineMs, bound } = row;
    const held = bound === undefined ? '' : `${bound.text}: ${isHeld(row) ? 'held' : '**missed**'}`;
    const ratio = (ms / baselineMs).toFixed(2);
    const cells = [what, formatTime(ms), baseline, formatTime(baselineMs), ratio, formatTime(ms - baselineMs), held];
    return `| ${cells.join(' | ')} |`;
  });
  const isMissed = rows.some((row) => !isHeld(row));
  return [
    `## ${title}`,
    '',
    `Node ${process.versions.node}, ${process.platform} ${process.arch}, ${new Date().toISOString().slice(0, 10)}.`,
    '',
    '| what | time | baseline | its time | ratio | over it | bound |',
    '|---|---|---|---|---|---|---|',
    ...lines,
    ...(isMissed && missed !== undefined ? ['', missed] : []),
  ].join('\n');
}
