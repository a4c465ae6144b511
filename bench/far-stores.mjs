import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createPlainServer } from 'node:http';
import { createServer } from 'node:https';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const value = 'a-secret-of-usual-length-0123456789';
const time = '2026-01-01T00:00:00Z';
const authority = 'https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000';

/** What the stores answer to a read, by the beginnings of paths or by the target that AWS names in a header. */
const answers = {
  'secretsmanager.GetSecretValue': ({ SecretId: Name }) => secretOf(Name),
  'secretsmanager.BatchGetSecretValue': ({ SecretIdList }) => ({
    SecretValues: SecretIdList.map(secretOf),
    Errors: [],
  }),
  'AmazonSSM.GetParameter': ({ Name }) => ({
    Parameter: {
      ARN: `arn:aws:ssm:us-east-1:123456789012:parameter${Name}`,
      DataType: 'text',
      LastModifiedDate: 1.7e9,
      Name,
      Type: 'SecureString',
      Value: value,
      Version: 1,
    },
  }),
  '/secrets/': (_, name, origin) => ({
    value,
    id: `${origin}/secrets/${name}/${'0123456789abcdef'.repeat(2)}`,
    attributes: { enabled: true, created: 1.7e9, updated: 1.7e9, recoveryLevel: 'Recoverable', recoverableDays: 90 },
    contentType: 'text/plain',
    tags: {},
  }),
  '/v1/projects/p/secrets/': (_, name) => ({
    name: `projects/123456789012/secrets/${name}/versions/1`,
    payload: { data: Buffer.from(value).toString('base64'), dataCrc32c: checksum },
  }),
  '/v1/secret/data/app/': () => ({
    request_id: '00000000-0000-4000-8000-000000000001',
    lease_id: '',
    renewable: false,
    lease_duration: 0,
    data: {
      data: { value },
      metadata: { created_time: time, custom_metadata: null, deletion_time: '', destroyed: false, version: 1 },
    },
    wrap_info: null,
    warnings: null,
    auth: null,
    mount_type: 'kv',
  }),
  '/v1/sys/internal/ui/mounts/': () => ({
    request_id: '00000000-0000-4000-8000-000000000002',
    data: { path: 'secret/', type: 'kv', options: { version: '2' } },
  }),
  '/api/v1/namespaces/default/secrets/': (_, name) => ({
    kind: 'Secret',
    apiVersion: 'v1',
    metadata: {
      name,
      namespace: 'default',
      uid: '00000000-0000-4000-8000-000000000003',
      resourceVersion: '1234',
      creationTimestamp: time,
      managedFields: [
        {
          manager: 'kubectl-create',
          operation: 'Update',
          apiVersion: 'v1',
          time,
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:data': { '.': {}, 'f:value': {} }, 'f:type': {} },
        },
      ],
    },
    data: { value: Buffer.from(value).toString('base64') },
    type: 'Opaque',
  }),
};
/** CRC-32C of the value. */
const checksum = '2059674178';

function secretOf(Name) {
  return {
    ARN: `arn:aws:secretsmanager:us-east-1:123456789012:secret:${Name}-AbCdEf`,
    Name,
    VersionId: '00000000-0000-4000-8000-000000000001',
    VersionStages: ['AWSCURRENT'],
    CreatedDate: 1.7e9,
    SecretString: value,
  };
}

/**
 * Servers on this machine that answer reads as the stores do, over TLS, without their work: what a client adds stands out
 * against the least that a read can take. `env` is for a process that asks them.
 */
