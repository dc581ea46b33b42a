import { element, tableHead } from './dom.js';

/** A bar with the numbers that it shows: the table behind the picture is the picture. */
export interface BarRow {
  readonly header: Node | string;
  readonly className?: string;
  /** Length of the bar, 0 to 1. */
  readonly share: number;
  readonly values: readonly string[];
}

/** `heads` name the rows, the bars, and each column of values; a caption alone is enough where there is one column. */
export function barTable(
  className: string,
  rows: readonly BarRow[],
  { caption, heads = [] }: { readonly caption?: string; readonly heads?: readonly string[] },
): HTMLTableElement {
  return element(
    'table',
    className,
    caption === undefined ? undefined : element('caption', '', caption),
    heads.length > 0 ? tableHead(heads, (index) => (index > 1 ? 'number' : '')) : undefined,
    element('tbody', '', ...rows.map(rowOf)),
  );
}

function rowOf({ header, className = '', share, values }: BarRow): HTMLElement {
  const head = element('th', '', header);
  head.scope = 'row';
  const cells = values.map((value) => element('td', 'number', value));
  return element('tr', className, head, element('td', 'chart', bar(share)), ...cells);
}

/** The numbers beside it say the same. Nothing has no bar, little a thin one. */
function bar(share: number): SVGElement {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('aria-hidden', 'true');
  const rectangle = document.createElementNS(space, 'rect');
  const width = share > 0 ? Math.max(1, 100 * share) : 0;
  rectangle.setAttribute('width', `${width.toFixed(2)}%`);
  rectangle.setAttribute('height', '100%');
  svg.append(rectangle);
  return svg;
}
