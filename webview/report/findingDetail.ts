import type { RepeatedPayload } from '../../src/analysis/exposures.js';
import type { Finding } from '../../src/analysis/finding.js';
import { elsewhereText, exposuresText } from '../../src/analysis/repeats.js';
import { element } from '../dom.js';
import { measureTable } from '../measureTable.js';
import { slipNotice } from '../slipNotice.js';
import { visibleText } from '../../src/analysis/visibleText.js';

/** Code units that a report quotes of a frame or a payload. */
const quoted = 2000;

/** The sample with its frame and payload marked, its measures beside their baselines, and what helps. */
export function findingDetail(finding: Finding, repeated: RepeatedPayload | undefined): HTMLElement {
  const { text, frame, payload, measures, suppressed, remedies, reasons, notes, cwe } = finding;
  const frameBlock = frame === null ? [] : [quote('frame', 'Frame: the text that warns', text.frame, frame)];
  const payloadBlock = [quote('payload', 'Payload: what would be learnt', text.payload, payload)];
  // As they stand in the text.
  const blocks =
    frame !== null && frame.start > payload.start
      ? [...payloadBlock, ...frameBlock]
      : [...frameBlock, ...payloadBlock];
  return element(
    'div',
    'detail',
    ...blocks,
    ...(measures === undefined ? [] : slipNotice(measures)),
    measures === undefined
      ? element('p', 'note', suppressed === undefined ? 'Not scored by the model.' : 'Not measured.')
      : measureTable(measures),
    ...(repeated === undefined
      ? []
      : listed('Exposures', [`${exposuresText(repeated)}: ${elsewhereText(repeated, finding)}`])),
    ...listed('Remedies', remedies),
    ...listed('Why', [
      ...reasons,
      ...(cwe === undefined ? [] : [`${cwe.id}: ${cwe.reason}`]),
      ...(suppressed?.reason === undefined ? [] : [`suppressed: ${suppressed.reason}`]),
    ]),
    ...listed('Notes', notes),
    element('p', 'faint ids', visibleText(`id ${finding.id} · fingerprint ${finding.fingerprint}`)),
  );
}

function quote(
  className: string,
  title: string,
  text: string,
  { start, end }: { readonly start: number; readonly end: number },
): HTMLElement {
  const more = end - start - text.length;
  const block = element('pre', '', visibleText(text));
  block.tabIndex = 0;
  block.setAttribute('aria-label', title);
  return element(
    'figure',
    className,
    element('figcaption', '', title),
    block,
    more > 0 && text.length >= quoted - 1
      ? element('p', 'faint', `… and ${more.toLocaleString('en')} code units more`)
      : undefined,
  );
}

function listed(title: string, lines: readonly string[]): HTMLElement[] {
  if (lines.length === 0) return [];
  return [
    element('h2', '', title),
    element('ul', '', ...lines.map((line) => element('li', '', visibleText(line)))),
  ];
}
