import {
  commands,
  type Disposable,
  EventEmitter,
  l10n,
  type Memento,
  ThemeColor,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  TreeItemCollapsibleState,
  type TreeView,
  window,
  workspace,
} from 'vscode';
import type { Level } from '../analysis/levelNames.js';
import { visibleText } from '../analysis/visibleText.js';
import { findingsText } from './countText.js';
import { DisposableStore } from './disposableStore.js';
import { levelOfFinding, ratioText, subjectOf, titleOf } from './editorFinding.js';
import type { FindingFilter } from './findingFilter.js';
import { fileNameOf, type FindingNode, grouped, type Grouping, type TreeNode } from './findingGroups.js';
import type { FindingStore } from './findingStore.js';
import { openDocument } from './openDocument.js';
import { scanText } from './scanCounts.js';
import { readSetting, settingsSection, shownSettings } from './settings.js';
import { listedFindings } from './shownFindings.js';
import type { WorkspaceScan } from './workspaceScan.js';

const memory = 'backfire.grouping';
/** Results come by the hundred while a scan runs; the tree follows at a pace that a person can read. */
const paceMs = 300;

const icons: Record<Level, string> = {
  high: 'flame',
  medium: 'warning',
  low: 'info',
  none: 'circle-outline',
};

/** All findings of the window, in groups. */
export class FindingsTree implements Disposable, TreeDataProvider<TreeNode> {
  readonly #owned = new DisposableStore();
  readonly #changed = this.#owned.add(new EventEmitter<undefined>());
  readonly #view: TreeView<TreeNode>;
  #roots: readonly TreeNode[] | undefined;
  #refreshing: NodeJS.Timeout | undefined;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(
    private readonly store: FindingStore,
    private readonly scan: WorkspaceScan,
    private readonly filter: FindingFilter,
    private readonly memento: Memento,
  ) {
    this.#view = this.#owned.add(
      window.createTreeView('backfire.findings', { treeDataProvider: this, showCollapseAll: true }),
    );
    const later = () => this.#refreshSoon();
    this.#owned.add(store.onDidChange(later));
    this.#owned.add(scan.onDidChange(later));
    this.#owned.add(filter.onDidChange(() => this.#refresh()));
    this.#owned.add(
      workspace.onDidChangeConfiguration((change) => {
        if (shownSettings.some((name) => change.affectsConfiguration(`${settingsSection}.${name}`)))
          this.#refresh();
      }),
    );
    this.#tellGrouping();
  }

  async group(grouping: Grouping): Promise<void> {
    await this.memento.update(memory, grouping);
    this.#tellGrouping();
    this.#refresh();
  }

  /** Opens the view at a group of findings that all pass the filter; where there is none such, at its beginning. */
  async reveal(grouping: Exclude<Grouping, 'folder'>, name: string): Promise<void> {
    await this.filter.reset();
    await this.group(grouping);
    const id = `${grouping} ${name}`;
    const found = this.getChildren().find((node) => node.kind === 'group' && node.id === id);
    if (found) await this.#view.reveal(found, { select: true, focus: true, expand: true });
    else await commands.executeCommand('backfire.findings.focus');
  }

  /** VS Code asks for it to reveal what `reveal` does: a root. */
  getParent(): undefined {
    return undefined;
  }

  getChildren(node?: TreeNode): TreeNode[] {
    if (node) return node.kind === 'group' ? [...node.children] : [];
    return [...(this.#roots ??= this.#group())];
  }

  getTreeItem(node: TreeNode): TreeItem {
    switch (node.kind) {
      case 'group': {
        const item = new TreeItem(node.label, TreeItemCollapsibleState.Expanded);
        item.id = node.id;
        item.description = String(node.count);
        if (node.level) item.iconPath = levelIcon(node.level);
        if (node.uri) [item.resourceUri, item.iconPath] = [node.uri, ThemeIcon.File];
        item.accessibilityInformation = { label: `${node.label}, ${findingsText(node.count)}` };
        return item;
      }
      case 'more': {
        const item = new TreeItem(l10n.t('{0} more: filter them, or scan with the command line', node.count));
        item.id = node.id;
        return item;
      }
      case 'finding':
        return findingItem(node);
      default:
        return node satisfies never;
    }
  }

  dispose(): void {
    clearTimeout(this.#refreshing);
    this.#owned.dispose();
  }

  get #grouping(): Grouping {
    return this.memento.get<Grouping>(memory, 'level');
  }

  #tellGrouping(): void {
    void commands.executeCommand('setContext', 'backfire.grouping', this.#grouping);
  }

  #refreshSoon(): void {
    this.#roots = undefined;
    this.#refreshing ??= setTimeout(() => this.#refresh(), paceMs);
  }

  #refresh(): void {
    clearTimeout(this.#refreshing);
    this.#refreshing = undefined;
    this.#roots = undefined;
    this.#changed.fire(undefined);
    const all = listedFindings(this.store);
    const shown = all.filter(({ finding }) => this.filter.lets(finding)).length;
    this.#view.badge = all.length > 0 ? { value: all.length, tooltip: findingsText(all.length) } : undefined;
    const filtered =
      shown < all.length ? l10n.t('{0} of {1} findings pass the filter.', shown, all.length) : '';
    this.#view.message = [scanText(this.scan.isRunning, this.scan.counts), filtered]
      .filter((text) => text !== '')
      .join(' ');
  }

  #group(): TreeNode[] {
    const filed = listedFindings(this.store).filter(({ finding }) => this.filter.lets(finding));
    return grouped(this.#grouping, filed, readSetting('kinds'));
  }
}

function findingItem({ uri, finding, isInFile }: FindingNode): TreeItem {
  const document = openDocument(uri);
  const line = (document ? document.positionAt(finding.payload.start).line : finding.line) + 1;
  const level = levelOfFinding(finding, readSetting('kinds'));
  const ratio = ratioText(finding);
  const place = isInFile ? l10n.t('Line {0}', line) : `${fileNameOf(uri)}:${line}`;
  const item = new TreeItem(place);
  item.id = `finding ${uri.toString()} ${finding.id}`;
  item.description = [subjectOf(finding), ratio, titleOf(finding)].filter((text) => text !== '').join(' · ');
  item.tooltip = `${visibleText(workspace.asRelativePath(uri))}:${line}`;
  item.iconPath = levelIcon(level);
  item.contextValue = 'finding';
  item.command = {
    command: 'backfire.openFinding',
    title: l10n.t('Open'),
    arguments: [uri.toString(), finding.id],
  };
  const label = `${l10n.t(level)}: ${item.description}, ${fileNameOf(uri)}, ${l10n.t('Line {0}', line)}`;
  item.accessibilityInformation = { label };
  return item;
}

function levelIcon(level: Level): ThemeIcon {
  return new ThemeIcon(icons[level], new ThemeColor(`backfire.${level}Border`));
}
