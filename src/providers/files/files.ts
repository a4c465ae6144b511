import { resolve } from 'node:path';
import { documentOf, readByNames } from '../../core/environment-source.js';
import { KeywardError } from '../../core/errors.js';
import { withoutFinalNewline } from '../../core/final-newline.js';
import type { Inventory } from '../../core/inventory.js';
import { type Directory, type Path, parsePath, pathProblem, segmentsOf } from '../../core/path.js';
import { maxPayloadBytes, narrowToField, type Payload, payloadOf } from '../../core/payload.js';
import type { Provider } from '../../core/provider.js';
import { defaultSecretFiles, defineProviderKind, prefixDirectory } from '../../core/provider-kind.js';
import type { Ref } from '../../core/ref.js';
import { createUnversionedProvider, type UnversionedView } from '../../core/unversioned-provider.js';
import { FileTree, type TreeNode } from '../../host/file-tree.js';
import { readPlainFile } from '../../host/plain-file.js';
import { lookAtTree } from '../../host/watch/sight.js';
import { watchFiles } from '../../host/watch/watch-files.js';
import { findingsIn } from './permission-findings.js';

export interface FilesProviderOptions {
  readonly name: string;
  /** The folder, absolute: `/run/secrets`, a mounted volume, a project's `secrets`. */
  readonly root: string;
  /** Folders between the root and every path. */
  readonly prefix?: Directory | undefined;
  /** Keeps a final newline as part of the value. */
  readonly exact?: boolean | undefined;
  /** Explicit names of secrets, and the fields of documents. */
  readonly inventory: Inventory;
}

export const filesProviderKind = defineProviderKind({
  options: { root: 'file', prefix: 'prefix', exact: 'flag' },
  create: ({ root = defaultSecretFiles, prefix, exact }, { name, inventory, folder, environment }) =>
    createFilesProvider({
      name,
      inventory,
      root: resolve(folder, root),
      prefix: prefixDirectory(prefix, environment),
      exact,
    }),
});

/**
 * One file per secret, as Docker, Kubernetes and systemd hand secrets to a process. In this order:
 *
 * 1. the file at the path: `exchange/binance/api_key`;
 * 2. a folder at the path is a document: its files are the fields (those that the inventory lists, else all);
 * 3. a file directly in the root that is called like one of the environment names of `lookupNames`, in lower case, in
 *    lower case with dashes, or in upper case: `binance_api_key`, `binance-api-key`, `BINANCE_API_KEY`.
 *
 * A missing root is `unavailable`, not empty: the mount is missing.
 */
export function createFilesProvider(options: FilesProviderOptions): Provider {
  const { name, root, prefix = '' } = options;
  return createUnversionedProvider(name, 'files', {
    open: async () => new SecretFiles(await FileTree.open(root), options),
    async *list(directory) {
      const tree = await FileTree.open(root);
      const node = await tree.find(segmentsIn(prefix, directory));
      const paths: Path[] = [];
      if (node !== undefined) {
        for await (const { names } of tree.walk(node)) {
          const text = [...segmentsOf(directory), ...names].join('/');
          if (pathProblem(text) === undefined) paths.push(parsePath(text));
        }
      }
      if (!(await tree.isConsistent())) {
        throw new KeywardError('unavailable', `${root} changed while it was listed`, { store: name });
      }
      yield* paths;
    },
    watch: (onChange) => watchFiles((isThorough) => lookAtTree(root, isThorough), onChange),
    inspect: async () => findingsIn(await FileTree.open(root), root),
  });
}

class SecretFiles implements UnversionedView {
  readonly #tree: FileTree;
  readonly #options: FilesProviderOptions;

  constructor(tree: FileTree, options: FilesProviderOptions) {
    this.#tree = tree;
    this.#options = options;
  }

  async read(ref: Ref): Promise<Payload | undefined> {
    return (await this.#readAtPath(ref)) ?? (await this.#readByNames(ref));
  }

  isConsistent(): Promise<boolean> {
    return this.#tree.isConsistent();
  }

  async #readAtPath({ path, field }: Ref): Promise<Payload | undefined> {
    const node = await this.#tree.find(segmentsIn(this.#options.prefix, path));
    if (node === undefined) return undefined;
    if (node.kind === 'folder') return this.#readDocument(node, path, field);
    const payload = await this.#valueOf(node);
    return payload && field !== undefined ? narrowToField(payload, field) : payload;
  }

  async #readDocument(folder: TreeNode, path: Path, field: string | undefined): Promise<Payload | undefined> {
    const listed = field === undefined ? this.#options.inventory.get(path)?.fields : [field];
    const names = listed ?? (await this.#tree.children(folder));
    const fields = names.map(async (name) => {
      const node = await this.#tree.child(folder, name);
      return [name, node?.kind === 'file' ? await this.#valueOf(node) : undefined] as const;
    });
    return documentOf(path, await Promise.all(fields));
  }

  async #readByNames(ref: Ref): Promise<Payload | undefined> {
    const folder = await this.#tree.find(segmentsIn(this.#options.prefix, ''));
    if (folder === undefined) return undefined;
    return readByNames(ref, this.#options.inventory, async (name) => {
      const lower = name.toLowerCase();
      for (const spelling of [lower, lower.replaceAll('_', '-'), name]) {
        const node = await this.#tree.child(folder, spelling);
        if (node?.kind === 'file') return this.#valueOf(node);
      }
      return undefined;
    });
  }

  async #valueOf(node: TreeNode): Promise<Payload | undefined> {
    const file = await readPlainFile(node.path, { maxBytes: maxPayloadBytes + finalNewlineBytes, noFollow: true });
    if (file === undefined) return undefined;
    return payloadOf(this.#options.exact === true ? file.bytes : withoutFinalNewline(file.bytes));
  }
}

const finalNewlineBytes = 2;

function segmentsIn(prefix: Directory | undefined, path: Directory): readonly string[] {
  return [...segmentsOf(prefix ?? ''), ...segmentsOf(path)];
}
