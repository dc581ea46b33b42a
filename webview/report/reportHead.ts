import { levels } from '../../src/analysis/levelNames.js';
import type { PageEnd, PageStart } from '../../src/report/pageData.js';
import { element } from '../dom.js';
import { type Tile, tileList } from '../tileList.js';
import { visibleText } from '../../src/analysis/visibleText.js';

const shownLines = 200;

/** Title, what was scanned, and the figures that come first. */
export function reportHead(start: PageStart, { summary, calibrated }: PageEnd): HTMLElement[] {
  const { files, bytes, measures, skipped, suppressed, setAside } = summary;
  const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((a, b) => a + b, 0);
  const tiles = [
    ...levels.map((level) => tile(level, summary.levels[level], level)),
    tile('files', files),
    tile('read', bytesText(bytes)),
    tile('set aside', sum(setAside)),
    tile('suppressed', sum(suppressed)),
    tile('skipped', sum(skipped)),
  ];
  const cautions = [
    ...(summary.interrupted ? ['The scan was interrupted: this is what was done until then.'] : []),
    ...(calibrated
      ? []
      : ['Uncalibrated: the figures rank samples, they are not yet fitted to real training.']),
  ];
  const about = `backfire ${start.version} · model pack ${start.pack} · from level ${start.options.minLevel} · ${start.options.kinds.join(', ')}`;
  const origins =
    measures === undefined || measures.cached + measures.computed === 0
      ? ''
      : ` · ${measures.cached.toLocaleString('en')} measures from the cache, ${measures.computed.toLocaleString('en')} computed`;
  return [
    element(
      'header',
      '',
      element('h1', '', 'Backfire report'),
      element('p', 'paths', visibleText(start.paths.join('  '))),
      element('p', 'faint', visibleText(about + origins)),
    ),
    tileList(tiles),
    ...cautions.map((text) => element('p', 'caution', text)),
  ];
}

/** What was not read, and what was noted on the way: never silent. */
export function reportEnd({ skipped, notes }: PageEnd): HTMLElement[] {
  const skips = skipped.map(({ path, record, line, reason, detail }) => {
    const place = [path, record, line].filter((each) => each !== undefined).join(':');
    return `${place}  ${reason}: ${detail}`;
  });
  return [
    ...linesSection('Skipped', skips),
    ...linesSection(
      'Notes',
      notes.map(({ path, note }) => `${path}: ${note}`),
    ),
  ];
}

function linesSection(title: string, lines: readonly string[]): HTMLElement[] {
  if (lines.length === 0) return [];
  const more = lines.length - shownLines;
  return [
    element(
      'details',
      'lines',
      element('summary', '', `${title} (${lines.length})`),
      element('ul', '', ...lines.slice(0, shownLines).map((line) => element('li', '', visibleText(line)))),
      more > 0 ? element('p', 'faint', `… and ${more} more: the JSONL report lists them all`) : undefined,
    ),
  ];
}

function tile(name: string, value: number | string, level = ''): Tile {
  return { name, value: typeof value === 'number' ? value.toLocaleString('en') : value, className: level };
}

function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]!}`;
}
