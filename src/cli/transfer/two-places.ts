import type { Workspace } from '../../compose/workspace.js';
import { KeywardError } from '../../core/errors.js';
import type { Provider } from '../../core/provider.js';
import { type Invocation, type OptionSpec, textOption } from '../command.js';
import { withWorkspace } from '../session.js';

/** A store to take from or to go to. */
export interface Place {
  readonly workspace: Workspace;
  readonly provider: Provider;
  /** For people: the environment, or the link where both places are links of one. */
  readonly name: string;
}

/** Opens one of two places for the length of the body. */
export type WithPlace = <T>(body: (place: Place) => Promise<T>) => Promise<T>;

export const twoPlacesOptions: readonly OptionSpec[] = [
  { flags: '--from <link>', description: 'the link of the chain to take from; --to then names a link, too' },
  { flags: '--to <name>', description: 'the environment, or with --from the link of the chain' },
];

/**
 * The two places that `--from` and `--to` name: two links of the chain, or without `--from` the write targets of the
 * environment that the command works in and of another.
 *
 * @throws KeywardError `invalid` without `--to`.
 */
export function twoPlaces(invocation: Invocation): { readonly from: WithPlace; readonly to: WithPlace } {
  const from = textOption(invocation, 'from');
  const to = textOption(invocation, 'to');
  if (to === undefined) {
    throw new KeywardError('invalid', '--to is missing: the environment, or with --from the link of the chain');
  }
  if (from !== undefined) {
    return {
      from: placeIn(invocation, (workspace) => ({ provider: workspace.provider(from), name: from })),
      to: placeIn(invocation, (workspace) => ({ provider: workspace.writeTarget(to), name: to })),
    };
  }
  const inEnvironment = (workspace: Workspace) => ({
    provider: workspace.writeTarget(),
    name: workspace.config.environment,
  });
  return {
    from: placeIn(invocation, inEnvironment),
    to: placeIn({ ...invocation, global: { ...invocation.global, environment: to } }, inEnvironment),
  };
}

function placeIn(invocation: Invocation, choose: (workspace: Workspace) => Omit<Place, 'workspace'>): WithPlace {
  return (body) => withWorkspace(invocation, (workspace) => body({ workspace, ...choose(workspace) }));
}
