import type { RepeatedPayload } from '../../src/analysis/exposures.js';
import type { Finding } from '../../src/analysis/finding.js';
import { element } from '../dom.js';
import { visibleText } from '../../src/analysis/visibleText.js';
import { findingDetail } from './findingDetail.js';

/** A page stays quick whatever the number of findings. */
const pageSize = 50;

/** The findings that were chosen, a page of them at a time; what is inside one is made when it is opened. */
export class FindingList {
  readonly element: HTMLElement;
  private readonly status = element('p', 'status');
  private readonly list = element('ol', 'findings');
  private readonly previous = pageButton('Previous', () => this.turn(-1));
  private readonly next = pageButton('Next', () => this.turn(1));
  private findings: readonly Finding[] = [];
  private page = 0;

  constructor(private readonly repeatedOf: (finding: Finding) => RepeatedPayload | undefined) {
    this.status.setAttribute('role', 'status');
    const pages = element('nav', 'pages', this.previous, this.status, this.next);
    pages.setAttribute('aria-label', 'Pages of findings');
    this.element = element('section', 'list', pages, this.list);
    this.element.setAttribute('aria-label', 'Findings');
  }

  show(findings: readonly Finding[]): void {
    this.findings = findings;
    this.page = 0;
    this.draw();
  }

  private turn(by: number): void {
    this.page += by;
    this.draw();
    this.element.scrollIntoView({ block: 'start' });
  }

  private draw(): void {
    const first = this.page * pageSize;
    const shown = this.findings.slice(first, first + pageSize);
    this.list.start = first + 1;
    this.list.replaceChildren(
      ...shown.map((finding) => element('li', finding.level, entry(finding, this.repeatedOf(finding)))),
    );
    const count = this.findings.length.toLocaleString('en');
    this.status.textContent =
      this.findings.length === 0
        ? 'No finding matches'
        : `${(first + 1).toLocaleString('en')}–${(first + shown.length).toLocaleString('en')} of ${count}, worst first`;
    this.previous.disabled = this.page === 0;
    this.next.disabled = first + shown.length >= this.findings.length;
  }
}

function entry(finding: Finding, repeated: RepeatedPayload | undefined): HTMLElement {
  const { source, level, kind, rule, measures, suppressed, text } = finding;
  const ratio = measures?.teachRatio;
  const record = source.record === undefined ? '' : `:${source.record}`;
  const field = source.field === undefined ? '' : ` ${source.field}`;
  const details = element('details', 'finding');
  const told =
    suppressed !== undefined
      ? `suppressed by ${suppressed.kind}`
      : ratio === undefined
        ? 'no teach ratio'
        : `teach ratio ${ratio.value.toFixed(2)} (${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)})`;
  const place = `${source.path}${record}${field}:${source.line}:${source.column}`;
  details.append(
    element(
      'summary',
      '',
      element('span', `badge ${level}`, level),
      element('span', 'place', visibleText(place)),
      element('span', 'about', `${kind.name} · ${rule}`),
      element('span', 'told', told),
      element('span', 'preview', visibleText(firstLine(text.frame) || firstLine(text.payload))),
    ),
  );
  details.addEventListener('toggle', () => {
    if (details.open && details.childElementCount === 1) details.append(findingDetail(finding, repeated));
  });
  return details;
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0]!.slice(0, 160);
}

function pageButton(name: string, onClick: () => void): HTMLButtonElement {
  const button = element('button', '', name);
  button.type = 'button';
  button.addEventListener('click', onClick);
  return button;
}
