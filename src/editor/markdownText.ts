import { visibleText } from '../analysis/visibleText.js';

/**
 * Text of any origin as Markdown that shows it and does nothing else: no link, image, tag, command, heading or table.
 * Every sign of punctuation is escaped, since also a bare address would become a link; controls are written out.
 */
export function markdownText(text: string): string {
  return visibleText(text)
    .replace(/[!-/:-@[-`{-~]/g, '\\$&')
    .replace(/\s+/g, ' ');
}
