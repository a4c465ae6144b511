import { timeCalls } from '../measure.mjs';

export const title = 'A remembered value: await secrets.get() and handle.current(), against a look-up in a Map';

export async function measure(workshop) {
  const secrets = await workshop.keyward.openSecrets({ cwd: workshop.project, env: workshop.env });
  const map = new Map([['app/token', (await secrets.get('app/token')).expose()]]);
  const handle = await secrets.handle('app/token');
  const get = async () => map.get('app/token');
  const times = await timeCalls(
    {
      get: () => loopOfAwaits(() => secrets.get('app/token')),
      asyncMap: () => loopOfAwaits(get),
      current: () => loop(() => handle.current()),
      map: () => loop(() => map.get('app/token')),
    },
    workshop,
  );
  await secrets.close();
  const one = (ms) => ms / calls;
  return [
    {
      what: 'await secrets.get()',
      ms: one(times.get),
      baseline: 'await of async Map.get',
      baselineMs: one(times.asyncMap),
    },
    { what: 'handle.current()', ms: one(times.current), baseline: 'Map.get', baselineMs: one(times.map) },
  ];
}

/** One call takes less than the clock can tell. */
const calls = 10_000;

async function loopOfAwaits(call) {
  for (let index = 0; index < calls; index += 1) await call();
}

/** What is answered is used, so that no call can be left out. */
function loop(call) {
  let answers = 0;
  for (let index = 0; index < calls; index += 1) answers += call() === undefined ? 0 : 1;
  return answers;
}
