import { timeCalls } from '../measure.mjs';

export const title = 'verifier.validate() of wrong values: where they differ must not show, so the ratio is 1';

export async function measure(workshop) {
  const { createKeySet, createVerifier, openSecrets } = workshop.keyward;
  const secrets = await openSecrets({ cwd: workshop.project, env: workshop.env });
  const right = (await secrets.get('app/token')).expose();
  const verifier = await createVerifier(secrets, 'app/token', { grace: '1h' });
  const stranger = '~'.repeat(right.length);
  const keys = await createKeySet(secrets, 'app', { grace: '1h', keys: { token: {} } });
  // Of one kind, so that they are counted alike.
  const set = {
    validate: async (presented) => ((await keys.validate(presented)).answer === 'unknown' ? undefined : ''),
  };
  const times = await timeCalls(
    {
      first: () => loop(verifier, `~${right.slice(1)}`),
      last: () => loop(verifier, `${right.slice(0, -1)}~`),
      shorter: () => loop(verifier, right.slice(0, -1)),
      stranger: () => loop(verifier, stranger),
      known: () => loop(set, `token.${stranger}`),
      unknown: () => loop(set, `nobody.${stranger}`),
    },
    workshop,
  );
  await secrets.close();
  const baseline = { baseline: 'no byte right', baselineMs: times.stranger / calls };
  return [
    { what: 'first byte wrong', ms: times.first / calls, ...baseline },
    { what: 'last byte wrong', ms: times.last / calls, ...baseline },
    { what: 'last byte missing', ms: times.shorter / calls, ...baseline },
    {
      what: 'key set, an id that it does not have',
      ms: times.unknown / calls,
      baseline: 'key set, an id that it has',
      baselineMs: times.known / calls,
    },
  ];
}

/** One call takes less than the clock can tell. */
const calls = 1_000;

async function loop(verifier, presented) {
  let accepted = 0;
  for (let index = 0; index < calls; index += 1) accepted += (await verifier.validate(presented)) === undefined ? 0 : 1;
  if (accepted > 0) throw new Error('a wrong value was accepted');
}
