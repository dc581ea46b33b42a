import * as ort from 'onnxruntime-node';
import { elementType, inGraph, model, node, plainHeader, port, tensor } from './onnxParts.js';
import type { Contender } from './rounds.js';

/** Matrix products in a row: x [rows, sizes[0]] × [sizes[0], sizes[1]] × [sizes[1], sizes[2]] × … */
export interface ProductShape {
  readonly name: string;
  readonly rows: number;
  readonly sizes: readonly number[];
}

/** The shapes of the model's feed-forward part at a text of 256 tokens, and a square one, which suits any library best. */
export const productShapes: readonly ProductShape[] = [
  {
    name: '[256, 576] × [576, 1536] and back',
    rows: 256,
    sizes: Array.from({ length: 17 }, (_, i) => (i % 2 ? 1536 : 576)),
  },
  { name: '[1024, 1024] × [1024, 1024]', rows: 1024, sizes: Array.from({ length: 5 }, () => 1024) },
];

/** 2 × rows × inner × columns for each product. */
export function productFlops({ rows, sizes }: ProductShape): number {
  return sizes.slice(1).reduce((sum, columns, i) => sum + 2 * rows * sizes[i]! * columns, 0);
}

/** A session of onnxruntime that does nothing but these products, with constant right sides, as weights are. */
export async function productContender(shape: ProductShape): Promise<Contender> {
  const session = await ort.InferenceSession.create(productGraph(shape), { graphOptimizationLevel: 'all' });
  const x = new ort.Tensor('float32', values(shape.rows * shape.sizes[0]!), [shape.rows, shape.sizes[0]!]);
  return { run: () => session.run({ x }) };
}

function productGraph({ rows, sizes }: ProductShape): Uint8Array {
  const parts = sizes
    .slice(1)
    .flatMap((columns, i) => [
      node('MatMul', [i === 0 ? 'x' : `x${i}`, `w${i}`], i === sizes.length - 2 ? 'y' : `x${i + 1}`),
      tensor(`w${i}`, elementType.float, [sizes[i]!, columns], values(sizes[i]! * columns)),
    ]);
  return model(plainHeader, 'products', [
    ...parts,
    port(inGraph.input, 'x', elementType.float, [rows, sizes[0]!]),
    port(inGraph.output, 'y', elementType.float, [rows, sizes.at(-1)!]),
  ]);
}

/** Of a size that keeps products of products near 1: neither overflow nor denormals. */
function values(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898) * 0.05);
}
