const directoriesOfNames: Readonly<Record<string, readonly string[]>> = {
  app: ['SECRET_KEY', 'ENCRYPTION_KEY', 'JWT_SECRET'],
  monitoring: ['SENTRY_DSN', 'GRAFANA_API_KEY', 'DATADOG_API_KEY', 'PROMETHEUS_AUTH_TOKEN'],
  notifications: ['SLACK_WEBHOOK_URL', 'TELEGRAM_TOKEN', 'TELEGRAM_CHAT_ID', 'EMAIL_PASSWORD', 'SMTP_CREDENTIALS'],
};

const otherNames: Readonly<Record<string, string>> = {
  GATEWAY_PASSPHRASE: 'gateway/passphrase',
  KAFKA_SASL_USERNAME: 'services/kafka/sasl_username',
  KAFKA_SASL_PASSWORD: 'services/kafka/sasl_password',
  HF_TOKEN: 'services/huggingface/token',
  TELEGRAM_BOT_TOKEN: 'notifications/telegram_token',
  DD_API_KEY: 'monitoring/datadog_api_key',
  PGHOST: 'database/postgres/host',
  PGPORT: 'database/postgres/port',
  PGUSER: 'database/postgres/user',
  PGPASSWORD: 'database/postgres/password',
  PGDATABASE: 'database/postgres/database',
};

const engines: Readonly<Record<string, string>> = {
  POSTGRES: 'postgres/',
  POSTGRESQL: 'postgres/',
  MYSQL: 'mysql/',
  MARIADB: 'mariadb/',
  MONGO: 'mongodb/',
  MONGODB: 'mongodb/',
  REDIS: 'redis/',
  CLICKHOUSE: 'clickhouse/',
  DB: '',
  DATABASE: '',
};

const parts: Readonly<Record<string, string>> = {
  HOST: 'host',
  PORT: 'port',
  USER: 'user',
  USERNAME: 'user',
  PASSWORD: 'password',
  DB: 'database',
  DATABASE: 'database',
  NAME: 'database',
  URL: 'url',
};

const table: ReadonlyMap<string, string> = new Map([
  ...Object.entries(directoriesOfNames).flatMap(([directory, names]) =>
    names.map((name) => [name, `${directory}/${name.toLowerCase()}`] as const),
  ),
  ...Object.entries(engines).flatMap(([engine, directory]) =>
    Object.entries(parts).map(([part, segment]) => [`${engine}_${part}`, `database/${directory}${segment}`] as const),
  ),
  ...Object.entries(otherNames),
]);

/** The path at which a secret with this upper-case environment name usually lies; `undefined` for any other name. */
export function wellKnownPath(name: string): string | undefined {
  if (name.endsWith('_CLICKHOUSE_PASSWORD')) return 'database/clickhouse/password';
  return table.get(name);
}

const settingWords: ReadonlySet<string> = new Set([
  ...['ADDR', 'ADDRESS', 'BUCKET', 'DATABASE', 'DB', 'DEBUG', 'DIR', 'ENABLED', 'ENV', 'ENVIRONMENT', 'FORMAT', 'HOST'],
  ...['HOSTS', 'INTERVAL', 'LEVEL', 'LOCALE', 'MODE', 'PATH', 'PORT', 'REGION', 'SANDBOX', 'TESTNET', 'TIMEOUT'],
  ...['TIMEZONE', 'TZ', 'VERSION', 'WORKERS'],
]);

/** Whether the last word of the name is one that plain settings have. A guess, for the reader of a plan only. */
export function looksLikeSetting(name: string): boolean {
  return settingWords.has(name.toUpperCase().split('_').at(-1) ?? '');
}

/** Whether the name is one by which a backing store is reached, and so may be needed before any store is open. */
export function looksLikeStoreCredential(name: string): boolean {
  return /^(?:AWS|AZURE|GOOGLE|KEYWARD|VAULT)_/i.test(name);
}
