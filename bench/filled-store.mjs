import { open } from 'lmdb';

const perDirectory = 100;
const secretsPerBatch = 20_000;

/** The path of a secret of a filled store, by its number from 0. */
export function filledPath(number) {
  return `filled/group-${Math.floor(number / perDirectory)}/secret-${number}`;
}

/**
 * Fills the empty store of the environment with so many secrets of one version, and the directories over them, as if
 * they had been written days ago: rows and accounts are the ones that writes leave behind, but commits of any size and
 * one sync make a million a matter of minutes.
 */
export async function fillStore(keyward, { env, count }) {
  const { physicalStores, readStoreHeader, storeLocations, systemClock: clock, unlockHeader, wireStore } = keyward;
  const locations = storeLocations({ env, home: env.HOME });
  const header = await readStoreHeader(locations.folder);
  const { storeId } = keyward.describeHeader(header.bytes);
  const keyFile = new keyward.slots.keyfile(locations.keyFile(storeId));
  const { keyring } = await unlockHeader(header, [keyFile]);
  const physical = physicalStores.lmdb({ folder: locations.folder, clock });
  const parts = wireStore({ physical, storeId, keyring, clock });
  const { head } = await parts.reader.read([]);
  await physical.close();

  const database = open({
    path: locations.folder,
    noSubdir: false,
    encoding: 'binary',
    keyEncoding: 'binary',
    noSync: true,
    mapSize: 2 ** 36,
  });
  const writer = new RowWriter(keyward, parts, database);
  await writer.addSecrets(count);
  writer.addHeads(head);
  await database.flushed;
  await database.close();
}

class RowWriter {
  #keyward;
  #parts;
  #database;
  #rows = [];
  #shards = new Map();
  #directories = new Map();
  #sealing;

  constructor(keyward, parts, database) {
    this.#keyward = keyward;
    this.#parts = parts;
    this.#database = database;
    const { boxes, keys, rowKeys } = parts;
    this.#sealing = {
      mac: (bytes) => keys.valueMac(bytes),
      wrapDataKey: (address, dataKey) => boxes.wrapDataKey(rowKeys.keyOf(address), address.version, dataKey),
    };
  }

  async addSecrets(count) {
    const { sealVersion, encodeSecret, secretAddress, textPayload, withVersion } = this.#keyward;
    const now = Date.now();
    for (let number = 0; number < count; number += 1) {
      const path = filledPath(number);
      const payload = textPayload(`the value of secret number ${number}`);
      const about = { number: 1, createdAt: now, token: undefined };
      const { version, put } = sealVersion(this.#sealing, path, payload, about);
      const state = withVersion(
        {
          path,
          createdAt: now,
          updatedAt: now,
          metadata: new Map(),
          maxVersions: 10,
          nextNumber: 1,
          versions: [],
        },
        version,
      );
      this.#put(put);
      this.#put({ address: secretAddress(path), plaintext: encodeSecret(state) });
      await this.#putEntries(path);
      if (number % secretsPerBatch === 0) this.#write();
    }
    for (const put of this.#directories.values()) this.#put(put);
    this.#write();
  }

  addHeads({ epoch, commit }) {
    const { addElement, emptySum, sealShardHead, sealStoreHead, shardHeadKey, storeHeadKey } = this.#keyward;
    const { boxes, keys } = this.#parts;
    let headHash = emptySum();
    for (const [shard, { count, sum }] of this.#shards) {
      const value = sealShardHead(boxes, shard, { commit: commit + 1, count, sum });
      headHash = addElement(headHash, keys.element(shardHeadKey(shard), value));
      this.#rows.push({ key: shardHeadKey(shard), value });
    }
    const head = { epoch, commit: commit + 1, headHash, rollbackDisputed: false };
    this.#rows.push({ key: storeHeadKey, value: sealStoreHead(boxes, head) });
    this.#write();
  }

  /** The entry of the secret at once; those of directories change with every name in them, and are sealed at the end. */
  async #putEntries(path) {
    const view = { get: async ({ childName }) => this.#directories.get(childName)?.plaintext };
    const { put } = await this.#keyward.addToDirectories(view, path);
    for (const entry of put) {
      if (entry.address.childName === path) this.#put(entry);
      else this.#directories.set(entry.address.childName, entry);
    }
  }

  #put({ address, plaintext, dataKey }) {
    const { boxes, keys, rowKeys } = this.#parts;
    const key = rowKeys.keyOf(address);
    const value = boxes.seal(address, key, boxes.frame(address, plaintext), dataKey);
    const { addElement, emptySum } = this.#keyward;
    const account = this.#shards.get(key[0]) ?? { count: 0, sum: emptySum() };
    this.#shards.set(key[0], { count: account.count + 1, sum: addElement(account.sum, keys.element(key, value)) });
    this.#rows.push({ key, value });
  }

  /** As the LMDB driver lays rows out: their revision, here always that of a first commit, before their bytes. */
  #write() {
    const revision = Buffer.from('0000000000000002', 'hex');
    const rows = this.#rows.splice(0).sort((a, b) => Buffer.compare(a.key, b.key));
    this.#database.transactionSync(() => {
      this.#database.put(Buffer.of(0x00), revision);
      for (const { key, value } of rows) {
        this.#database.put(Buffer.concat([Buffer.of(0x01), key]), Buffer.concat([revision, value]));
      }
    });
  }
}
