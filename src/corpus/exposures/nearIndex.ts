import { hashes } from './minHash.js';

/**
 * Bands of four hashes (locality-sensitive hashing: Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets",
 * section 3.4): sets of similarity J share one of the 16 bands with probability 1 − (1 − J⁴)¹⁶, 0.99 for J = 0.7.
 */
const rows = 4;
const bands = hashes / rows;
/** Share of hashes that must agree. */
const nearEnough = 0.7;
const buckets = 2 ** 20;
/** The newest of one bucket: a band that everything shares must not slow the scan. */
const longestChain = 64;
const none = -1;

/** Signatures by number, from 0 to `capacity` − 1, in arrays whose size never changes. */
export class NearIndex {
  private readonly signatures: Uint16Array;
  private readonly heads = new Int32Array(buckets).fill(none);
  /** The next entry of the same bucket; entry = number × bands + band. */
  private readonly next: Int32Array;

  constructor(capacity: number) {
    this.signatures = new Uint16Array(capacity * hashes);
    this.next = new Int32Array(capacity * bands);
  }

  add(number: number, signature: Uint16Array): void {
    this.signatures.set(signature, number * hashes);
    for (let band = 0; band < bands; band++) {
      const bucket = bucketOf(signature, band);
      const entry = number * bands + band;
      this.next[entry] = this.heads[bucket]!;
      this.heads[bucket] = entry;
    }
  }

  /** The most similar signature that is near enough; of equal ones that with the lowest number. */
  nearest(signature: Uint16Array): number | undefined {
    let best: number | undefined;
    let most = Math.ceil(nearEnough * hashes) - 1;
    for (let band = 0; band < bands; band++) {
      let entry = this.heads[bucketOf(signature, band)]!;
      for (let steps = 0; entry !== none && steps < longestChain; steps++, entry = this.next[entry]!) {
        const number = Math.floor(entry / bands);
        if (number === best) continue;
        const agreeing = this.agreeing(number, signature);
        if (agreeing < most || (agreeing === most && (best === undefined || number > best))) continue;
        best = number;
        most = agreeing;
      }
    }
    return best;
  }

  signatureOf(number: number): Uint16Array {
    return this.signatures.slice(number * hashes, (number + 1) * hashes);
  }

  clear(): void {
    this.heads.fill(none);
  }

  private agreeing(number: number, signature: Uint16Array): number {
    const from = number * hashes;
    let agreeing = 0;
    for (let at = 0; at < hashes; at++) if (this.signatures[from + at] === signature[at]) agreeing += 1;
    return agreeing;
  }
}

function bucketOf(signature: Uint16Array, band: number): number {
  let hash = band;
  for (let at = band * rows; at < (band + 1) * rows; at++)
    hash = Math.imul(hash ^ signature[at]!, 0x9e3779b1) ^ (hash >>> 15);
  return (hash ^ (hash >>> 13)) & (buckets - 1);
}
