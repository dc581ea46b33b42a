import type { BlockStyle } from './findingBlock.js';
import { columnsOf, terminalLine } from './terminalText.js';

export interface Bar {
  readonly name: string;
  readonly count: number;
  readonly paint?: (text: string) => string;
}

const widestBar = 32;
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** One line a bar: name in so many columns, bar, count. The longest bar takes what room there is. */
export function barChart(bars: readonly Bar[], labels: number, { columns, palette }: BlockStyle): string[] {
  const most = Math.max(1, ...bars.map(({ count }) => count));
  const room = Math.max(1, Math.min(widestBar, columns - labels - String(most).length - 6));
  return bars.map(({ name, count, paint = (text) => text }) => {
    const label = terminalLine(name);
    const gap = ' '.repeat(Math.max(0, labels - columnsOf(label)));
    const cells = Math.round((count / most) * room * 8);
    const bar = '█'.repeat(Math.floor(cells / 8)) + (eighths[cells % 8] ?? '');
    return `  ${palette.faint(`${label}${gap}`)}  ${paint(bar)}${bar === '' ? '' : ' '}${count}`;
  });
}
