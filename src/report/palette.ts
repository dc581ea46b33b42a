import type { Level } from '../analysis/levelNames.js';

export interface Palette {
  readonly level: (level: Level, text: string) => string;
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
}

/** Colours only on a terminal, unless NO_COLOR (https://no-color.org) or FORCE_COLOR say otherwise. */
export function wantsColour(isTerminal: boolean, environment: NodeJS.ProcessEnv): boolean {
  const forced = environment['FORCE_COLOR'];
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  if (environment['NO_COLOR'] !== undefined && environment['NO_COLOR'] !== '') return false;
  return isTerminal && environment['TERM'] !== 'dumb';
}

export function createPalette(hasColour: boolean): Palette {
  const style = (open: number, close: number) => (text: string) =>
    hasColour ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  const strong = style(1, 22);
  const faint = style(2, 22);
  const colours: Record<Level, (text: string) => string> = {
    high: style(31, 39),
    medium: style(33, 39),
    low: style(36, 39),
    none: style(90, 39),
  };
  return { strong, faint, level: (level, text) => colours[level](text) };
}
