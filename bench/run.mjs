// Measures every figure against its baseline in one run, prints tables, and writes them to docs/benchmarks.md. Absolute
// times belong to the machine; the ratios are what is compared. `--quick` takes few samples, to see that everything runs,
// and writes nothing; `--full` adds the sizes that take long; `--stores=FOLDER` keeps filled stores there for later runs;
// words choose figures by name, and the page keeps its other sections.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writePage } from './page.mjs';
import { printRows } from './table.mjs';
import { createWorkshop, repository } from './workshop.mjs';

const isQuick = process.argv.includes('--quick');
const isFull = process.argv.includes('--full');
const stores = process.argv.find((argument) => argument.startsWith('--stores='))?.slice('--stores='.length);
const words = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));

execFileSync(process.execPath, [join(repository, 'build/build.mjs')], { stdio: 'inherit' });
const workshop = await createWorkshop({ isQuick, isFull, stores: stores && resolve(stores) });
try {
  const folder = join(import.meta.dirname, 'figures');
  const figures = [];
  for (const file of readdirSync(folder).sort()) {
    if (words.length > 0 && !words.some((word) => file.includes(word))) continue;
    const { title, measure, profile } = await import(join(folder, file));
    console.log(`\n${title}`);
    const rows = await measure(workshop);
    printRows(rows);
    figures.push({ title, rows, profile });
  }
  if (!isQuick) writePage(join(repository, 'docs/benchmarks.md'), figures);
} finally {
  workshop.remove();
}
