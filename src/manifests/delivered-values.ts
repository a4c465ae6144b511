import type { Deployment } from '../core/deployment.js';
import { KeywardError } from '../core/errors.js';
import type { Path } from '../core/path.js';

/** One value as the program finds it. */
export interface DeliveredValue {
  readonly path: Path;
  readonly field: string | undefined;
  /** Variables that hold it, or whose names with `_FILE` hold the name of its file. */
  readonly env: readonly string[];
  /** The first variable. */
  readonly variable: string;
  /** What its file, or its secret in Docker, is called: as `keyward export --format dir` and `swarm` call it. */
  readonly fileName: string;
  /** Its file in a folder of `keyward export --format dir --layout nested`. */
  readonly nestedFile: string;
}

/** Every value of the inventory. @throws KeywardError `config` when two values would be one file. */
export function deliveredValues({ secrets }: Deployment): readonly DeliveredValue[] {
  const seen = new Map<string, Path>();
  return secrets.flatMap(({ path, values }) =>
    values.flatMap(({ field, env }): readonly DeliveredValue[] => {
      const [variable] = env;
      if (variable === undefined) return [];
      const fileName = variable.toLowerCase();
      const other = seen.get(fileName);
      if (other !== undefined) {
        throw new KeywardError('config', `${other} and ${path} would both lie in a file called ${fileName}`, {
          path,
          advice: 'Give one of them another name with `env:` in keyward.yaml.',
        });
      }
      seen.set(fileName, path);
      const nestedFile = field === undefined ? path : `${path}/${field}`;
      return [{ path, field, env, variable, fileName, nestedFile }];
    }),
  );
}

/** The image, where there is one to name. @throws KeywardError `config` where the deployment does not say it. */
export function imageOf({ app }: Deployment): string {
  if (app.image !== undefined) return app.image;
  throw new KeywardError('config', 'the image of the program is not known', {
    advice: 'Add `deploy: { image: registry.example.com/bot:1.2 }` to keyward.yaml, or --set image=… here.',
  });
}
