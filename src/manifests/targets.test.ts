import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { deployedBot, deployedSecret, hostileField } from '../../test/deployed-bot.js';
import type { Deployment } from '../core/deployment.js';
import { loadTarget, manifest, manifestTargets } from './index.js';

const bot: Deployment = { ...deployedBot, secrets: deployedBot.secrets.slice(0, 2) };

/** What targets need that no deployment says. */
const needed: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'aws-iam': { account: '123456789012' },
  'setup-aws': { account: '123456789012' },
  'setup-azure': { group: 'bots' },
  'azure-rbac': { identity: 'id', group: 'bots', subscription: 'sub' },
  codeowners: { team: '@org/security' },
  ecs: { account: '123456789012' },
  'gcp-iam': { account: 'bot@my-project.iam.gserviceaccount.com' },
  terraform: { store: 'aws', reader: 'bot' },
};

const made = async (name: string, deployment = bot, options = needed[name] ?? {}) =>
  manifest(name, deployment, options);
const textOf = async (...given: Parameters<typeof made>) => (await made(...given))[0]?.text ?? '';

/** Those that hold no value, and whose options are all said. */
const loaded = await Promise.all(manifestTargets.map(async (name) => ({ name, ...(await loadTarget(name)) })));
const plain = loaded
  .filter(({ name, options, needsValues }) => {
    const missing = Object.entries(options).filter(
      ([key, { isRequired }]) => isRequired && needed[name]?.[key] === undefined,
    );
    return needsValues !== true && missing.length === 0;
  })
  .map(({ name }) => name);

