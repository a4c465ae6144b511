import { awsIamRotatorKind } from '../lifecycle/rotation/rotators/aws-iam/aws-iam-kind.js';
import { clickhouseRotatorKind } from '../lifecycle/rotation/rotators/clickhouse/clickhouse-kind.js';
import { execRotatorKind } from '../lifecycle/rotation/rotators/exec/exec-kind.js';
import { guidedRotatorKind } from '../lifecycle/rotation/rotators/guided/guided-kind.js';
import { kafkaRotatorKind } from '../lifecycle/rotation/rotators/kafka/kafka-kind.js';
import { keyPairRotatorKind } from '../lifecycle/rotation/rotators/keypair/keypair-kind.js';
import { postgresRotatorKind } from '../lifecycle/rotation/rotators/postgres/postgres-kind.js';
import { randomRotatorKind } from '../lifecycle/rotation/rotators/random/random-kind.js';
import { redisRotatorKind } from '../lifecycle/rotation/rotators/redis/redis-kind.js';
import type { RotatorKind } from '../lifecycle/rotation/rotators/rotator-kind.js';
import { vaultSecretIdRotatorKind } from '../lifecycle/rotation/rotators/vault-secret-id/vault-secret-id-kind.js';
import { vaultTokenRotatorKind } from '../lifecycle/rotation/rotators/vault-token/vault-token-kind.js';
import { webhookRotatorKind } from '../lifecycle/rotation/rotators/webhook/webhook-kind.js';

/** The drivers that rotate, by their key in `rotator:`. */
const rotators = {
  random: randomRotatorKind,
  keypair: keyPairRotatorKind,
  postgres: postgresRotatorKind,
  redis: redisRotatorKind,
  clickhouse: clickhouseRotatorKind,
  kafka: kafkaRotatorKind,
  'aws-iam': awsIamRotatorKind,
  'vault-token': vaultTokenRotatorKind,
  'vault-secret-id': vaultSecretIdRotatorKind,
  guided: guidedRotatorKind,
  exec: execRotatorKind,
  webhook: webhookRotatorKind,
} as const;

export const rotatorKinds: ReadonlyMap<string, RotatorKind> = new Map(Object.entries(rotators));
