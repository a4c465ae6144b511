import { dockerRolloutKind } from '../lifecycle/rotation/rollouts/docker/docker-kind.js';
import { execRolloutKind } from '../lifecycle/rotation/rollouts/exec/exec-kind.js';
import { filesRolloutKind } from '../lifecycle/rotation/rollouts/files/files-kind.js';
import { kubernetesRolloutKind } from '../lifecycle/rotation/rollouts/kubernetes/kubernetes-kind.js';
import type { RolloutKind } from '../lifecycle/rotation/rollouts/rollout-kind.js';
import { signalRolloutKind } from '../lifecycle/rotation/rollouts/signal/signal-kind.js';
import { systemdRolloutKind } from '../lifecycle/rotation/rollouts/systemd/systemd-kind.js';
import { webhookRolloutKind } from '../lifecycle/rotation/rollouts/webhook/webhook-kind.js';

/** The drivers that bring values to consumers, by their key in `rollout:`. */
const rollouts = {
  kubernetes: kubernetesRolloutKind,
  docker: dockerRolloutKind,
  systemd: systemdRolloutKind,
  signal: signalRolloutKind,
  files: filesRolloutKind,
  webhook: webhookRolloutKind,
  exec: execRolloutKind,
} as const;

export const rolloutKinds: ReadonlyMap<string, RolloutKind> = new Map(Object.entries(rollouts));
