import { l10n, type Uri, workspace } from 'vscode';
import { type Level, levels } from '../analysis/levelNames.js';
import type { KindName } from '../analysis/kind/kindNames.js';
import { visibleText } from '../analysis/visibleText.js';
import { codeOf, type EditorFinding, levelOfFinding, titleOf, worstFirst } from './editorFinding.js';

export const groupings = ['level', 'folder', 'rule'] as const;
export type Grouping = (typeof groupings)[number];

/** More in one group help nobody, and a tree that long is slow. */
const mostInGroup = 500;

export type TreeNode = GroupNode | FindingNode | MoreNode;

/** Findings that have something in common; `id` is the same for the same group, so that it stays open or closed. */
export interface GroupNode {
  readonly kind: 'group';
  readonly id: string;
  readonly label: string;
  /** Findings in it, those in groups inside included. */
  readonly count: number;
  /** Set where the group is a level. */
  readonly level?: Level;
  /** Set where the group is a file. */
  readonly uri?: Uri;
  readonly children: readonly TreeNode[];
}

export interface FindingNode {
  readonly kind: 'finding';
  readonly uri: Uri;
  readonly finding: EditorFinding;
  /** Whether the group already names the file. */
  readonly isInFile: boolean;
}

/** Stands for what a group does not list. */
export interface MoreNode {
  readonly kind: 'more';
  readonly id: string;
  readonly count: number;
}

/** A finding with its file. */
export interface FiledFinding {
  readonly uri: Uri;
  readonly finding: EditorFinding;
}

/** The roots of the tree. */
export function grouped(
  grouping: Grouping,
  filed: readonly FiledFinding[],
  kinds: readonly KindName[],
): GroupNode[] {
  const worst = worstFirst(kinds);
  const sorted = [...filed].sort((a, b) => worst(a.finding, b.finding));
  switch (grouping) {
    case 'level': {
      const byLevel = Map.groupBy(sorted, ({ finding }) => levelOfFinding(finding, kinds));
      return levels.flatMap((level) => {
        const members = byLevel.get(level);
        return members ? [{ ...groupOf(`level ${level}`, l10n.t(level), members, false), level }] : [];
      });
    }
    case 'rule': {
      const byRule = Map.groupBy(sorted, ({ finding }) => codeOf(finding));
      return [...byRule].map(([code, members]) =>
        groupOf(`rule ${code}`, titleOf(members[0]!.finding), members, false),
      );
    }
    case 'folder': {
      const byFolder = Map.groupBy(sorted, ({ uri }) => folderOf(uri));
      return [...byFolder]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([folder, members]) => folderGroup(folder, members));
    }
    default:
      return grouping satisfies never;
  }
}

function folderGroup(folder: string, members: readonly FiledFinding[]): GroupNode {
  const byFile = Map.groupBy(members, ({ uri }) => uri.toString());
  const files = [...byFile.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inFile]) => {
      const { uri } = inFile[0]!;
      return { ...groupOf(`file ${key}`, fileNameOf(uri), inFile, true), uri };
    });
  const label = visibleText(folder);
  return { kind: 'group', id: `folder ${folder}`, label, count: members.length, children: files };
}

function groupOf(id: string, label: string, members: readonly FiledFinding[], isInFile: boolean): GroupNode {
  const listed = members
    .slice(0, mostInGroup)
    .map(({ uri, finding }): FindingNode => ({ kind: 'finding', uri, finding, isInFile }));
  const rest = members.length - listed.length;
  const children = rest > 0 ? [...listed, { kind: 'more' as const, id: `more ${id}`, count: rest }] : listed;
  return { kind: 'group', id, label, count: members.length, children };
}

/** The name of a file as it can be shown: it may hold anything. */
export function fileNameOf({ path }: Uri): string {
  return visibleText(path.slice(path.lastIndexOf('/') + 1));
}

/** With the name of its workspace folder where there are several. */
function folderOf(uri: Uri): string {
  const path = workspace.asRelativePath(uri);
  const end = path.lastIndexOf('/');
  return end < 0 ? (workspace.getWorkspaceFolder(uri)?.name ?? '.') : path.slice(0, end);
}
