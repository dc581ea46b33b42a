import './panel.css';
import type { LensName } from '../src/analysis/lenses.js';
import { sampleKey } from '../src/analysis/sample.js';
import {
  type ChosenFeatures,
  type FromPanel,
  keptState,
  panelState,
  type PanelAlternatives,
  type PanelFeatures,
  type PanelSnapshot,
  type PanelState,
  type ToPanel,
} from '../src/editor/panelMessages.js';
import { element } from './dom.js';
import { featurePlace } from './featurePage.js';
import { openPage } from './host.js';
import { sampleView, type SampleView } from './sampleView.js';

const host = openPage<FromPanel, PanelState>();
const send = (message: FromPanel) => host.postMessage(message);
const samplePlace = element('div', 'sample');
const feature = featurePlace({ send, onShowOnSample: (latent) => showOnSample(latent) });
document.getElementById('panel')!.append(samplePlace, feature.element);

let view: SampleView | undefined;
/** The snapshot that `view` shows, also as text: what has not changed is not drawn anew, and keeps its focus and its scrolling. */
let drawn = '';
let drawnSnapshot: PanelSnapshot | undefined;
let saving: ReturnType<typeof setTimeout> | undefined;

// What was shown before a reload stands until the extension has something newer.
let state = keptState(host.getState());
if (state) show(state);

window.addEventListener('message', ({ data }: MessageEvent<ToPanel>) => {
  const isSame = state !== undefined && isSameSample(state.snapshot, data.snapshot);
  const chosen = isSame ? state?.chosen : undefined;
  const lens = state?.lens;
  const features = isSame && state ? withRead(data.features, state.features) : data.features;
  const alternatives = isSame ? withKept(data.alternatives, state?.alternatives) : data.alternatives;
  const isNew = drawn !== JSON.stringify(data.snapshot);
  keep(
    panelState(
      { snapshot: data.snapshot, features, alternatives },
      { ...(lens ? { lens } : {}), ...(chosen ? { chosen } : {}) },
    ),
  );
  if (isNew && data.snapshot.kind === 'sample') tellWhenDrawn();
});
send({ type: 'ready' });

function keep(next: PanelState): void {
  state = next;
  saveSoon();
  show(state);
}

/** Writing out all of a long sample takes a moment: what a person does comes before it, and it is done before the panel goes. */
function saveSoon(): void {
  clearTimeout(saving);
  saving = setTimeout(save, 200);
}
function save(): void {
  clearTimeout(saving);
  saving = undefined;
  if (state) host.setState(state);
}
window.addEventListener('pagehide', () => {
  if (saving !== undefined) save();
});

function show({ snapshot, features, alternatives, lens, chosen }: PanelState): void {
  const text = snapshot === drawnSnapshot ? drawn : JSON.stringify(snapshot);
  drawnSnapshot = snapshot;
  if (text !== drawn || !view) {
    drawn = text;
    view = sampleView(snapshot, { lens, onLens, onChoose, onPoint, send });
    samplePlace.replaceChildren(...view.elements);
  }
  view.showAlternatives(alternatives);
  view.showFeatures(features, chosenOf(features, chosen));
  feature.show(features, snapshot.kind === 'sample');
  samplePlace.hidden = features.open !== undefined;
  if (lens === 'feature') readIfNeeded(features, chosen);
}

/** Without a choice, the first feature. */
function chosenOf({ list }: PanelFeatures, chosen: ChosenFeatures): ChosenFeatures {
  const [first] = list.features;
  return chosen.feature !== undefined || !first ? chosen : { ...chosen, feature: first.latent };
}

/** The map that it was chosen at colours itself: to show everything anew would colour thousands of tokens twice. */
function onLens(lens: LensName): void {
  if (!state || state.lens === lens) return;
  state = { ...state, lens };
  saveSoon();
  if (lens === 'feature') readIfNeeded(state.features, state.chosen);
}

function onChoose(chosen: ChosenFeatures): void {
  if (!state) return;
  keep({ ...state, chosen });
  // By way of the control, so that it shows what is chosen.
  view?.chooseLens('feature');
}

function onPoint(): void {
  if ((state?.alternatives.state ?? 'unread') === 'unread') send({ type: 'readAlternatives' });
}

function showOnSample(latent: number): void {
  send({ type: 'backFromFeature', toSample: true });
  onChoose({ feature: latent });
}

/** Tokens are read when somebody wants to see them, and not twice in vain. */
let asked = '';
function readIfNeeded({ list }: PanelFeatures, { feature, compared }: ChosenFeatures): void {
  const latents = [feature, compared].filter((latent) => latent !== undefined);
  const isListed = (latent: number) =>
    list.features.some((each) => each.latent === latent && each.inSample !== undefined);
  if (list.state === 'reading' || (list.state === 'read' && latents.every(isListed))) return;
  const question = `${drawn} ${latents.join(' ')}`;
  if (question === asked) return;
  asked = question;
  send({ type: 'readFeatures', latents });
}

/** After a reload the extension knows less than was shown: what was read of the same sample stands. */
function withRead(now: PanelFeatures, before: PanelFeatures): PanelFeatures {
  const isLess = now.list.state === 'shared' && before.list.state === 'read';
  return isLess ? { ...now, list: before.list } : now;
}

function withKept(now: PanelAlternatives, before: PanelAlternatives | undefined): PanelAlternatives {
  return now.state === 'unread' && before?.state === 'read' ? before : now;
}

function isSameSample(a: PanelSnapshot, b: PanelSnapshot): boolean {
  if (a.kind !== 'sample' || b.kind !== 'sample') return false;
  return sampleKey(a.shown) === sampleKey(b.shown);
}

/** The second frame comes when the first is on the screen. */
function tellWhenDrawn(): void {
  requestAnimationFrame(() => requestAnimationFrame(() => send({ type: 'drawn' })));
}
