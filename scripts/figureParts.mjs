// What tables of figures are made of.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..');

export function markdown(head, rows) {
  const cells = [head, ...rows].map((row) => row.map((cell) => String(cell).replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  const [first, ...rest] = cells;
  return [line(first), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rest.map(line)].join(
    '\n',
  );
}

export function result(...path) {
  const file = join(root, ...path);
  if (!existsSync(file))
    throw new Error(`${file} is not there: CONTRIBUTING.md names the command that writes it`);
  return JSON.parse(readFileSync(file, 'utf8'));
}

export function fixed(value, digits) {
  return value === null || Number.isNaN(value) ? '–' : value.toFixed(digits);
}

/** A value with the ends of its interval. */
export function withInterval({ value, low, high }, digits = 2) {
  return `${fixed(value, digits)} (${fixed(low, digits)} to ${fixed(high, digits)})`;
}

export function short(value) {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function round(value) {
  return value < 0.1 ? value.toPrecision(1) : Number(value.toPrecision(2)).toLocaleString('en');
}
