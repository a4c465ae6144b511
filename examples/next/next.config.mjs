/** Keyward has native parts: Node loads it from node_modules, and it is never bundled. */
export default { serverExternalPackages: ['keyward'] };
