import { copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelPack } from '../src/model/pack.js';
import {
  elementType,
  inAttribute,
  inGraph,
  inModel,
  inNode,
  inTensor,
  model,
  node,
  port,
  tensor,
} from './onnxParts.js';
import { type Field, message, readFields, text } from './protobuf.js';

const utf8 = new TextDecoder();

/**
 * Writes the pack's blocks as one graph, in the folder layout of Transformers.js: `config.json`, `onnx/model.onnx` and the pack's
 * own weight files beside it. Nodes and weights are those of the pack's segments, in their order; only what stands round them
 * is new: input_ids and attention_mask [batch, length] instead of a run's layout, last_hidden_state [batch, length, hidden].
 */
export async function writeWholeModel(pack: ModelPack, folder: string): Promise<void> {
  const graphs = await Promise.all(
    pack.manifest.graphs.segments.map(({ graph }) => readFile(join(pack.folder, graph))),
  );
  const onnx = join(folder, 'onnx');
  await mkdir(onnx, { recursive: true });
  await writeFile(join(onnx, 'model.onnx'), joinSegments(graphs));
  for (const { path } of pack.manifest.files.filter(({ path }) => path.endsWith('.bin'))) {
    if (!(await sameSize(join(pack.folder, path), join(onnx, path)))) {
      await copyFile(join(pack.folder, path), join(onnx, path));
    }
  }
  // A model type that Transformers.js does not know: it then runs the graph as it is, with the inputs that the graph names.
  await writeFile(join(folder, 'config.json'), JSON.stringify({ model_type: 'backfire-blocks' }));
}

function joinSegments(segments: readonly Uint8Array[]): Uint8Array {
  const header = readFields(segments[0]!).filter(
    ({ number }) => number === inModel.irVersion || number === inModel.opset,
  );
  const nodes: Uint8Array[] = [...entryNodes];
  const initializers = new Map<string, Uint8Array>();
  let residual = '';
  for (const [index, segment] of segments.entries()) {
    const fields = graphFields(segment);
    const weights = fields.filter(({ number }) => number === inGraph.initializer);
    // Weights and constants are named by what they hold, so equal names are equal tensors.
    for (const { content, raw } of weights) initializers.set(firstText(content, inTensor.name), raw);
    const shared = new Set([...initializers.keys(), 'ids', 'layout', 'lengths', 'home', '']);
    const rename = (name: string) =>
      shared.has(name) ? name : name === 'residual' ? residual : `segment${index}/${name}`;
    const forward = forwardNodes(fields);
    nodes.push(...forward.nodes.map((content) => renamed(content, rename)));
    residual = rename(forward.result);
  }
  return model(
    header.map(({ raw }) => raw),
    'blocks',
    [
      ...nodes,
      node('Concat', ['shape', 'rest'], 'result_shape', { axis: 0 }),
      node('Reshape', [residual, 'result_shape'], 'last_hidden_state'),
      ...initializers.values(),
      ...entryConstants,
      port(inGraph.input, 'input_ids', elementType.int64, ['batch', 'length']),
      port(inGraph.input, 'attention_mask', elementType.int64, ['batch', 'length']),
      port(inGraph.output, 'last_hidden_state', elementType.float, ['batch', 'length', 'hidden']),
    ],
  );
}

/** What a segment computes from `residual` to its result, without what runs backwards only. */
function forwardNodes(fields: readonly Field[]): { nodes: Uint8Array[]; result: string } {
  let result = 'result';
  const all = fields
    .filter(({ number }) => number === inGraph.node)
    .flatMap(({ content }) => {
      if (firstText(content, inNode.operator) !== 'If') return [content];
      const branch = readFields(content)
        .filter(({ number }) => number === inNode.attribute)
        .find((attribute) => firstText(attribute.content, inAttribute.name) === 'else_branch')!;
      const inner = readFields(
        readFields(branch.content).find(({ number }) => number === inAttribute.graph)!.content,
      );
      result = firstText(inner.find(({ number }) => number === inGraph.output)!.content, 1);
      return inner.filter(({ number }) => number === inGraph.node).map((field) => field.content);
    });
  const needed = new Set([result]);
  const names = (content: Uint8Array, number: number) =>
    readFields(content)
      .filter((field) => field.number === number)
      .map((field) => utf8.decode(field.content));
  const nodes = all.reverse().filter((content) => {
    const isNeeded = names(content, inNode.output).some((name) => needed.has(name));
    if (isNeeded) names(content, inNode.input).forEach((name) => needed.add(name));
    return isNeeded;
  });
  return { nodes: nodes.reverse(), result };
}

/** From padded rows to a run's layout: every slot is a token of its own, and lengths are what the mask leaves. */
const entryNodes: readonly Uint8Array[] = [
  node('Shape', ['input_ids'], 'shape'),
  node('Reshape', ['input_ids', 'rest'], 'ids'),
  node('Size', ['input_ids'], 'slots'),
  node('Range', ['zero', 'slots', 'one'], 'home'),
  node('Reshape', ['home', 'shape'], 'layout'),
  node('ReduceSum', ['attention_mask', 'last_axis'], 'long_lengths', { keepdims: 0 }),
  node('Cast', ['long_lengths'], 'lengths', { to: elementType.int32 }),
];

const entryConstants: readonly Uint8Array[] = [
  tensor('zero', elementType.int64, [], BigInt64Array.of(0n)),
  tensor('one', elementType.int64, [], BigInt64Array.of(1n)),
  tensor('last_axis', elementType.int64, [1], BigInt64Array.of(1n)),
  tensor('rest', elementType.int64, [1], BigInt64Array.of(-1n)),
];

function graphFields(onnx: Uint8Array): Field[] {
  return readFields(readFields(onnx).find(({ number }) => number === inModel.graph)!.content);
}

function renamed(content: Uint8Array, rename: (name: string) => string): Uint8Array {
  const fields = readFields(content).flatMap((field) => {
    if (field.number === inNode.name) return [];
    const isName = field.number === inNode.input || field.number === inNode.output;
    return [isName ? text(field.number, rename(utf8.decode(field.content))) : field.raw];
  });
  return message(inGraph.node, ...fields);
}

function firstText(content: Uint8Array, number: number): string {
  return utf8.decode(readFields(content).find((field) => field.number === number)?.content);
}

async function sameSize(from: string, to: string): Promise<boolean> {
  try {
    return (await stat(from)).size === (await stat(to)).size;
  } catch {
    return false;
  }
}
