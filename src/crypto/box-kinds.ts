/**
 * Every kind of box there is. The byte goes into the keys of rows; the name goes into the additional data of the box, so
 * that a box of one kind never opens as another.
 *
 * | kind | sealed under | row key in the additional data | version |
 * |---|---|---|---|
 * | secret, directory, record, operation, control | term key, purpose `rows` | the physical key | 0 |
 * | payload | the version's data key | the physical key | version number |
 * | data-key | term key, purpose `data-keys` | the physical key of its payload row | version number |
 * | shard-head, store-head | term key, purpose `rows` | the physical key | 0 |
 * | slot | wrap key of the slot | `header/slot/<id>` | 0 |
 * | keyring | root key, purpose `keyring` | `header/keyring` | 0 |
 * | audit-entry | audit-seal key of node and volume | `audit/<node>/<volume>/<seq>` | 0 |
 * | audit-key | audit-seal key of the node | `audit/<node>/key` | 0 |
 *
 * Bytes are part of the stored format: never reuse one.
 */
export const boxKinds = {
  secret: 0x01,
  payload: 0x02,
  directory: 0x03,
  record: 0x04,
  operation: 0x05,
  control: 0x06,
  'shard-head': 0x07,
  'store-head': 0x08,
  'data-key': 0x10,
  slot: 0x20,
  keyring: 0x21,
  'audit-entry': 0x30,
  'audit-key': 0x31,
} as const;

export type BoxKind = keyof typeof boxKinds;

/** The kinds that are rows of the store and that layers above the barrier may name. */
export type RowKind = 'secret' | 'payload' | 'directory' | 'record' | 'operation' | 'control';