export async function startFarStores(folder) {
  mkdirSync(folder);
  const tls = certificateIn(folder);
  const https = createServer(tls);
  const identity = createPlainServer((_, response) => response.end(JSON.stringify(azureToken)));
  const origin = `https://localhost:${await listening(https)}`;
  https.on('request', (request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => answer(request, Buffer.concat(chunks), response, origin));
  });
  const grpc = await startGrpc(tls);
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const file = (name, content) => {
    writeFileSync(join(folder, name), JSON.stringify(content), { mode: 0o600 });
    return join(folder, name);
  };
  const account = file('account.json', {
    type: 'service_account',
    project_id: 'p',
    private_key_id: 'k',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: 'bot@example.com',
  });
  const kubeconfig = file('kubeconfig', {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'bench',
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench', namespace: 'default' } }],
    clusters: [
      { name: 'bench', cluster: { server: origin, 'certificate-authority-data': tls.cert.toString('base64') } },
    ],
    users: [{ name: 'bench', user: { token: 'x' } }],
  });
  return {
    env: {
      FAR_STORES: JSON.stringify({ origin, grpcPort: grpc.port, certificate: tls.file, kubeconfig }),
      NODE_EXTRA_CA_CERTS: tls.file,
      GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: tls.file,
      GOOGLE_APPLICATION_CREDENTIALS: account,
      IDENTITY_ENDPOINT: `http://127.0.0.1:${await listening(identity)}/token`,
      IDENTITY_HEADER: 'x',
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    },
    async stop() {
      grpc.server.forceShutdown();
      for (const server of [https, identity]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

const azureToken = {
  access_token: `token.${Buffer.from(JSON.stringify({ appid: 'app', tid: 'tenant' })).toString('base64url')}.x`,
  expires_on: String(Math.floor(Date.now() / 1000) + 86_400),
  token_type: 'Bearer',
};

function answer({ url, headers }, body, response, origin) {
  response.setHeader('content-type', 'application/json');
  if (url.startsWith('/secrets/') && headers.authorization === undefined) {
    const challenge = `Bearer authorization="${authority}", resource="https://localhost"`;
    response.writeHead(401, { 'www-authenticate': challenge });
    response.end('{"error":{"code":"Unauthorized"}}');
    return;
  }
  const target = headers['x-amz-target'];
  const start = target ?? Object.keys(answers).find((known) => url.startsWith(known));
  const name = target === undefined ? /^[^/?]*/.exec(url.slice(start.length))[0] : undefined;
  response.end(JSON.stringify(answers[start](target && JSON.parse(body), name, origin)));
}

async function startGrpc(tls) {
  const fromClient = createRequire(createRequire(import.meta.url).resolve('@google-cloud/secret-manager'));
  const { grpc } = fromClient('google-gax');
  const { AccessSecretVersionResponse } = fromClient('../protos/protos.js').google.cloud.secretmanager.v1;
  const server = new grpc.Server();
  const accessed = (name) =>
    AccessSecretVersionResponse.encode({ name, payload: { data: Buffer.from(value), dataCrc32c: checksum } }).finish();
  const method = {
    path: '/google.cloud.secretmanager.v1.SecretManagerService/AccessSecretVersion',
    requestStream: false,
    responseStream: false,
    // The only text in it is the name.
    requestDeserialize: (bytes) => bytes.toString('latin1'),
    responseSerialize: (bytes) => bytes,
  };
  server.addService(
    { accessSecretVersion: method },
    {
      accessSecretVersion: ({ request }, reply) => {
        const [, name] = /secrets\/([^/]+)\//.exec(request);
        reply(null, Buffer.from(accessed(`projects/123456789012/secrets/${name}/versions/1`)));
      },
    },
  );
  const pair = { cert_chain: tls.cert, private_key: tls.key };
  const credentials = grpc.ServerCredentials.createSsl(null, [pair]);
  const port = await new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, at) => (error ? reject(error) : resolve(at)));
  });
  return { server, port };
}

/** A certificate for this machine that is its own authority. */
function certificateIn(folder) {
  const [key, file] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2', '-nodes'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  execFileSync('openssl', ['req', '-x509', ...curve, ...subject, '-keyout', key, '-out', file], { stdio: 'pipe' });
  return { key: readFileSync(key), cert: readFileSync(file), file };
}

async function listening(server) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server.address().port;
}
