import { visibleText } from '../analysis/visibleText.js';
import type { FeatureIndex, FeaturePage } from '../model/featurePages.js';
import {
  densityText,
  type Example,
  examplesOf,
  type FeatureNames,
  histogramBars,
  labelScore,
  visibleToken,
} from './featureText.js';

/** A feature's page as one HTML file without a script and without a request. */
export function featureHtml(
  page: FeaturePage,
  index: FeatureIndex,
  names: FeatureNames,
  own: readonly Example[],
  pack: string,
): string {
  const title = `Feature ${page.id}: ${page.label.text}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
<p>${escaped(`Label ${labelScore(page)}.`)}</p>
<p>${escaped(`It ${densityText(page, index)}. Model pack ${pack}.`)}</p>
<section><h2>Activations</h2>${histogramTable(page, index)}</section>
<section class="halves"><div><h2>Makes likelier</h2>${logitTable(page.logits.up, names)}</div>
<div><h2>Makes less likely</h2>${logitTable(page.logits.down, names)}</div></section>
<section><h2>Neighbours</h2>${neighbourTable(page, names)}</section>
<section><h2>Examples</h2><p>Written by the model itself, or from the examples of Backfire.</p>${exampleList(examplesOf(page, names))}</section>
${own.length === 0 ? '' : `<section><h2>In your text</h2>${exampleList(own)}</section>`}
</main>
</body>
</html>
`;
}

const style = `
:root { font: 15px/1.5 system-ui, sans-serif; --fire: 214 72 16; }
body { margin: 0; background: Canvas; color: CanvasText; }
main { max-width: 58rem; margin: auto; padding: 1.5rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; }
table { border-collapse: collapse; } td, th { padding: .1rem .8rem .1rem 0; text-align: left; font-weight: normal; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
code, li { font-family: ui-monospace, monospace; font-size: .85rem; }
meter { width: 16rem; } .halves { display: flex; gap: 4rem; flex-wrap: wrap; }
ol { padding: 0; list-style: none; } li { margin: .35rem 0; white-space: pre-wrap; overflow-wrap: anywhere; }
li small { display: inline-block; min-width: 9rem; opacity: .75; font-family: system-ui, sans-serif; }
mark { background: rgb(var(--fire) / var(--share)); color: inherit; }`;

function histogramTable(page: FeaturePage, index: FeatureIndex): string {
  const bars = histogramBars(page, index);
  const most = Math.max(1, ...bars.map(({ count }) => count));
  const rows = bars.map(
    ({ name, count }) =>
      `<tr><th scope="row">${escaped(name)}</th><td><meter max="${most}" value="${count}" aria-label="${escaped(name)}">${count}</meter></td><td class="number">${count}</td></tr>`,
  );
  return `<table><tbody>${rows.join('')}</tbody></table>`;
}

function logitTable([tokens, values]: FeaturePage['logits']['up'], names: FeatureNames): string {
  const rows = tokens.map(
    (id, i) =>
      `<tr><td><code>${escaped(visibleToken(names.token(id)))}</code></td><td class="number">${values[i]!.toFixed(2)}</td></tr>`,
  );
  return `<table><tbody>${rows.join('')}</tbody></table>`;
}

function neighbourTable({ neighbours: [features, cosines] }: FeaturePage, names: FeatureNames): string {
  const rows = features.map(
    (id, i) =>
      `<tr><td class="number">${id}</td><td>${escaped(names.label(id))}</td><td class="number">${cosines[i]!.toFixed(2)}</td></tr>`,
  );
  return `<table><thead><tr><th>feature</th><th>label</th><th>cosine</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function exampleList(examples: readonly Example[]): string {
  const items = examples.map(({ tokens, values, about }) => {
    const cells = tokens.map((token, i) => {
      const value = values[i]!;
      const shown = escaped(token.replaceAll('\n', '⏎'));
      return value > 0
        ? `<mark style="--share: ${(value / 120).toFixed(2)}" title="${value} % of the strongest">${shown}</mark>`
        : shown;
    });
    return `<li><small>${escaped(about)}</small>${cells.join('')}</li>`;
  });
  return `<ol>${items.join('\n')}</ol>`;
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return visibleText(text).replaceAll(/[&<>"']/g, (character) => entities[character]!);
}
