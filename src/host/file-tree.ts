import { join, sep } from 'node:path';
import { KeywardError } from '../core/errors.js';
import { lstat, readdir, readlink, realpath } from './file-calls.js';
import { errnoOf, fileError } from './file-error.js';

/** A file or folder in the tree, by its path without symbolic links. */
export interface TreeNode {
  readonly kind: 'file' | 'folder' | 'other';
  readonly path: string;
}

export interface FoundFile {
  readonly names: readonly string[];
  readonly path: string;
}

/** What Kubernetes calls the link to the present generation of a mounted volume. */
const generationLink = '..data';

/**
 * The files below a folder as they are now. Nothing outside of the folder is reached, by a symbolic link neither.
 *
 * A folder that Kubernetes mounts is looked at through its `..data` link, followed once: all that is then found in it
 * is of one generation. `isConsistent` says whether that was still the present one in the end.
 */
export class FileTree {
  readonly #root: string;
  readonly #followed = new Map<string, string>();
  readonly #names = new Map<string, Promise<ReadonlySet<string>>>();

  private constructor(root: string) {
    this.#root = root;
  }

  /** @throws KeywardError `unavailable` when the folder does not exist, `config` when it is none or may not be read. */
  static async open(root: string): Promise<FileTree> {
    const real = await whenThere(root, (path) => realpath(path));
    if (real === undefined) {
      throw new KeywardError('unavailable', `the folder ${root} does not exist`, {
        store: root,
        advice: 'Check that the volume or the secrets are mounted, or correct `root:` in keyward.yaml.',
      });
    }
    const tree = new FileTree(real);
    if ((await tree.#nodeAt(real))?.kind !== 'folder') {
      throw new KeywardError('config', `${root} is not a folder`, { store: root, advice: 'Name a folder.' });
    }
    return tree;
  }

  /** What lies at the end of the names, from the root on; `undefined` when nothing does. */
  async find(segments: readonly string[]): Promise<TreeNode | undefined> {
    let node = await this.#enter({ kind: 'folder', path: this.#root });
    for (const segment of segments) {
      const next: TreeNode | undefined = await this.child(node, segment);
      if (next === undefined) return undefined;
      node = next;
    }
    return node;
  }

  /**
   * What has exactly this name in the folder.
   *
   * @throws KeywardError `config` when it is a symbolic link that leads out of the root or into a circle.
   */
  async child(folder: TreeNode, name: string): Promise<TreeNode | undefined> {
    if (folder.kind !== 'folder' || !(await this.#namesIn(folder.path)).has(name)) {
      return undefined;
    }
    const node = await this.#nodeAt(join(folder.path, name));
    return node?.kind === 'folder' ? this.#enter(node) : node;
  }

  /** The names in the folder, without hidden ones, sorted. */
  async children(folder: TreeNode): Promise<readonly string[]> {
    return [...(await this.#namesIn(folder.path))].filter((name) => !name.startsWith('.')).sort();
  }

  /** Every file at or below the node with the names that lead to it from there, hidden ones left out. */
  async *walk(node: TreeNode, names: readonly string[] = [], above: readonly string[] = []): AsyncIterable<FoundFile> {
    if (node.kind === 'file') yield { names, path: node.path };
    // A link may lead to a folder that it lies in.
    if (node.kind !== 'folder' || above.includes(node.path)) return;
    for (const name of await this.children(node)) {
      const child = await this.child(node, name);
      if (child !== undefined) yield* this.walk(child, [...names, name], [...above, node.path]);
    }
  }

  /** Whether what was looked at so far is, in whole or in part, a volume that Kubernetes mounts. */
  get isMounted(): boolean {
    return this.#followed.size > 0;
  }

  async isConsistent(): Promise<boolean> {
    for (const [folder, target] of this.#followed) {
      if ((await whenThere(join(folder, generationLink), targetOf)) !== target) return false;
    }
    return true;
  }

  async #enter(folder: TreeNode): Promise<TreeNode> {
    if (!(await this.#namesIn(folder.path)).has(generationLink)) return folder;
    const link = join(folder.path, generationLink);
    const target = await whenThere(link, targetOf);
    if (target === undefined) return folder;
    this.#followed.set(folder.path, target);
    const generation = await this.#nodeAt(link);
    return generation?.kind === 'folder' ? generation : folder;
  }

  async #nodeAt(path: string): Promise<TreeNode | undefined> {
    const real = await whenThere(path, (found) => realpath(found));
    if (real === undefined) return undefined;
    if (real !== this.#root && !real.startsWith(this.#root === sep ? sep : `${this.#root}${sep}`)) {
      throw new KeywardError('config', `${path} leads out of the folder ${this.#root}`, {
        store: path,
        advice: 'Replace the symbolic link by the file, or name the folder that it leads to as the root.',
      });
    }
    const stats = await whenThere(real, lstat);
    if (stats === undefined) return undefined;
    return { kind: stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other', path: real };
  }

  #namesIn(folder: string): Promise<ReadonlySet<string>> {
    const known = this.#names.get(folder);
    if (known !== undefined) return known;
    const names = whenThere(folder, (path) => readdir(path)).then((found) => new Set(found));
    this.#names.set(folder, names);
    return names;
  }
}

/** Where the link leads; `undefined` for what is no link. */
async function targetOf(path: string): Promise<string | undefined> {
  return (await lstat(path)).isSymbolicLink() ? readlink(path) : undefined;
}

/** `undefined` when the path does not exist (any more). */
async function whenThere<T>(path: string, look: (path: string) => Promise<T>): Promise<T | undefined> {
  try {
    return await look(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw fileError(error, 'read', path);
  }
}
