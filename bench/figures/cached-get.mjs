import { timeCalls } from '../measure.mjs';

export const title = 'A cached secrets.get, against a look-up in a Map';

export async function measure(workshop) {
  const secrets = await workshop.keyward.openSecrets({ cwd: workshop.project, env: workshop.env });
  const map = new Map([['app/token', (await secrets.get('app/token')).expose()]]);
  const times = await timeCalls(
    { get: () => secrets.get('app/token'), map: async () => map.get('app/token') },
    workshop,
  );
  await secrets.close();
  return [{ what: 'secrets.get', ms: times.get, baseline: 'async Map.get', baselineMs: times.map }];
}
