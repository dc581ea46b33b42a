import { createHash } from 'node:crypto';
import type { Finding } from '../analysis/finding.js';
import type { ScanHeader, Skipped } from '../corpus/scanLine.js';
import { pageBlocks, type PageEnd } from './pageData.js';
import type { ReportWriter, WriteText } from './reportWriter.js';
import { terminalJson } from './terminalText.js';

/** The page's own program and style sheet, bundled; they are put into the file. */
export interface PageAssets {
  readonly script: string;
  readonly style: string;
}

/** Findings to a block of data: so many are in memory before they are written. */
const blockSize = 200;

/**
 * One HTML file that asks for nothing else: the findings stand in it as blocks of JSON, written as they come, and its program
 * shows them. The policy lets that program run and no other, and forbids every request.
 */
export function htmlReport(write: WriteText, assets: () => Promise<PageAssets>): ReportWriter {
  let block: Finding[] = [];
  let calibrated = true;
  const skipped: Skipped[] = [];
  const notes: { path: string; note: string }[] = [];
  let script = '';
  const flush = async (): Promise<void> => {
    if (block.length > 0) await write(dataBlock(pageBlocks.findings, block));
    block = [];
  };
  return {
    async write(line) {
      switch (line.type) {
        case 'scan': {
          const page = await assets();
          script = page.script;
          await write(opening(page, line));
          break;
        }
        case 'finding':
          block.push(line);
          calibrated &&= line.measures?.calibrated !== false;
          if (block.length >= blockSize) await flush();
          break;
        case 'skipped':
          skipped.push(line);
          break;
        case 'unit':
          notes.push(...line.notes.map((note) => ({ path: line.path, note })));
          break;
        case 'summary': {
          await flush();
          const end: PageEnd = { summary: line, skipped, notes, calibrated };
          await write(`${dataBlock(pageBlocks.end, end)}<script>${script}</script>\n</body>\n</html>\n`);
          break;
        }
        case 'harmless':
          break;
      }
    },
  };
}

function opening({ script, style }: PageAssets, header: ScanHeader): string {
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Backfire report</title>
<style>${style}</style>
</head>
<body>
<main id="report"><noscript>This report shows its findings with a program inside this file; scripts are off.</noscript></main>
${dataBlock(pageBlocks.start, header)}`;
}

/** No text in it can end the element: `<` is spelled out, which JSON reads back. */
function dataBlock(name: string, value: unknown): string {
  return `<script type="application/json" class="${name}">${terminalJson(value).replaceAll('<', '\\u003c')}</script>\n`;
}

function hashOf(content: string): string {
  return `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
}
