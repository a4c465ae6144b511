import { formatDuration } from '../core/duration.js';
import type { RolloutSettings } from '../core/rollout-settings.js';
import type { RotatorSettings } from '../core/rotator-settings.js';
import { channelKinds } from './channel-registry.js';
import { chooseEnvironment } from './config.js';
import { type ConfigLayers, type LoadOptions, placeOf } from './config-layers.js';
import { configOf } from './load-config.js';
import type { NotificationConfig } from './notification-schema.js';
import { shownByType, shownOptions } from './provider-reach.js';
import { rolloutKinds } from './rollout-registry.js';
import { rotatorKinds } from './rotator-registry.js';
import type { RotateSettings } from './schedule-schema.js';

/** One value of the configuration that applies. */
export interface ConfigValue {
  readonly key: string;
  readonly value: unknown;
  /** `keyward.yaml:3:1`, `--env`, `KEYWARD_ENV`, `NODE_ENV` or `default`. */
  readonly from: string;
}

/**
 * Every value that applies, with where it was said. Nothing that could be a credential: neither what a template of a
 * derived secret holds, nor the arguments of a program.
 *
 * @throws KeywardError `config` for what is wrong in the files together.
 */
export function describeConfig(
  layers: ConfigLayers,
  options: Pick<LoadOptions, 'cwd' | 'env' | 'environment'>,
): readonly ConfigValue[] {
  const config = configOf(layers, options);
  const value = (key: string, shown: unknown, keyPath: readonly (string | number)[] = key.split('.')): ConfigValue => ({
    key,
    value: shown,
    from: placeOf(layers, keyPath) ?? 'default',
  });
  const { name, from } = chooseEnvironment(options.environment, options.env, layers.merged.environment);
  const environment = value('environment', name);
  return [
    from === 'file' || from === 'default' ? environment : { ...environment, from: from === 'option' ? '--env' : from },
    ...(config.project === undefined ? [] : [value('project', config.project)]),
    value('store.path', config.store.path ?? 'the store of this user'),
    ...(config.store.slot === undefined ? [] : [value('store.slot', config.store.slot)]),
    ...(config.providers?.map((entry, i) =>
      value(`providers.${i}`, { [entry.kind]: shownOptions(entry) }, ['providers', i]),
    ) ?? [value('providers', 'what there is of the store of this user, /run/secrets, .env files and the environment')]),
    value('write', config.write ?? 'the only one that can be written to'),
    value('cache.ttl', formatDuration(config.cache.ttlMs)),
    value('cache.maxStale', formatDuration(config.cache.maxStaleMs)),
    value('cache.offline', config.offline),
    value('credentials', config.credentials),
    value('health.probe', config.probePath),
    ...(config.audit === undefined ? [] : [value('audit', config.audit)]),
    ...(config.deploy === undefined ? [] : [value('deploy', config.deploy)]),
    ...(config.notifications === undefined ? [] : [value('notifications', shownNotifications(config.notifications))]),
    ...Object.entries(layers.merged.rotation ?? {}).map(([name, schedule]) =>
      value(`rotation.${name}`, schedule && shownSchedule(schedule)),
    ),
    ...Object.entries(layers.merged.secrets ?? {}).map(([path, entry]) => {
      const { from: template, rotate, rotator, rollout, ...rest } = entry ?? {};
      const derived = template === undefined ? {} : { derived: true };
      const rotated = rotate === undefined ? {} : { rotate: shownSchedule(rotate) };
      const rotating = rotator === undefined ? {} : { rotator: shownRotator(rotator) };
      const rolling = rollout === undefined ? {} : { rollout: rollout.map(shownRollout) };
      return value(`secrets.${path}`, { ...rest, ...derived, ...rotated, ...rotating, ...rolling }, ['secrets', path]);
    }),
  ];
}

function shownNotifications({ channels, on, repeat }: NotificationConfig) {
  const shown = Object.entries(channels).map(
    ([kind, options]) => [kind, shownByType(channelKinds.get(kind)?.options ?? {}, options)] as const,
  );
  return { ...Object.fromEntries(shown), on, repeat: formatDuration(repeat) };
}

/** As it would be written. */
function shownSchedule(schedule: RotateSettings): unknown {
  if (schedule === 'never') return schedule;
  const { every, jitter, ...rest } = schedule;
  const written = typeof every === 'number' ? formatDuration(every) : every;
  if (jitter === undefined && Object.keys(rest).length === 0) return written;
  return { ...(written && { every: written }), ...rest, ...(jitter !== undefined && { jitter: `${jitter * 100}%` }) };
}

function shownRotator({ driver, options, grace, connections, longest, ...rest }: RotatorSettings) {
  const durations = { grace: 'duration', connections: 'duration', longest: 'duration' } as const;
  return {
    [driver]: shownByType(rotatorKinds.get(driver)?.options ?? {}, options),
    ...shownByType(durations, {
      ...rest,
      ...(grace && { grace }),
      ...(connections && { connections }),
      ...(longest && { longest }),
    }),
  };
}

function shownRollout({ driver, options, timeout, pause, check }: RolloutSettings) {
  const durations = { timeout: 'duration', pause: 'duration' } as const;
  return {
    [driver]: shownByType(rolloutKinds.get(driver)?.options ?? {}, options),
    ...shownByType(durations, { ...(timeout && { timeout }), ...(pause && { pause }) }),
    ...(check && { check: shownByType({ exec: 'command', within: 'duration' }, check) }),
  };
}
