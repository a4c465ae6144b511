const columns = ['what', 'time', 'baseline', 'its time', 'ratio', 'over it'];

/** Rows are `{what, ms, baseline, baselineMs}`, in milliseconds for one operation. */
export function printRows(rows) {
  const cells = rows.map(({ what, ms, baseline, baselineMs }) => [
    what,
    formatTime(ms),
    baseline,
    formatTime(baselineMs),
    (ms / baselineMs).toFixed(2),
    formatTime(ms - baselineMs),
  ]);
  const widths = columns.map((name, index) =>
    Math.max(...[columns, ...cells].map((row) => row[index].length), name.length),
  );
  for (const row of [columns, ...cells]) {
    console.log(
      `  ${row.map((cell, index) => (index % 2 === 0 && index < 4 ? cell.padEnd(widths[index]) : cell.padStart(widths[index]))).join('  ')}`,
    );
  }
}

function formatTime(ms) {
  const size = Math.abs(ms);
  if (size >= 1) return `${ms.toFixed(1)} ms`;
  return size >= 0.001 ? `${(ms * 1000).toFixed(1)} µs` : `${(ms * 1e6).toFixed(0)} ns`;
}
