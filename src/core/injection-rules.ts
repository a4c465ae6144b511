/** Names that decide which code a program runs, where it connects, or how its tools behave. */
const refused =
  /^(?:PATH|IFS|ENV|SHELLOPTS|BASH_.*|LD_.*|DYLD_.*|NODE_.*|PYTHON.*|PERL5.*|RUBY.*|JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS|_JAVA_OPTIONS|NPM_CONFIG_.*|GIT_.*|KEYWARD_.*|GCONV_PATH|GLIBC_TUNABLES|OPENSSL_CONF|.*_PROXY|SSL_CERT_.*|EDITOR|PAGER)$/;

/** Keyward's own way in: a program that is started needs its secrets, not the key to all of them. */
const ownCredentials = /^KEYWARD_(?:KEY_FILE|AGE_KEY_FILE|PASSPHRASE.*|RECOVERY.*|TOKEN.*|SECRET_ID.*)$/;

/** Whether a store may not set this name for a program unless the user allows that very name. */
export function isRefusedForInjection(name: string): boolean {
  const upper = name.toUpperCase();
  return upper !== 'NODE_ENV' && refused.test(upper);
}

/** Whether the name gives access to Keyward itself and is kept from programs that Keyward starts. */
export function isOwnCredential(name: string): boolean {
  return ownCredentials.test(name.toUpperCase());
}
