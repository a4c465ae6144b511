// Rotates the term or shreds the store, and reports each step of it.
import { openStore } from 'keyward';
import { report } from './report.mjs';

const [task] = process.argv.slice(2);
const { client } = await openStore({ role: 'cli' });
const result = await client.maintenance[task]({ onProgress: ({ step, part }) => report({ step, part }) });
await client.close();
report({ result });
