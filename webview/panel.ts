import './panel.css';
import { type FromPanel, keptSnapshot, type PanelState, type ToPanel } from '../src/editor/panelMessages.js';
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
const show = (snapshot: ToPanel['snapshot']) =>
  main.replaceChildren(...panelView(snapshot, (message) => host.postMessage(message)));

// What was shown before a reload stands until the extension has something newer.
const kept = keptSnapshot(host.getState());
if (kept) show(kept);

window.addEventListener('message', ({ data }: MessageEvent<ToPanel>) => {
  host.setState({ format: 1, snapshot: data.snapshot });
  show(data.snapshot);
});
host.postMessage({ type: 'ready' });
