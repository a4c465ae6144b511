import type { Deployment } from '../../core/deployment.js';
import { KeywardError } from '../../core/errors.js';
import { defineTarget } from '../manifest.js';
import { printYaml } from '../print-yaml.js';

const checkout = 'actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683';
const setupNode = 'actions/setup-node@49933ea5288caeca8642d1e84afbd3f7d6820020';

/** https://docs.github.com/actions/concepts/security/openid-connect */
export default defineTarget({
  summary: 'a workflow of GitHub: signs in to the stores without a kept credential, checks the secrets, deploys',
  options: {
    deploy: { value: '<command>', description: 'what gets the secrets in its environment', default: './deploy.sh' },
    audience: { value: '<text>', description: 'of the token; sts.amazonaws.com for AWS when absent' },
  },
  async render(deployment, { deploy, audience }) {
    const { environment } = deployment;
    const signIn = signInOf(deployment, `$\{{ runner.temp }}/id-token`);
    const env = Object.keys(signIn.env).length === 0 ? {} : { env: signIn.env };
    const text = await printYaml({
      name: 'deploy',
      on: { push: { branches: ['main'] } },
      permissions: {},
      jobs: {
        deploy: {
          'runs-on': 'ubuntu-24.04',
          environment,
          permissions: { contents: 'read', 'id-token': 'write' },
          env: { KEYWARD_ENV: environment },
          steps: [
            { uses: checkout, with: { 'persist-credentials': false } },
            { uses: setupNode, with: { 'node-version': 24, cache: 'npm' } },
            { run: 'npm ci --ignore-scripts' },
            {
              name: 'Sign in',
              run: `umask 077\ncurl -sSf -H "Authorization: bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" \\\n  "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=$AUDIENCE" | jq -j .value > "$RUNNER_TEMP/id-token"\n`,
              env: { AUDIENCE: audience ?? signIn.audience },
            },
            { run: 'npx keyward check', ...env },
            // Values are in the environment of this command only, and never in that of later steps.
            { run: `npx keyward run -- ${deploy}`, ...env },
          ],
        },
      },
    });
    return [{ path: '.github/workflows/deploy.yml', text, next: signIn.next }];
  },
});

interface SignIn {
  readonly env: Readonly<Record<string, string>>;
  readonly audience: string;
  readonly next: string;
}

/**
 * How the stores of the chain take a token of the pipeline.
 *
 * @param file in which the token lies, in the words of the pipeline.
 * @throws KeywardError `config` when none of them does.
 */
export function signInOf({ secrets }: Deployment, file: string): SignIn {
  const kinds = new Set(secrets.flatMap(({ places }) => places.map(({ place }) => place.kind)));
  const env: Record<string, string> = {};
  const steps: string[] = [];
  let audience = 'keyward';
  if (kinds.has('vault')) {
    steps.push(`Vault: in keyward.yaml, auth: jwt, role: deploy and a jwtFile; it lies in ${file}`);
  }
  if (kinds.has('aws') || kinds.has('ssm')) {
    audience = 'sts.amazonaws.com';
    Object.assign(env, { AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/deploy', AWS_WEB_IDENTITY_TOKEN_FILE: file });
    steps.push('AWS: put in the role; its trust names this repository and branch only');
  }
  if (kinds.has('azure')) {
    const id = '00000000-0000-0000-0000-000000000000';
    audience = 'api://AzureADTokenExchange';
    Object.assign(env, { AZURE_CLIENT_ID: id, AZURE_TENANT_ID: id, AZURE_FEDERATED_TOKEN_FILE: file });
    steps.push('Azure: put in client and tenant; the federated credential names this repository and branch only');
  }
  if (kinds.has('gcp')) {
    steps.push(
      'Google Cloud: gcloud iam workload-identity-pools create-cred-config, with the token from that file, as GOOGLE_APPLICATION_CREDENTIALS',
    );
  }
  if (steps.length > 0) return { env, audience, next: steps.join('\n') };
  throw new KeywardError('config', 'no store of the chain takes a token of a pipeline', {
    advice: 'Add a link to vault, aws, gcp or azure, or keep the secrets in a sealed file.',
  });
}
