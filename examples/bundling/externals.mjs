/** What stays out of a bundle: native packages, and those that Keyward loads only where they are installed. */
export const externals = ['lmdb', '@node-rs/argon2', '@napi-rs/keyring', 'prom-client'];
