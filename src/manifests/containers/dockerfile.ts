import { defineTarget } from '../manifest.js';

const recipes = {
  node: {
    base: 'node:24.11.1-bookworm-slim',
    steps: [
      'ENV NODE_ENV=production',
      'COPY package.json package-lock.json ./',
      'RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force',
      'COPY . .',
    ],
    command: ['node', 'index.js'],
  },
  python: {
    base: 'python:3.11.7-slim-bookworm',
    steps: ['ENV PYTHONUNBUFFERED=1', 'COPY . .', 'RUN pip install --no-cache-dir .'],
    command: ['python', '-m', 'app'],
  },
};

/** https://docs.docker.com/reference/dockerfile/ */
export default defineTarget({
  summary: 'Dockerfile: one fixed base, not root, no secret in any layer',
  options: {
    language: { value: '<name>', description: 'of the program', default: 'node', choices: ['node', 'python'] },
    base: { value: '<image>', description: 'of a fixed version; a digest is better still' },
  },
  render({ app }, { language, base }) {
    const recipe = recipes[language === 'python' ? 'python' : 'node'];
    const lines = [
      `FROM ${base ?? recipe.base}`,
      'WORKDIR /app',
      ...recipe.steps,
      `USER ${app.uid}:${app.uid}`,
      ...(app.port === undefined ? [] : [`EXPOSE ${app.port}`]),
      // In the form of JSON no shell takes part, and nothing is expanded.
      `CMD ${JSON.stringify(app.command ?? recipe.command)}`,
    ];
    const next =
      'Secrets are given when it runs: keyward manifest compose. Keep them out of the build: keyward manifest dockerignore';
    return [{ path: 'Dockerfile', text: `${lines.join('\n')}\n`, next }];
  },
});
