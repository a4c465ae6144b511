import { KeywardError } from '../../core/errors.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** A variable that is set, with the name it is set under. */
export interface SetVariable {
  readonly name: string;
  readonly value: string;
}

/** `BAO_` before `VAULT_`, as OpenBao's own command line reads them. */
const prefixes = ['BAO_', 'VAULT_'] as const;

/** What `VAULT_<name>` or `BAO_<name>` is set to; `undefined` when neither is, or is empty. */
export function vaultVariable(env: Environment, name: string): SetVariable | undefined {
  for (const prefix of prefixes) {
    const value = env[`${prefix}${name}`];
    if (value !== undefined && value !== '') return { name: `${prefix}${name}`, value };
  }
  return undefined;
}

/** The variable that names the server: `AGENT_ADDR`, the agent on this machine, goes before `ADDR`. */
export function addressVariable(env: Environment): SetVariable | undefined {
  return vaultVariable(env, 'AGENT_ADDR') ?? vaultVariable(env, 'ADDR');
}

/** Whether a variable that holds a truth, as Go reads one, is true; what is neither counts as set. */
export function isOn(variable: SetVariable | undefined): boolean {
  return variable !== undefined && !/^(?:0|f|false)$/i.test(variable.value);
}

/** Variables of the command line that would change what is sent or whom it reaches, and that are not followed here. */
const notFollowed: Readonly<Record<string, { readonly because: string; readonly advice: string }>> = {
  SKIP_VERIFY: {
    because: 'the server is always verified',
    advice: 'Unset it. To trust an authority of your own, name its certificate with VAULT_CACERT.',
  },
  HTTP_PROXY: { because: 'proxies are not used', advice: 'Unset it, and reach the server directly.' },
  PROXY_ADDR: { because: 'proxies are not used', advice: 'Unset it, and reach the server directly.' },
  SRV_LOOKUP: { because: 'servers are not looked up by SRV records', advice: 'Name the server in VAULT_ADDR.' },
  WRAP_TTL: { because: 'a wrapped answer holds no secret', advice: 'Unset it for this program.' },
  MFA: { because: 'second factors are not sent', advice: 'Use AppRole, or a token.' },
  HEADERS: { because: 'no headers are added to requests', advice: 'Unset it for this program.' },
  RATE_LIMIT: {
    because: 'requests are not delayed by a rate',
    advice: 'Unset it; cache.ttl decides how often it is asked.',
  },
};

const switches = new Set(['SKIP_VERIFY', 'SRV_LOOKUP']);

/** @throws KeywardError `config` naming a variable whose meaning would be lost. */
export function refuseUnfollowed(env: Environment): void {
  for (const [name, { because, advice }] of Object.entries(notFollowed)) {
    const variable = vaultVariable(env, name);
    if (variable === undefined || (switches.has(name) && !isOn(variable))) continue;
    throw new KeywardError('config', `${variable.name} is set, and ${because}`, { store: variable.name, advice });
  }
}

const generalProxies = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'];

/** The variables that name a proxy for all programs; they have no effect here. */
export function ignoredProxies(env: Environment): readonly string[] {
  return generalProxies.filter((name) => (env[name] ?? '') !== '');
}
