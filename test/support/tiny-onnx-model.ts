import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";

const vocabulary = [
  "[PAD]",
  "[UNK]",
  "[CLS]",
  "[SEP]",
  "[MASK]",
  ..."abcdefghijklmnopqrstuvwxyz0123456789:.,".split(""),
];
const pieces = [
  ...vocabulary,
  ..."abcdefghijklmnopqrstuvwxyz0123456789".split("").map((letter) => `##${letter}`),
];

/**
 * Writes a model of the layout that sentence transformers have on disk: a tokenizer of letters and a network of one
 * layer, which looks up a fixed vector for each token. Small enough to be made by a test, and run by the real runtime.
 */
export async function writeTinyModel(
  folder: string,
  model: { name: string; dimension: number },
): Promise<void> {
  const at = path.join(folder, model.name);
  await mkdir(path.join(at, "onnx"), { recursive: true });
  const tokenizer = {
    version: "1.0",
    added_tokens: vocabulary.slice(0, 5).map((content, id) => ({ id, content, special: true })),
    normalizer: { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, lowercase: true },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single: [
        { SpecialToken: { id: "[CLS]", type_id: 0 } },
        { Sequence: { id: "A", type_id: 0 } },
        { SpecialToken: { id: "[SEP]", type_id: 0 } },
      ],
      pair: [],
      special_tokens: {
        "[CLS]": { id: "[CLS]", ids: [2], tokens: ["[CLS]"] },
        "[SEP]": { id: "[SEP]", ids: [3], tokens: ["[SEP]"] },
      },
    },
    decoder: { type: "WordPiece", prefix: "##" },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
    },
  };
  const settings = {
    tokenizer_class: "BertTokenizer",
    model_max_length: 100_000,
    pad_token: "[PAD]",
    unk_token: "[UNK]",
    cls_token: "[CLS]",
    sep_token: "[SEP]",
  };
  await writeFile(
    path.join(at, "config.json"),
    JSON.stringify({ model_type: "bert", hidden_size: model.dimension }),
  );
  await writeFile(path.join(at, "tokenizer.json"), JSON.stringify(tokenizer));
  await writeFile(path.join(at, "tokenizer_config.json"), JSON.stringify(settings));
  await writeFile(path.join(at, "onnx", "model.onnx"), network(model.dimension));
}

/** `last_hidden_state = weights[input_ids]`, as a protocol buffer of ONNX's ModelProto. */
function network(dimension: number): Buffer {
  const weights = Float32Array.from({ length: pieces.length * dimension }, (_, place) =>
    Math.sin(place * 12.9898),
  );
  const sequence = [dimensionNamed("batch"), dimensionNamed("sequence")];
  const graph = [
    field(1, [text(1, "weights"), text(1, "input_ids"), text(2, "last_hidden_state"), text(4, "Gather")]),
    text(2, "tiny"),
    field(5, [
      number(1, pieces.length),
      number(1, dimension),
      number(2, 1),
      text(8, "weights"),
      bytes(9, Buffer.from(weights.buffer)),
    ]),
    ...["input_ids", "attention_mask", "token_type_ids"].map((name) => field(11, value(name, 7, sequence))),
    field(12, value("last_hidden_state", 1, [...sequence, field(1, [number(1, dimension)])])),
  ];
  return Buffer.concat([number(1, 8), field(7, graph), field(8, [text(1, ""), number(2, 13)])]);
}

/** A ValueInfoProto of a tensor: element type 1 is a 32-bit float, 7 a 64-bit integer. */
function value(name: string, elementType: number, shape: Buffer[]): Buffer[] {
  return [text(1, name), field(2, [field(1, [number(1, elementType), field(2, shape)])])];
}

function dimensionNamed(name: string): Buffer {
  return field(1, [text(2, name)]);
}

function field(id: number, parts: Buffer[]): Buffer {
  return bytes(id, Buffer.concat(parts));
}

function text(id: number, content: string): Buffer {
  return bytes(id, Buffer.from(content));
}

function bytes(id: number, content: Buffer): Buffer {
  return Buffer.concat([varint(id * 8 + 2), varint(content.length), content]);
}

function number(id: number, content: number): Buffer {
  return Buffer.concat([varint(id * 8), varint(content)]);
}

function varint(value: number): Buffer {
  const out: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128);
  return Buffer.from([...out, rest]);
}
