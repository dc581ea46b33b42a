import type { Finding } from '../../src/analysis/finding.js';
import { levels } from '../../src/analysis/levelNames.js';
import { type BarRow, barTable } from '../barTable.js';
import { element } from '../dom.js';

interface Facet {
  readonly name: string;
  readonly of: (finding: Finding) => string;
  readonly counts: Map<string, number>;
  readonly chosen: Set<string>;
}

/** Charts that are tables and filters at once: each row has its bar, its number and its box. */
export class Filters {
  readonly element = element('aside', 'filters');
  private readonly path = textInput('Path', 'part of a path');
  private readonly text = textInput('Search', 'text of frame or payload');
  private readonly facets: readonly Facet[];

  constructor(
    private readonly findings: readonly Finding[],
    private readonly onChange: (chosen: readonly Finding[]) => void,
  ) {
    this.facets = [
      facet('Level', findings, ({ level }) => level, [...levels]),
      facet('Kind', findings, ({ kind }) => kind.name),
      facet('Rule', findings, ({ rule }) => rule),
    ];
    for (const { input } of [this.path, this.text]) input.addEventListener('input', () => this.apply());
    const reset = element('button', '', 'Show all');
    reset.type = 'button';
    reset.addEventListener('click', () => this.reset());
    this.element.setAttribute('aria-label', 'Filters');
    this.element.append(
      this.path.label,
      this.text.label,
      ...this.facets.map((each) => this.table(each)),
      reset,
    );
  }

  private apply(): void {
    const path = this.path.input.value.trim().toLowerCase();
    const text = this.text.input.value.trim().toLowerCase();
    this.onChange(
      this.findings.filter(
        (finding) =>
          this.facets.every(({ chosen, of }) => chosen.size === 0 || chosen.has(of(finding))) &&
          finding.source.path.toLowerCase().includes(path) &&
          (text === '' || `${finding.text.frame}\n${finding.text.payload}`.toLowerCase().includes(text)),
      ),
    );
  }

  private reset(): void {
    for (const { chosen } of this.facets) chosen.clear();
    for (const box of this.element.querySelectorAll('input')) {
      if (box.type === 'checkbox') box.checked = false;
      else box.value = '';
    }
    this.apply();
  }

  private table({ name, counts, chosen }: Facet): HTMLElement {
    const most = Math.max(1, ...counts.values());
    const rows = [...counts].map(([value, count]): BarRow => {
      const box = element('input', '');
      box.type = 'checkbox';
      box.addEventListener('change', () => {
        if (box.checked) chosen.add(value);
        else chosen.delete(value);
        this.apply();
      });
      return {
        header: element('label', '', box, ` ${value}`),
        className: name === 'Level' ? value : '',
        share: count / most,
        values: [count.toLocaleString('en')],
      };
    });
    return barTable('facet', rows, { caption: name });
  }
}

function facet(
  name: string,
  findings: readonly Finding[],
  of: Facet['of'],
  order: readonly string[] = [],
): Facet {
  const counts = new Map<string, number>();
  for (const finding of findings) counts.set(of(finding), (counts.get(of(finding)) ?? 0) + 1);
  const sorted = [...counts].sort(([a, x], [b, y]) => order.indexOf(a) - order.indexOf(b) || y - x);
  return { name, of, counts: new Map(sorted), chosen: new Set() };
}

function textInput(name: string, hint: string): { label: HTMLElement; input: HTMLInputElement } {
  const input = element('input', '');
  input.type = 'search';
  input.placeholder = hint;
  return { input, label: element('label', 'field', element('span', '', name), input) };
}
