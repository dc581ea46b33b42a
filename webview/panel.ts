import './panel.css';
import type { LensName } from '../src/analysis/lenses.js';
import {
  type FromPanel,
  keptState,
  panelState,
  type PanelState,
  type ToPanel,
} from '../src/editor/panelMessages.js';
import { panelView } from './sampleView.js';
import { registerControls } from './toolkit.js';

/** What VS Code gives a webview. */
interface WebviewHost {
  postMessage(message: FromPanel): void;
  getState(): unknown;
  setState(state: PanelState): void;
}
declare function acquireVsCodeApi(): WebviewHost;

registerControls();
const host = acquireVsCodeApi();
const main = document.getElementById('panel')!;

// What was shown before a reload stands until the extension has something newer.
let state = keptState(host.getState());
if (state) show(state);

window.addEventListener('message', ({ data }: MessageEvent<ToPanel>) => {
  state = panelState(data.snapshot, state?.lens);
  host.setState(state);
  show(state);
  if (data.snapshot.kind === 'sample') tellWhenDrawn();
});
host.postMessage({ type: 'ready' });

function show({ snapshot, lens }: PanelState): void {
  const onLens = (chosen: LensName) => {
    state = panelState(snapshot, chosen);
    host.setState(state);
  };
  main.replaceChildren(
    ...panelView(snapshot, { lens, onLens, send: (message) => host.postMessage(message) }),
  );
}

/** The second frame comes when the first is on the screen. */
function tellWhenDrawn(): void {
  requestAnimationFrame(() => requestAnimationFrame(() => host.postMessage({ type: 'drawn' })));
}
