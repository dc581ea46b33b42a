import {
  commands,
  type Disposable,
  EventEmitter,
  l10n,
  type Memento,
  QuickPickItemKind,
  window,
} from 'vscode';
import { type Level, levels } from '../analysis/levelNames.js';
import { type KindName, kindNames } from '../analysis/kind/kindNames.js';
import { type EditorFinding, levelOfFinding } from './editorFinding.js';
import { readSetting } from './settings.js';

/** What the tree leaves out, beside what the settings leave out of everything. */
interface LeftOut {
  readonly levels: readonly Level[];
  readonly kinds: readonly KindName[];
}

const memory = 'backfire.filter';
const nothing: LeftOut = { levels: [], kinds: [] };

/** Levels and kinds that a person does not want to see in the tree; kept for the workspace. */
export class FindingFilter implements Disposable {
  readonly #changed = new EventEmitter<void>();
  #leftOut: LeftOut;

  readonly onDidChange = this.#changed.event;

  constructor(private readonly memento: Memento) {
    this.#leftOut = memento.get(memory, nothing);
    this.#tell();
  }

  get isOn(): boolean {
    return this.#leftOut.levels.length + this.#leftOut.kinds.length > 0;
  }

  lets(finding: EditorFinding): boolean {
    const { levels, kinds } = this.#leftOut;
    const level = levelOfFinding(finding, readSetting('kinds'));
    return !levels.includes(level) && !kinds.includes(finding.about.kind.name);
  }

  /** False when the person leaves it as it was. */
  async choose(): Promise<boolean> {
    const item = <T extends 'level' | 'kind', N>(type: T, name: N & string, leftOut: readonly string[]) => ({
      label: l10n.t(name),
      type,
      name,
      picked: !leftOut.includes(name),
    });
    const separator = (label: string) => ({ label, kind: QuickPickItemKind.Separator, type: undefined });
    const items = [
      separator(l10n.t('Level')),
      ...levels.map((level) => item('level', level, this.#leftOut.levels)),
      separator(l10n.t('Kind')),
      ...kindNames.map((kind) => item('kind', kind, this.#leftOut.kinds)),
    ];
    const title = l10n.t('Show findings of these levels and kinds');
    const picked = await window.showQuickPick(items, { title, canPickMany: true });
    if (!picked) return false;
    const isPicked = (name: string) => picked.some((each) => 'name' in each && each.name === name);
    await this.#set({
      levels: levels.filter((level) => !isPicked(level)),
      kinds: kindNames.filter((kind) => !isPicked(kind)),
    });
    return true;
  }

  /** Leaves out all other kinds, and no level. */
  async showOnly(kind: KindName): Promise<void> {
    await this.#set({ levels: [], kinds: kindNames.filter((each) => each !== kind) });
  }

  async reset(): Promise<void> {
    await this.#set(nothing);
  }

  dispose(): void {
    this.#changed.dispose();
  }

  async #set(leftOut: LeftOut): Promise<void> {
    this.#leftOut = leftOut;
    this.#tell();
    await this.memento.update(memory, leftOut);
  }

  #tell(): void {
    void commands.executeCommand('setContext', 'backfire.isFiltered', this.isOn);
    this.#changed.fire();
  }
}
