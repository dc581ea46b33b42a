import { registerControls } from './toolkit.js';

/** What VS Code gives a webview; it can be asked for once. */
interface WebviewHost<Message, State> {
  postMessage(message: Message): void;
  /** What the page kept before a reload, maybe in another version. */
  getState(): unknown;
  setState(state: State): void;
}
declare function acquireVsCodeApi<Message, State>(): WebviewHost<Message, State>;

/** Begins a page: its controls can be used from now on. */
export function openPage<Message, State>(): WebviewHost<Message, State> {
  registerControls();
  return acquireVsCodeApi<Message, State>();
}
