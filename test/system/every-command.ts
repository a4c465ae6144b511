/** One harmless call of every command, on a laptop whose store holds `app/jwt_secret` and whose project has a `.env`. */
export const everyCommand: Readonly<Record<string, readonly string[]>> = {
  init: ['init'],
  get: ['get', 'app/jwt_secret'],
  set: ['set', 'app/written'],
  list: ['list'],
  history: ['history', 'app/jwt_secret'],
  explain: ['explain', 'app/jwt_secret'],
  status: ['status'],
  run: ['run', '--', 'touch', 'ran'],
  import: ['import', '.env', '--yes'],
  'audit show': ['audit', 'show'],
  'audit verify': ['audit', 'verify'],
  trust: ['trust'],
  version: ['version'],
};
