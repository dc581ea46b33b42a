import { type Figure, type Line, meets, type Target } from './figure.js';

/** The lines as a table by section: median, least to greatest, target and whether the median meets it. */
export function table(lines: readonly Line[]): string {
  const sections = [...new Set(lines.map(({ section }) => section))];
  return sections
    .map((section) => {
      const own = lines.filter((line) => line.section === section);
      const figures = own.filter((line): line is Figure => 'value' in line);
      const rows = figures.map(cells);
      const width = (column: number) => Math.max(0, ...rows.map((row) => row[column]!.length));
      const widths = [0, 1, 2, 3].map(width);
      const body = rows.map(([what, ...rest]) =>
        [what!.padEnd(widths[0]!), ...rest.map((cell, i) => cell.padStart(widths[i + 1] ?? 0))]
          .join('  ')
          .trimEnd(),
      );
      const missing = own.flatMap((line) => ('reason' in line ? [`left out: ${line.reason}`] : []));
      return [section, ...[...body, ...missing].map((line) => `  ${line}`)].join('\n');
    })
    .join('\n\n');
}

function cells({ what, value, unit, target }: Figure): string[] {
  const range = `${number(value.low)} – ${number(value.high)}`;
  const verdict = target ? `${targetText(target)} ${meets(value.median, target) ? 'met' : 'MISSED'}` : '';
  return [what, `${number(value.median)}${unit && ` ${unit}`}`, range, verdict];
}

function targetText(target: Target): string {
  return 'atMost' in target ? `≤ ${target.atMost}` : `≥ ${target.atLeast}`;
}

function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
