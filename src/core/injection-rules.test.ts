import { expect, test } from 'vitest';
import { isOwnCredential, isRefusedForInjection } from './injection-rules.js';

test.each([
  'PATH IFS ENV SHELLOPTS BASH_ENV BASH_FUNC_x LD_PRELOAD LD_LIBRARY_PATH DYLD_INSERT_LIBRARIES NODE_OPTIONS NODE_PATH',
  'PYTHONPATH PYTHONSTARTUP PERL5LIB PERL5OPT RUBYOPT RUBYLIB JAVA_TOOL_OPTIONS GIT_SSH_COMMAND GCONV_PATH HTTP_PROXY',
  'https_proxy no_proxy SSL_CERT_FILE SSL_CERT_DIR EDITOR PAGER ld_preload OPENSSL_CONF GLIBC_TUNABLES _JAVA_OPTIONS',
  'JDK_JAVA_OPTIONS npm_config_script_shell NPM_CONFIG_REGISTRY KEYWARD_CONFIG KEYWARD_ENV KEYWARD_KEY_FILE',
])('%s are refused', (names) => {
  for (const name of names.split(' ')) expect(isRefusedForInjection(name), name).toBe(true);
});

test('NODE_ENV and names of secrets are not refused', () => {
  for (const name of ['NODE_ENV', 'BINANCE_API_KEY', 'DATABASE_URL', 'PATH_TO_KEY', 'MY_EDITOR', 'SSL_KEY']) {
    expect(isRefusedForInjection(name), name).toBe(false);
  }
});

test("Keyward's own credentials are known, and its settings are not among them", () => {
  for (const name of ['KEYWARD_KEY_FILE', 'KEYWARD_TOKEN', 'KEYWARD_PASSPHRASE_FILE']) {
    expect(isOwnCredential(name), name).toBe(true);
  }
  for (const name of ['KEYWARD_ENV', 'KEYWARD_CONFIG', 'KEY_FILE']) expect(isOwnCredential(name), name).toBe(false);
});
