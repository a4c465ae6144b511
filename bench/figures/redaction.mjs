import { randomBytes } from 'node:crypto';
import { timeCalls } from '../measure.mjs';

export const title =
  'Output masked for 50 secrets in every spelling, against a plain copy of it (1 MB in chunks of 64 KiB)';

const chunkBytes = 64 * 1024;
const bytesEach = 1_000_000;

const kinds = {
  'log lines': (index) =>
    `2026-10-02T12:00:${index % 60}Z INFO order ${index} of BTC/USDT at 64213.${index % 100} status=ok id=${(index * 2654435761) % 4294967296}\n`,
  prose: (index) =>
    `The quick brown fox number ${index} jumps over the lazy dog, and nothing in what it says is kept from anybody.\n`,
  base64: () => randomBytes(57).toString('base64'),
};

export async function measure(workshop) {
  const { createRedactor } = workshop.keyward;
  const values = Array.from({ length: 50 }, (_, index) => ({
    name: `secret-${index}`,
    bytes: Buffer.from(
      randomBytes(48)
        .toString('base64url')
        .slice(0, 8 + index),
    ),
  }));
  const redactor = createRedactor({ values });
  const rows = [];
  for (const [kind, line] of Object.entries(kinds)) {
    const chunks = chunksOf(line);
    const masked = () => {
      const output = redactor.stream();
      for (const chunk of chunks) output.write(chunk);
      output.end();
    };
    const copied = () => {
      for (const chunk of chunks) Buffer.from(chunk);
    };
    const times = await timeCalls({ masked, copied }, workshop);
    const rate = Math.round(bytesEach / 1000 / times.masked);
    rows.push({ what: `${kind}, ${rate} MB/s`, ms: times.masked, baseline: 'copy', baselineMs: times.copied });
  }
  return rows;
}

function chunksOf(line) {
  const lines = [];
  for (let length = 0, index = 0; length < bytesEach; index += 1) {
    lines.push(line(index));
    length += lines.at(-1).length;
  }
  const bytes = Buffer.from(lines.join('')).subarray(0, bytesEach);
  return Array.from({ length: Math.ceil(bytesEach / chunkBytes) }, (_, index) =>
    bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes),
  );
}
