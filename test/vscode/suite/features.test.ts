import { deepEqual, equal, ok } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  commands,
  ConfigurationTarget,
  type Hover,
  type InlayHint,
  type MarkdownString,
  type Position,
  QuickPickItemKind,
  Range,
  type TextDocument,
  Uri,
  window,
  workspace,
} from 'vscode';
import type { CommandOutcome } from '../../../src/editor/commandOutcome.js';
import type { EditorFinding } from '../../../src/editor/editorFinding.js';
import { markdownText } from '../../../src/editor/markdownText.js';
import type { FeatureIndex } from '../../../src/model/featurePages.js';
import { analyzed, backfire, closeEverything, eventually, openSample, run, select } from './backfire.js';

const pack = join(process.env['BACKFIRE_ROOT']!, 'models', 'smollm2-135m-instruct');
const { labels, densities } = JSON.parse(
  readFileSync(join(pack, 'feature-pages.json'), 'utf8'),
) as FeatureIndex;
/** Of the features that fire at the word “hash” before all the one that does most often, and how lists name it. */
const hash = labels
  .flatMap((label, latent) => (/^at .*\bhash\b/.test(label) ? [latent] : []))
  .reduce((most, latent) => (densities[latent]! > densities[most]! ? latent : most));
const hashItem = `${hash}: ${labels[hash]}`;
const setting = (name: string, value: unknown) =>
  workspace.getConfiguration('backfire').update(name, value, ConfigurationTarget.Global);
const hostile =
  '[x](command:workbench.action.quit) <img src=x onerror=alert(1)> $(flame) \u202e https://x.example/ |';

interface Item {
  readonly label: string;
  readonly description?: string;
  readonly kind?: QuickPickItemKind;
  readonly feature?: number;
}

