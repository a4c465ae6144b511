const columns = ['what', 'measured', 'baseline', 'its measure', 'ratio', 'over it', 'bound'];

/**
 * The cells of a row `{what, ms, baseline, baselineMs, bound?, unit?}`, in milliseconds for one operation, or in the unit
 * that it names. A bound is the most that may be measured, `{atMostMs}`, or be added to the baseline, `{addsMs}`, or the
 * largest ratio to it, `{ratio}`.
 */
export function cellsOf(row) {
  const { what, ms, baseline, baselineMs, unit } = row;
  const ratio = (ms / baselineMs).toFixed(2);
  const format = (measure) => (unit === undefined ? formatTime(measure) : `${measure.toFixed(1)} ${unit}`);
  return [what, format(ms), baseline, format(baselineMs), ratio, format(ms - baselineMs), boundOf(row)];
}

export function isMissed({ ms, baselineMs, bound }) {
  return (
    ms > (bound?.atMostMs ?? Number.POSITIVE_INFINITY) ||
    ms - baselineMs > (bound?.addsMs ?? Number.POSITIVE_INFINITY) ||
    ms / baselineMs > (bound?.ratio ?? Number.POSITIVE_INFINITY)
  );
}

export function printRows(rows) {
  const cells = rows.map(cellsOf);
  const widths = columns.map((_, index) => Math.max(...[columns, ...cells].map((row) => row[index].length)));
  for (const row of [columns, ...cells]) {
    console.log(
      `  ${row.map((cell, index) => (isText(index) ? cell.padEnd(widths[index]) : cell.padStart(widths[index]))).join('  ')}`,
    );
  }
}

export function markdownTable(rows) {
  const lines = [columns, columns.map((_, index) => (isText(index) ? '---' : '---:')), ...rows.map(cellsOf)];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const isText = (index) => index === 0 || index === 2 || index === 6;

function boundOf(row) {
  const { bound } = row;
  if (bound === undefined) return '';
  const { atMostMs, addsMs, ratio } = bound;
  const added = addsMs === undefined ? `ratio ≤ ${ratio}` : `adds ≤ ${formatTime(addsMs)}`;
  const text = atMostMs === undefined ? added : `≤ ${formatTime(atMostMs)}`;
  return `${text}: ${isMissed(row) ? 'missed' : 'held'}`;
}

function formatTime(ms) {
  const size = Math.abs(ms);
  if (size >= 1) return `${ms.toFixed(1)} ms`;
  return size >= 0.001 ? `${(ms * 1000).toFixed(1)} µs` : `${(ms * 1e6).toFixed(0)} ns`;
}