describe('deployment files', () => {
  test.each(plain)('%s is made the same twice, with its name in the first lines', async (name) => {
    const files = await made(name);
    expect(files).toEqual(await made(name));
    for (const { path, text } of files) {
      expect(path).not.toMatch(/^\/|\.\.|\\/);
      expect(text.endsWith('\n')).toBe(true);
      if (!path.endsWith('.json')) expect(text.split('\n', 2).join()).toContain(`# Made by: keyward manifest ${name}`);
    }
  });

  test('an option that there is not, a value that is none, and a line break are refused', async () => {
    await expect(manifest('compose', bot, { memroy: '1G' })).rejects.toThrow('has no option of a name');
    await expect(manifest('compose', bot, { secrets: 'inline' })).rejects.toThrow('compose takes no such secrets');
    await expect(manifest('compose', bot, { folder: 'a\nb' })).rejects.toThrow('line break');
    await expect(manifest('ecs', bot)).rejects.toThrow('ecs needs account');
    await expect(manifest('constructor', bot)).rejects.toThrow('no deployment file of this name');
  });

  test('a compose file reads back as the names that were given, whatever they mean to YAML', async () => {
    const { services } = parse(await textOf('compose', deployedBot));
    const { environment, command, secrets } = services.bot;
    expect(Object.keys(environment)).toEqual(
      expect.arrayContaining(['A__B_C_D_E_F_O__Y___X___Z____FILE', 'YES_FILE', 'N0123_FILE', 'NO_1_0_NULL_FILE']),
    );
    expect(command.at(-1)).toBe(deployedBot.app.command?.at(-1)?.replaceAll('$', '$$$$'));
    expect(secrets).toContain('yes');
    expect(services.bot).toMatchObject({ read_only: true, cap_drop: ['ALL'], user: '10001:10001' });
  });

  test('each way of giving secrets to a container has its own form', async () => {
    const external = parse(await textOf('compose', bot, { secrets: 'external' }));
    expect(external.secrets.database_password).toEqual({ external: true });
    const nested = parse(await textOf('compose', bot, { secrets: 'nested' }));
    expect(nested.services.bot.environment.DATABASE_PASSWORD_FILE).toBe('/run/secrets/database/password');
    expect(nested.services.bot.volumes).toEqual([
      { type: 'bind', source: './secrets', target: '/run/secrets', read_only: true },
    ]);
    expect(nested.secrets).toBeUndefined();
  });

  test('a unit has its words escaped: no specifier and no variable is left to begin', async () => {
    const text = await textOf('systemd', deployedBot);
    const start = /^ExecStart=(.*)$/m.exec(text)?.[1] ?? '';
    expect(start).toBe('/bin/sh -c "echo \\"$$HOME\\" \'%%h\' $${A} `id` \\\\ # {{ x }}"');
    expect(text).toContain('LoadCredential=YES:/etc/credstore/bot/YES\n');
    expect(text).toContain('Environment=YES_FILE=%d/YES\n');
  });

  test('a policy of Vault names each secret and nothing beside it', async () => {
    const text = await textOf('vault-policy');
    const paths = [...text.matchAll(/^path "(.*)" \{$/gm)].map(([, path]) => path);
    expect(paths).toEqual([
      'secret/data/bot/exchange/binance',
      'secret/metadata/bot/exchange/binance',
      'secret/data/bot/database/password',
      'secret/metadata/bot/database/password',
    ]);
    expect(text).not.toMatch(/[*]|sudo|list/);
  });

  test('the agent of Vault takes each field by its name, whatever that means to templates and HCL', async () => {
    const text = await textOf('vault-agent', deployedBot);
    expect(text).not.toMatch(/(?<!\$)\$\{|(?<!%)%\{/);
    const contents = [...text.matchAll(/contents +=(.*)$/gm)].map(([, quoted]) =>
      String(JSON.parse((quoted ?? '').replaceAll(/([$%])\1\{/g, '$1{'))),
    );
    expect(contents).toContain(
      `{{ with secret "secret/data/bot/a/+b=c@d.e" }}{{ index .Data.data ${JSON.stringify(hostileField)} }}{{ end }}`,
    );
  });

  test('a policy of AWS names each secret with the six characters that the service adds', async () => {
    const { Statement } = JSON.parse(await textOf('aws-iam'));
    expect(Statement[0].Resource).toEqual([
      'arn:aws:secretsmanager:eu-west-1:123456789012:secret:bot/exchange/binance-??????',
      'arn:aws:secretsmanager:eu-west-1:123456789012:secret:bot/database/password-??????',
    ]);
    expect(Statement[1].Resource).toContain('arn:aws:ssm:eu-west-1:123456789012:parameter/bot/database/password');
    expect(Statement[2]).toMatchObject({ Action: 'secretsmanager:BatchGetSecretValue' });
    await expect(made('aws-iam', bot, { account: '12' })).rejects.toThrow('twelve digits');
  });

  test('a store that holds nothing of the inventory has no policy', async () => {
    const kept = { ...bot, secrets: bot.secrets.map((secret) => ({ ...secret, places: [] })) };
    for (const name of ['vault-policy', 'aws-iam', 'gcp-iam', 'azure-rbac', 'cloud-run', 'github-actions']) {
      await expect(made(name, kept), name).rejects.toMatchObject({ code: 'config' });
    }
  });

  test('what a platform cannot give is left out and named', async () => {
    const [file] = await made('cloud-run');
    expect(file?.next).toContain('exchange/binance');
    const { spec } = parse(file?.text ?? '');
    expect(spec.template.spec.containers[0].env).toEqual([
      { name: 'DATABASE_PASSWORD', valueFrom: { secretKeyRef: { name: 'database-password', key: 'latest' } } },
    ]);
    const [task] = JSON.parse(await textOf('ecs')).containerDefinitions;
    expect(task.secrets[0]).toEqual({
      name: 'EXCHANGE_BINANCE_API_KEY',
      valueFrom: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:bot/exchange/binance:api_key::',
    });
  });

  test('Terraform takes every value by a write-only argument from an ephemeral variable', async () => {
    for (const store of ['aws', 'gcp', 'azure', 'vault']) {
      const text = await textOf('terraform', deployedBot, { store, reader: 'bot' });
      const variables = [...text.matchAll(/^variable "(\w+)" \{\n((?: {2}.*\n)*)/gm)].filter(
        ([, name]) => name !== 'resource_group',
      );
      expect(variables, store).toHaveLength(6);
      for (const [, , body] of variables) expect(body, store).toMatch(/ephemeral += true/);
      const uses = [...text.matchAll(/^ *(\w+) += .*var\.(?!resource_group)/gm)].map(([, argument]) => argument);
      expect(uses, store).toHaveLength(6);
      for (const argument of uses) expect(argument, store).toMatch(/_wo$/);
    }
    await expect(
      made('terraform', { ...bot, secrets: [deployedSecret('a/b'), deployedSecret('a_b')] }),
    ).rejects.toThrow('a/b and a_b');
  });

  test('no file of the inventory allows what lies beside it: any paths give exactly their rules', async () => {
    const segment = fc.stringMatching(/^[A-Za-z0-9_.+=@-]{1,12}$/).filter((text) => !['.', '..', '+'].includes(text));
    const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(path, { minLength: 1, maxLength: 5 }), async (paths) => {
        const text = await textOf('vault-policy', {
          ...bot,
          secrets: paths.map((each) => deployedSecret(each)),
        });
        const data = [...text.matchAll(/^path (".*") \{$/gm)].map(([, quoted]) => String(JSON.parse(quoted ?? '')));
        const expected = paths.flatMap((each) => ['data', 'metadata'].map((part) => `secret/${part}/bot/${each}`));
        expect(data).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  test('lines that keep files out of a repository are those of the documents, and others may stand beside them', async () => {
    const [file] = await made('gitignore');
    const lines = file?.text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines).toEqual(['.env', '.env.*', '!.env.example', '.env.secrets', 'secrets/', '*.key', '*.pem']);
    const target = await loadTarget('gitignore');
    if (file === undefined) return;
    expect(target.isSame?.(`node_modules\n${lines?.join('\r\n')}`, file)).toBe(true);
    expect(target.isSame?.('.env\n', file)).toBe(false);
  });

  test('egress names every host of an exchange, says which are not known, and takes no other text for a host', async () => {
    const [file] = await made('egress', {
      ...bot,
      secrets: [...bot.secrets, deployedSecret('exchange/nowhere/api_key')],
    });
    expect(file?.text).toContain('allow api.binance.com\n');
    expect(file?.next).toContain('nowhere');
    await expect(made('egress', bot, { also: 'a;reboot' })).rejects.toThrow('no name of a host');
    await expect(made('egress', bot, { user: '$(id)' })).rejects.toThrow('no name of a user');
  });

  test('YAML files have one document, and no key that an older reader takes for another', async () => {
    for (const name of [
      'compose',
      'compose-vault',
      'swarm',
      'prometheus',
      'github-actions',
      'gitlab-ci',
      'dependabot',
      'pre-commit',
    ]) {
      const text = await textOf(name);
      expect(parseAllDocuments(text), name).toHaveLength(1);
      expect(parse(text, { version: '1.1' }), name).toEqual(parse(text));
    }
  });
});