describe('features', () => {
  afterEach(async () => {
    for (const name of ['enabled', 'measure', 'feature'])
      await setting(`inlineActivations.${name}`, undefined);
    await setting('modelPack', undefined);
    await closeEverything();
  });

  it('are shown by number: the page opens in the panel, and again for another one', async () => {
    const { panelFeatures } = await backfire();
    deepEqual(await run('showFeature', hash), { kind: 'done' });
    const { open } = panelFeatures();
    ok(open);
    equal(open.page.feature, hash);
    equal(open.page.label.text, labels[hash]);
    equal(open.before, 0);
    deepEqual(await run('showFeature', open.page.neighbours[0]!.feature), { kind: 'done' });
    equal(panelFeatures().open?.before, 1);
  });

  it('are found by label and number, those of the shown sample first', async () => {
    const finding = await selected();
    const { panelFeatures } = await backfire();
    const first = panelFeatures().list.features.map(({ latent }) => latent);
    equal(first.length, 8);
    const items = await picking(undefined, () => run('showFeature'));
    const groups = items.filter(({ kind }) => kind === QuickPickItemKind.Separator);
    equal(groups.length, 2);
    deepEqual(
      items.slice(1, 9).map(({ feature }) => feature),
      first,
    );
    ok(items.length > 8000, String(items.length));
    ok(items.every(({ kind, label }) => kind === QuickPickItemKind.Separator || /^\d+: ./.test(label)));
    await picking(hashItem, () => run('showFeature'));
    equal(panelFeatures().open?.page.feature, hash);
    // Another sample takes the place of the page.
    await run('explainFinding', window.activeTextEditor!.document.uri.toString(), finding.id);
    equal(panelFeatures().open, undefined);
  });

  it('that are not there are told; anything but a number asks', async () => {
    const { outcome, shown } = await failing(() => run('showFeature', 99_999));
    ok(outcome.kind === 'failed' && outcome.reason.includes('this pack has features 0 to 8191'));
    ok(shown.some((words) => words.includes('Open Log')));
    for (const given of ['7', -1, 1.5, { feature: 7 }, Number.NaN]) {
      let outcome: CommandOutcome | undefined;
      const items = await picking(undefined, async () => (outcome = await run('showFeature', given)));
      ok(items.length > 0, JSON.stringify(given));
      deepEqual(outcome, { kind: 'cancelled' });
    }
  });

  it('without an engine answer with a reason and ways out', async () => {
    const missing = join(tmpdir(), 'no-such-pack');
    await setting('modelPack', missing);
    for (const given of [[], [7]]) {
      for (const command of ['showFeature', 'showFeatureInline']) {
        const { outcome, shown } = await failing(() => run(command, ...given));
        ok(outcome.kind === 'failed' && outcome.reason.includes(missing), JSON.stringify(outcome));
        ok(shown.some((words) => words.includes('Restart Engine') && words.includes('Open Log')));
      }
    }
    equal(workspace.getConfiguration('backfire.inlineActivations').get('enabled'), false);
    await setting('modelPack', undefined);
    deepEqual(await run('showFeature', hash), { kind: 'done' });
  });

  it('colour the tokens of findings as the panel reads them, with values', async () => {
    const finding = await selected();
    const { document } = window.activeTextEditor!;
    deepEqual(await run('showFeatureInline', hash), { kind: 'done' });
    const cells = await eventually('cells', async () => {
      const all = (await backfire()).inlineCells(document);
      return all.length > 0 && all;
    });
    ok(cells.every(({ tone }) => tone === 'feature'));
    const strongest = cells.filter(({ step }) => step === 4);
    const texts = strongest.map(({ start, end }) => document.getText().slice(start, end).trim());
    ok(texts.includes('hash') && !texts.includes('return'), texts.join('|'));
    ok(strongest.length < cells.length);

    const list = await listOfPanel([hash]);
    const { texts: read } = list;
    const listed = list.features.find(({ latent }) => latent === hash);
    ok(read && listed?.inSample);
    const shift = finding.payload.start - finding.window.sample.payload!.start;
    let compared = 0;
    listed.inSample.tokens.forEach((token, i) => {
      const start = read.sample.starts[token]! + shift;
      const cell = cells.find((each) => each.start === start);
      if (!cell) return; // Too weak for a colour.
      ok(Math.abs(cell.value - listed.inSample!.values[i]!) < 0.05, `${cell.value}`);
      compared++;
    });
    ok(compared > 2, String(compared));

    const hints = await hintsOf(document);
    ok(hints.length > 0 && hints.every(({ label }) => /^\d+\.\d$/.test(label as string)));
    ok(hints.every(({ tooltip }) => (tooltip as string).startsWith(`Feature ${hashItem}: `)));
    await run('toggleInlineActivations');
    deepEqual((await backfire()).inlineCells(document), []);
  });

  it('are asked for from the list of measures, and analyze a file that was not analyzed yet', async () => {
    const { document } = await openSample('lessons.py');
    let outcome: CommandOutcome | undefined;
    await picking(['A feature', hashItem], async () => {
      outcome = await run('chooseInlineActivations');
    });
    equal(outcome?.kind, 'analyzed');
    await eventually('cells', async () => (await backfire()).inlineCells(document).length > 0);
    equal(workspace.getConfiguration('backfire.inlineActivations').get('feature'), hash);
  });

  it('are in the hover of a finding, each a link of ours to its page, hostile labels shown harmless', async () => {
    const folder = hostilePack();
    try {
      await setting('modelPack', folder);
      const finding = await selected();
      const { document } = window.activeTextEditor!;
      const [text] = await hoversAt(document, document.positionAt(finding.payload.start + 1));
      ok(text);
      const links = [...text.value.matchAll(/\]\((command:backfire\.showFeature\b[^)]*)\)/g)];
      equal(links.length, 3, text.value);
      const { result } = finding;
      ok(result.kind === 'measured' && result.features);
      deepEqual(
        links.map(([, link]) => JSON.parse(decodeURIComponent(Uri.parse(link!).query)) as number[]),
        result.features.slice(0, 3).map(({ latent }) => [latent]),
      );
      deepEqual(text.isTrusted, {
        enabledCommands: [
          'backfire.explainFinding',
          'backfire.fixFinding',
          'backfire.showFeature',
          'backfire.showFeatureInline',
        ],
      });
      equal(text.value.split(markdownText(hostile)).length - 1, 3, text.value);
      for (const harm of [/(?<!\\)<img/, /(?<!\\)\]\(command:work/, /https:\/\/x/, /\u202e/])
        ok(!harm.test(text.value), `${harm}: ${text.value}`);
      const items = await picking(undefined, () => run('showFeature'));
      const labels = items.filter(({ feature }) => feature !== undefined).map(({ label }) => label);
      ok(labels.length > 0);
      for (const label of labels) {
        ok(!/(^|[^\\])\$\(/.test(label), label);
        ok(!label.includes('\u202e'), label);
      }
    } finally {
      await setting('modelPack', undefined);
      rmSync(folder, { recursive: true });
    }
  });

  it('are exported as an ablation spec of the workspace', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'backfire-ablation-'));
    try {
      const file = join(folder, 'spec.json');
      deepEqual(await run('exportReport', 'ablation', Uri.file(file)), { kind: 'done' });
      const spec = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number[]>;
      deepEqual(Object.keys(spec), ['15']);
      ok(spec['15']!.length > 0 && spec['15']!.every((latent) => latent >= 0 && latent < 8192));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** The finding about a fast hash, analyzed and shown. */
async function selected(): Promise<EditorFinding> {
  const editor = await openSample('lessons.py');
  editor.selection = select(editor, '# WRONG: a fast hash', 'hexdigest()');
  const [finding] = await analyzed('analyzeSelection');
  ok(finding);
  return finding;
}

/** What the panel has once it was asked for the features of its sample. */
async function listOfPanel(latents: readonly number[]) {
  const { readPanelFeatures, panelFeatures } = await backfire();
  await readPanelFeatures(latents);
  const { list } = panelFeatures();
  equal(list.state, 'read', list.reason);
  return list;
}

/** The pack with labels that someone wrote to do harm. */
function hostilePack(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pack-'));
  const changed = ['pack.json', 'feature-pages.json'];
  for (const name of readdirSync(pack))
    if (!changed.includes(name)) symlinkSync(join(pack, name), join(folder, name));
  const read = (name: string) =>
    JSON.parse(readFileSync(join(pack, name), 'utf8')) as Record<string, unknown>;
  const index = read('feature-pages.json');
  const text = JSON.stringify({ ...index, labels: (index['labels'] as string[]).map(() => hostile) });
  writeFileSync(join(folder, 'feature-pages.json'), text);
  const manifest = read('pack.json');
  const files = manifest['files'] as { path: string }[];
  const sha256 = createHash('sha256').update(text).digest('hex');
  const bytes = Buffer.byteLength(text);
  const named = files.map((file) => (file.path === 'feature-pages.json' ? { ...file, bytes, sha256 } : file));
  writeFileSync(join(folder, 'pack.json'), JSON.stringify({ ...manifest, files: named }));
  return folder;
}

/** Chooses items by their labels, one list after the other, and gives the items of the last one. */
async function picking(
  labels: string | readonly string[] | undefined,
  work: () => Promise<unknown>,
): Promise<readonly Item[]> {
  const { showQuickPick } = window;
  const wanted = labels === undefined ? [] : [labels].flat();
  let last: readonly Item[] = [];
  const pick = (items: readonly Item[]) => {
    last = items;
    const label = wanted.shift();
    return Promise.resolve(
      label === undefined ? undefined : items.find((item) => item.label.endsWith(label)),
    );
  };
  window.showQuickPick = pick as unknown as typeof showQuickPick;
  try {
    await work();
    return last;
  } finally {
    window.showQuickPick = showQuickPick;
  }
}

/** How a command fails, with the messages that a person would see. */
async function failing(work: () => Promise<CommandOutcome>) {
  const shown: string[][] = [];
  const { showErrorMessage } = window;
  const note = (...words: string[]) => {
    shown.push(words);
    return Promise.resolve(undefined);
  };
  window.showErrorMessage = note as unknown as typeof showErrorMessage;
  try {
    return { outcome: await work(), shown };
  } finally {
    window.showErrorMessage = showErrorMessage;
  }
}

async function hintsOf({ uri, lineCount }: TextDocument): Promise<InlayHint[]> {
  const whole = new Range(0, 0, lineCount, 0);
  return commands.executeCommand<InlayHint[]>('vscode.executeInlayHintProvider', uri, whole);
}

async function hoversAt({ uri }: TextDocument, position: Position): Promise<MarkdownString[]> {
  const hovers = await commands.executeCommand<Hover[]>('vscode.executeHoverProvider', uri, position);
  return hovers
    .flatMap(({ contents }) => contents as MarkdownString[])
    .filter(({ value }) => value.includes('Teach ratio'));
}
