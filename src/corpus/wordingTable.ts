import { wordingOf } from '../analysis/wordings.js';
import type { Wordings } from '../analysis/wordingsSchema.js';
import { hashOfText, minHash } from './exposures/minHash.js';
import { NearIndex } from './exposures/nearIndex.js';

const usualCapacity = 16_384;
const listedGroups = 10;

interface Group {
  readonly wording: string;
  frames: number;
}

/**
 * Counts wordings as they come. Groups are of wordings similar to the one that came first, so what it says depends on their order
 * alone, as in `ExposureTable`. When `capacity` different ones are known, others are only counted.
 */
export class WordingTable {
  private readonly groupOf = new Map<string, Group>();
  private readonly groups: Group[] = [];
  private readonly near: NearIndex;
  private frames = 0;
  private missed = 0;

  constructor(private readonly capacity = usualCapacity) {
    this.near = new NearIndex(capacity);
  }

  add(frame: string): void {
    const wording = wordingOf(frame);
    this.frames += 1;
    const group = this.groupOf.get(wording) ?? this.newWording(wording);
    if (group === undefined) this.missed += 1;
    else group.frames += 1;
  }

  private newWording(wording: string): Group | undefined {
    if (this.groupOf.size === this.capacity) return undefined;
    const signature = minHash(words(wording));
    const nearest = this.near.nearest(signature);
    const group = nearest === undefined ? { wording, frames: 0 } : this.groups[nearest]!;
    if (nearest === undefined) {
      this.near.add(this.groups.length, signature);
      this.groups.push(group);
    }
    this.groupOf.set(wording, group);
    return group;
  }

  summary(): Wordings {
    const grouped = this.frames - this.missed;
    const entropy = this.groups.reduce((bits, { frames }) => {
      const share = frames / grouped;
      return bits - share * Math.log2(share);
    }, 0);
    const top = [...this.groups].sort((a, b) => b.frames - a.frames).slice(0, listedGroups);
    return {
      frames: this.frames,
      wordings: this.groupOf.size,
      groups: this.groups.length,
      // Without a digit that another order of the sum would change; and no −0.
      entropy: Math.abs(Number(entropy.toFixed(6))),
      missed: this.missed,
      top: top.map((group) => ({ ...group })),
    };
  }
}

/** Single words: frames are short, and pairs of words would forgive no edit in them. */
function words(wording: string): Set<number> {
  return new Set(wording.split(' ').map(hashOfText));
}
