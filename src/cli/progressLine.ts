import type { Writable } from 'node:stream';
import { fitColumns, terminalLine } from '../report/terminalText.js';

const terminalInterval = 100;
const plainInterval = 10_000;

/**
 * One line on a terminal that is rewritten in place, from the first moment on. Elsewhere a plain line every ten
 * seconds, so that a log shows life without filling up.
 */
export class ProgressLine {
  private text = '';
  private shown = '';
  private isShown = false;
  private lastShown = -Infinity;
  private readonly timer: NodeJS.Timeout | undefined;
  private readonly isTerminal: boolean;

  constructor(
    private readonly stream: Writable & { readonly isTTY?: boolean; readonly columns?: number },
    options: { readonly isQuiet: boolean; readonly first: string },
  ) {
    this.isTerminal = stream.isTTY === true;
    this.text = options.first;
    if (options.isQuiet) return;
    if (this.isTerminal) this.show();
    this.timer = setInterval(() => this.show(), this.isTerminal ? terminalInterval : plainInterval);
    this.timer.unref();
  }

  /** Cheap: the line is drawn by the clock, and at once where work keeps the clock from ticking. */
  update(text: string): void {
    this.text = text;
    if (this.timer !== undefined && this.isTerminal && performance.now() - this.lastShown > terminalInterval)
      this.show();
  }

  /** Makes room for other output. */
  clear(): void {
    if (!this.isShown) return;
    this.stream.write('\r\u001b[2K');
    this.isShown = false;
  }

  stop(): void {
    clearInterval(this.timer);
    this.clear();
  }

  private show(): void {
    if (!this.isTerminal && this.text === this.shown) return;
    this.shown = this.text;
    this.lastShown = performance.now();
    const line = fitColumns(terminalLine(this.text), (this.stream.columns ?? 80) - 1);
    this.stream.write(this.isTerminal ? `\r\u001b[2K${line}` : `${line}\n`);
    this.isShown = this.isTerminal;
  }
}
