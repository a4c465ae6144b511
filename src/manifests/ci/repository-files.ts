import { defineTarget } from '../manifest.js';
import { printYaml } from '../print-yaml.js';

const sensitive = ['/.env*', '/keyward.yaml', '/keyward.sealed.yaml', '/.github/', '/Dockerfile', '/compose.yaml'];

export const codeowners = defineTarget({
  summary: 'CODEOWNERS: who must agree to changes of files about secrets',
  options: {
    team: { value: '<owner>', description: 'such as @my-org/security', isRequired: true },
    also: { value: '<paths>', description: 'further paths, with blanks between', default: '' },
  },
  render(_, { team, also }) {
    const paths = [...sensitive, ...also.split(' ').filter((path) => path !== '')];
    const text = paths.map((path) => `${path} ${team}\n`).join('');
    return [{ path: '.github/CODEOWNERS', text, next: 'Require reviews of code owners in the branch protection.' }];
  },
});

export const dependabot = defineTarget({
  summary: 'Dependabot: weekly updates of packages and actions',
  options: {
    packages: { value: '<ecosystem>', description: 'npm, pip, gomod, cargo …', default: 'npm' },
    reviewer: { value: '<team>', description: 'who is asked' },
  },
  async render(_, { packages, reviewer }) {
    const updates = [packages, 'github-actions', 'docker'].map((ecosystem) => ({
      'package-ecosystem': ecosystem,
      directory: '/',
      schedule: { interval: 'weekly' },
      'open-pull-requests-limit': 5,
      ...(reviewer !== undefined && { reviewers: [reviewer] }),
    }));
    return [{ path: '.github/dependabot.yml', text: await printYaml({ version: 2, updates }) }];
  },
});

export const renovate = defineTarget({
  summary: 'Renovate: weekly updates, actions and images by their digests',
  options: { reviewer: { value: '<team>', description: 'who is asked' } },
  render(_, { reviewer }) {
    const config = {
      $schema: 'https://docs.renovatebot.com/renovate-schema.json',
      extends: ['config:recommended', 'helpers:pinGitHubActionDigests', 'docker:pinDigests', 'schedule:weekly'],
      minimumReleaseAge: '3 days',
      ...(reviewer !== undefined && { reviewers: [reviewer] }),
    };
    return [{ path: 'renovate.json', text: `${JSON.stringify(config, null, 2)}\n` }];
  },
});

export const preCommit = defineTarget({
  summary: 'pre-commit: no commit with a secret in it',
  options: {},
  async render() {
    const hook = {
      id: 'keyward-scan',
      name: 'no secrets',
      entry: 'npx keyward scan --staged',
      language: 'system',
      pass_filenames: false,
      always_run: true,
    };
    const text = await printYaml({ repos: [{ repo: 'local', hooks: [hook] }] });
    return [{ path: '.pre-commit-config.yaml', text, next: 'pre-commit install' }];
  },
});
