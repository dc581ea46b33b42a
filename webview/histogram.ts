import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { HistogramBin } from '../src/analysis/features/describedFeature.js';
import { element } from './dom.js';

const height = 210;

/** How often a feature fires how strongly; the table beside it says the same. */
export interface Histogram {
  readonly element: HTMLElement;
  /** Ends what listens to theme and size. */
  dispose(): void;
}

export function binName({ from, to }: HistogramBin): string {
  const edge = (value: number) => value.toFixed(1);
  if (from === undefined) return to === undefined ? 'any' : `below ${edge(to)}`;
  return to === undefined ? `from ${edge(from)}` : `${edge(from)} to ${edge(to)}`;
}

/** Bars of equal width: the bins grow by the same factor each. */
export function histogram(name: string, bins: readonly HistogramBin[]): Histogram {
  const place = element('div', 'plot');
  place.setAttribute('role', 'img');
  place.setAttribute('aria-label', `${name}. The table below holds the same values.`);
  let plot: uPlot | undefined;
  const draw = () => {
    plot?.destroy();
    plot = place.clientWidth > 0 ? new uPlot(optionsOf(bins, place), dataOf(bins), place) : undefined;
  };
  const resized = new ResizeObserver(() => {
    if (!plot) draw();
    else if (plot.width !== place.clientWidth) plot.setSize({ width: place.clientWidth, height });
  });
  resized.observe(place);
  // A theme changes the class of the body, and with it the colours that are drawn.
  const themed = new MutationObserver(draw);
  themed.observe(document.body, { attributeFilter: ['class'] });
  return {
    element: place,
    dispose() {
      resized.disconnect();
      themed.disconnect();
      plot?.destroy();
    },
  };
}

function dataOf(bins: readonly HistogramBin[]): uPlot.AlignedData {
  return [bins.map((_, i) => i), bins.map(({ count }) => count)];
}

function optionsOf(bins: readonly HistogramBin[], place: HTMLElement): uPlot.Options {
  const style = getComputedStyle(place);
  const text = style.color;
  const font = `${style.fontSize} ${style.fontFamily}`;
  const line = style.borderBottomColor;
  const axis = {
    stroke: text,
    font,
    labelFont: font,
    ticks: { stroke: line },
    grid: { stroke: line, width: 0.5 },
  };
  return {
    width: place.clientWidth,
    height,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false, range: [-0.6, bins.length - 0.4] } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        label: 'activation',
        splits: () => bins.map((_, i) => i),
        // Every second, where they would run into each other.
        values: (_, splits) => splits.map((i) => (bins.length > 8 && i % 2 === 1 ? '' : startOf(bins[i]!))),
      },
      { ...axis, label: 'tokens', size: 64 },
    ],
    series: [
      {},
      {
        fill: style.getPropertyValue('--bar') || text,
        stroke: style.getPropertyValue('--bar') || text,
        points: { show: false },
        paths: uPlot.paths.bars!({ size: [0.86] }),
      },
    ],
  };
}

function startOf({ from, to }: HistogramBin): string {
  return from === undefined ? `<${(to ?? 0).toFixed(0)}` : from.toFixed(from < 10 ? 1 : 0);
}
