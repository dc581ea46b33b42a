import type { BlockStyle } from './findingBlock.js';
import { columnsOf, terminalLine } from './terminalText.js';

export interface Bar {
  readonly name: string;
  readonly count: number;
  readonly paint?: (text: string) => string;
}

const widestBar = 32;
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** One line a bar, the longest as wide as there is room: name, bar, count. */
export function barChart(bars: readonly Bar[], { columns, palette }: BlockStyle): string[] {
  const most = Math.max(...bars.map(({ count }) => count));
  if (most <= 0) return [];
  const labels = Math.max(...bars.map(({ name }) => columnsOf(terminalLine(name))));
  const room = Math.max(1, Math.min(widestBar, columns - labels - String(most).length - 6));
  return bars.map(({ name, count, paint = (text) => text }) => {
    const label = terminalLine(name);
    const gap = ' '.repeat(labels - columnsOf(label));
    const cells = Math.round((count / most) * room * 8);
    const bar = '█'.repeat(Math.floor(cells / 8)) + (eighths[cells % 8] ?? '');
    return `  ${palette.faint(`${label}${gap}`)}  ${paint(bar)}${bar === '' ? '' : ' '}${count}`;
  });
}
