import { defineTarget } from '../manifest.js';
import { printYaml } from '../print-yaml.js';
import { signInOf } from './github-actions.js';

/** https://docs.gitlab.com/ci/secrets/id_token_authentication/ */
export default defineTarget({
  summary: 'a job of GitLab: signs in to the stores without a kept credential, checks the secrets, deploys',
  options: {
    deploy: { value: '<command>', description: 'what gets the secrets in its environment', default: './deploy.sh' },
    image: { value: '<image>', description: 'with Node', default: 'node:24.11.1-bookworm-slim' },
    audience: { value: '<text>', description: 'of the token; that of the store when absent' },
  },
  async render(deployment, { deploy, image, audience }) {
    const { environment } = deployment;
    const signIn = signInOf(deployment, '$CI_PROJECT_DIR.tmp/id-token');
    const text = await printYaml({
      deploy: {
        stage: 'deploy',
        image,
        environment,
        rules: [{ if: '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH' }],
        id_tokens: { KEYWARD_ID_TOKEN: { aud: audience ?? signIn.audience } },
        variables: { KEYWARD_ENV: environment, ...signIn.env },
        script: [
          'npm ci --ignore-scripts',
          '(umask 077; mkdir -p "$CI_PROJECT_DIR.tmp"; printf %s "$KEYWARD_ID_TOKEN" > "$CI_PROJECT_DIR.tmp/id-token")',
          'npx keyward check',
          `npx keyward run -- ${deploy}`,
        ],
      },
    });
    return [{ path: '.gitlab-ci.yml', text, next: signIn.next }];
  },
});
