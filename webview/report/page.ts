import './page.css';
import type { Finding } from '../../src/analysis/finding.js';
import { worstFirst } from '../../src/analysis/worstFirst.js';
import { pageBlocks, type PageEnd, type PageStart } from '../../src/report/pageData.js';
import { element } from '../dom.js';
import { Filters } from './filters.js';
import { FindingList } from './findingList.js';
import { repeatsOf } from '../../src/analysis/repeats.js';
import { repeatedTable } from './repeatedTable.js';
import { reportEnd, reportHead } from './reportHead.js';
import { wordingsTable } from './wordingsTable.js';

function dataOf(name: string): unknown[] {
  return [...document.getElementsByClassName(name)].map((block): unknown => {
    const value: unknown = JSON.parse(block.textContent);
    // The text is not needed any more.
    block.textContent = '';
    return value;
  });
}

const [start] = dataOf(pageBlocks.start) as [PageStart];
const [end] = dataOf(pageBlocks.end) as [PageEnd];
const findings = (dataOf(pageBlocks.findings) as Finding[][]).flat().sort(worstFirst);

const list = new FindingList(repeatsOf(end.summary.exposures));
const filters = new Filters(findings, (chosen) => list.show(chosen));
list.show(findings);
document
  .getElementById('report')!
  .replaceChildren(
    ...reportHead(start, end),
    ...repeatedTable(end.summary.exposures),
    ...wordingsTable(end.summary.wordings),
    element('div', 'columns', filters.element, list.element),
    ...reportEnd(end),
  );
