import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startsInTurns } from '../measure.mjs';
import { repository } from '../workshop.mjs';

export const title = 'Import of the library (processor time), against an empty script';

export async function measure({ isQuick, folder, env }) {
  const library = pathToFileURL(join(repository, 'dist/index.js')).href;
  writeFileSync(join(folder, 'empty.mjs'), '');
  writeFileSync(join(folder, 'import.mjs'), `import ${JSON.stringify(library)};\n`);
  const programs = {
    empty: { args: ['empty.mjs'], cwd: folder },
    import: { args: ['import.mjs'], cwd: folder },
  };
  const { cpu } = startsInTurns(programs, { env, turns: isQuick ? 2 : 40 });
  return [
    {
      what: "import 'keyward'",
      ms: cpu.import,
      baseline: 'empty script',
      baselineMs: cpu.empty,
      bound: { addsMs: 20 },
    },
  ];
}
