import { randomBytes } from 'node:crypto';
import { Uri, type Webview, type WebviewPanel } from 'vscode';

/** A page of the extension: its bundle and style sheet in `dist/webview` have this name. */
export interface PageName {
  readonly name: 'panel' | 'summary';
  readonly title: string;
  /** Of its texts. */
  readonly language: string;
}

/** Gives a panel its page: what the page may load lies in `dist/webview` alone. It must be listened to by then, since the page speaks first. */
export function fillPanel(panel: WebviewPanel, extensionUri: Uri, page: PageName): void {
  const folder = Uri.joinPath(extensionUri, 'dist', 'webview');
  panel.iconPath = Uri.joinPath(extensionUri, 'media', 'backfire.svg');
  panel.webview.options = { enableScripts: true, localResourceRoots: [folder] };
  panel.webview.html = panelHtml(panel.webview, folder, page);
}

/**
 * The page: nothing but its own bundle and style sheet may load, and nothing at all from elsewhere. The controls look
 * for the nonce in `csp-nonce`: they try out a style element before they decide how to draw the focus.
 */
function panelHtml(webview: Webview, folder: Uri, { name, title, language }: PageName): string {
  const nonce = randomBytes(16).toString('base64url');
  const source = (file: string) => webview.asWebviewUri(Uri.joinPath(folder, file)).toString();
  const policy = `default-src 'none'; style-src ${webview.cspSource} 'nonce-${nonce}'; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta property="csp-nonce" content="${nonce}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${source(`${name}.css`)}">
<title>${title}</title>
</head>
<body>
<main id="panel"></main>
<script nonce="${nonce}" src="${source(`${name}.js`)}"></script>
</body>
</html>`;
}
