import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatDotenv } from '../../src/formats/format-dotenv.js';
import { Home, keywardProgram } from '../faults/home.js';
import type { Canary } from '../system/canaries.js';

/** A home whose store holds every canary, with the shell scripts of a day's work in it. */
export class WorkPlace {
  readonly home = Home.withStore();
  /** A folder for what a script is to leave behind; `$SINK` for the script. */
  readonly folder = join(this.home.root, 'sink');

  /** @param values texts. */
  constructor(values: readonly Canary[]) {
    const { home } = this;
    for (const [index, { bytes }] of values.entries()) {
      home.keywardSucceeds(['set', `app/held${index}`], bytes.toString());
      writeFileSync(join(home.project, `value${index}`), bytes);
    }
    const pairs = values.map(({ bytes }, index) => [`CANARY_${index}`, bytes.toString()] as const);
    writeFileSync(join(home.root, 'all.env'), formatDotenv(pairs));
    writeFileSync(join(home.project, 'bad.env'), `A="${values[1]?.bytes}\n`);
    writeFileSync(join(home.project, 'day.sh'), keyward + dayOf(values.length));
    writeFileSync(join(home.project, 'project.sh'), keyward + project);
    writeFileSync(join(home.project, 'report.cjs'), report);
  }

  /** Runs a script behind another program if one is given, with an empty sink. */
  run(script: string, env: Readonly<Record<string, string>> = {}, behind: readonly string[] = []) {
    this.emptySink();
    const [program = 'sh', ...rest] = [...behind, 'sh', '-c', script];
    const { stdout, stderr } = spawnSync(program, rest, {
      cwd: this.home.project,
      env: this.environment(env),
      maxBuffer: 1 << 28,
    });
    return { stdout, stderr };
  }

  emptySink(): void {
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(this.folder);
  }

  environment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
    return { ...this.home.env, SINK: this.folder, ...more };
  }

  remove(): void {
    this.home.remove();
  }
}

const keyward = `keyward() { "${process.execPath}" $FLAGS "${keywardProgram}" "$@"; }\n`;

/** Programs that are given the values. */
export const targets: readonly string[] = ['sleep', 'no-such-program'];

/** What a person does in a day, and what fails in it; nothing of it may show a value. */
const dayOf = (values: number) => `
i=0; while [ $i -lt ${values} ]; do keyward set app/new$i --exact < value$i; i=$((i+1)); done
keyward set app/document one=@value1 two=@value2
keyward run --path app -- sleep 0.1
keyward run --path app --files -- sleep 0.1
keyward run --path app --redact -- sleep 0.1
keyward run --path app -- no-such-program
EDITOR=true keyward edit app/held1
keyward list; keyward diff app/held1; keyward history app/held1; keyward delete app/held1; keyward status
keyward import bad.env --yes
keyward set app/held2 --if-version 77 < value2
for verb in get set delete history diff edit copy; do
  keyward completion --words -- $verb app/ >> "$SINK/completion"
  keyward completion --words -- $verb app/held2 '' >> "$SINK/completion"
done
true
`;

/** From a project with a .env of plain values to one that is committed and published. */
const project = `
rm -rf "$HOME/other"; mkdir "$HOME/other"; cd "$HOME/other"
cp ../all.env .env
git init -q .
echo '{"name":"other","version":"1.0.0"}' > package.json
keyward init --from .env
keyward import .env --yes
keyward seal init
keyward seal .env
keyward types
keep() {
  git add -A && git -c user.name=me -c user.email=me@example.com commit -qm "$1"
  npm pack --pack-destination "$SINK" > /dev/null
}
keep first
`;

const report = `process.on('exit', () => process.report.writeReport(process.env.SINK + '/report-' + process.pid + '.json'));`;
