/**
 * MinHash (Broder, "On the resemblance and containment of documents", 1997): two sets agree in the least value of a
 * random permutation with the probability of their Jaccard similarity J. With n permutations the share that agrees
 * estimates J with a standard error of √(J (1 − J) / n): at most 0.0625 here. 16 bits are kept of each value (b-bit
 * minwise hashing, Li and König 2010), which raises a share by at most 2⁻¹⁶.
 */
export const hashes = 64;

/** The 16 lowest bits of the least hash of a set of numbers (32 bits each) under each permutation. */
export function minHash(set: ReadonlySet<number>): Uint16Array {
  const signature = new Uint16Array(hashes);
  for (const [index, seed] of seeds.entries()) {
    let least = 0xffffffff;
    for (const value of set) {
      const hash = mixed(value ^ seed);
      if (hash < least) least = hash;
    }
    signature[index] = least & 0xffff;
  }
  return signature;
}

/** FNV-1a over code units. */
export function hashOfText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** The finaliser of MurmurHash3: a permutation of the numbers of 32 bits. */
function mixed(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const seeds = Array.from({ length: hashes }, (_, index) => mixed(index + 1));
