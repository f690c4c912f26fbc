"""A sentence encoder as transformers.js wants it: a BERT of one layer with weights by chance, a WordPiece vocabulary learned from a few sentences.
Its vectors, means over tokens, of length 1, are worked out here by onnxruntime, a text at a time.

    python interop/encoder.py <directory to make> < JSON of texts > JSON of vectors
"""

import json
import os
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

HIDDEN, HEADS, WIDE, LONGEST = 32, 2, 64, 64
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def tokenizer_of(texts):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(texts, trainers.WordPieceTrainer(vocab_size=300, special_tokens=SPECIAL, show_progress=False))
    ids = [(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ids)
    tokenizer.enable_truncation(LONGEST)
    return tokenizer


def model_of(words):
    random = np.random.default_rng(7)
    weights, nodes = [], []

    def weight(name, *shape, value=None):
        array = random.normal(0, 0.4, shape).astype(np.float32) if value is None else np.asarray(value)
        weights.append(numpy_helper.from_array(array, name))
        return name

    def node(op, *inputs, **attributes):
        output = f"t{len(nodes)}"
        nodes.append(helper.make_node(op, list(inputs), [output], **attributes))
        return output

    def norm(name, x):
        scale, shift = weight(f"{name}.scale", value=np.ones(HIDDEN, np.float32)), weight(f"{name}.shift", HIDDEN)
        return node("LayerNormalization", x, scale, shift, axis=-1, epsilon=1e-12)

    def linear(name, x, rows, columns):
        return node("Add", node("MatMul", x, weight(f"{name}.weight", rows, columns)), weight(f"{name}.bias", columns))

    def headed(name, x, order):
        shape = weight(f"{name}.shape", value=np.array([0, 0, HEADS, HIDDEN // HEADS]))
        return node("Transpose", node("Reshape", linear(name, x, HIDDEN, HIDDEN), shape), perm=order)

    # Embeddings of words, places and types.
    length = node("Gather", node("Shape", "input_ids"), weight("one", value=np.array([1])))
    places = node("Slice", weight("places", LONGEST, HIDDEN), weight("zero", value=np.array([0])), length)
    known = node("Gather", weight("words", words, HIDDEN), "input_ids")
    types = node("Gather", weight("types", 2, HIDDEN), "token_type_ids")
    x = norm("embedded", node("Add", node("Add", known, types), places))
    # Attention, in which padding is not seen.
    seen = node("Cast", "attention_mask", to=TensorProto.FLOAT)
    hidden = node("Mul", node("Sub", weight("all", value=np.float32(1)), seen), weight("far", value=np.float32(-1e4)))
    hidden = node("Unsqueeze", hidden, weight("axes", value=np.array([1, 2])))
    asked, keys, values = headed("query", x, [0, 2, 1, 3]), headed("key", x, [0, 2, 3, 1]), headed("value", x, [0, 2, 1, 3])
    scores = node("Div", node("MatMul", asked, keys), weight("root", value=np.float32((HIDDEN // HEADS) ** 0.5)))
    looked = node("MatMul", node("Softmax", node("Add", scores, hidden), axis=-1), values)
    joined = node("Reshape", node("Transpose", looked, perm=[0, 2, 1, 3]), weight("joined", value=np.array([0, 0, HIDDEN])))
    x = norm("attended", node("Add", x, linear("out", joined, HIDDEN, HIDDEN)))
    # Feed forward.
    up = linear("up", x, HIDDEN, WIDE)
    bent = node("Erf", node("Div", up, weight("sqrt2", value=np.float32(2**0.5))))
    gelu = node("Mul", node("Mul", up, weight("half", value=np.float32(0.5))), node("Add", bent, "all"))
    x = norm("final", node("Add", x, linear("down", gelu, WIDE, HIDDEN)))
    nodes.append(helper.make_node("Identity", [x], ["last_hidden_state"]))
    shape = ["batch", "length"]
    inputs = [helper.make_tensor_value_info(n, TensorProto.INT64, shape) for n in ("input_ids", "attention_mask", "token_type_ids")]
    output = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, [*shape, HIDDEN])
    graph = helper.make_graph(nodes, "encoder", inputs, [output], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


def vector_of(session, tokenizer, text):
    ids = np.array([tokenizer.encode(text).ids], np.int64)
    (states,) = session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)})
    mean = states[0].mean(axis=0)
    return (mean / np.linalg.norm(mean)).tolist()


def main(directory):
    texts = json.load(sys.stdin)
    tokenizer = tokenizer_of([*texts, "the of and to in is for on with that by this are from"] * 3)
    os.makedirs(os.path.join(directory, "onnx"), exist_ok=True)
    path = os.path.join(directory, "onnx", "model.onnx")
    onnx.save(model_of(tokenizer.get_vocab_size()), path)
    tokenizer.save(os.path.join(directory, "tokenizer.json"))
    settings = {"tokenizer_class": "BertTokenizer", "model_max_length": LONGEST, "do_lower_case": True, "pad_token": "[PAD]",
                "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]"}
    config = {"model_type": "bert", "architectures": ["BertModel"], "hidden_size": HIDDEN, "num_attention_heads": HEADS,
              "num_hidden_layers": 1, "intermediate_size": WIDE, "max_position_embeddings": LONGEST, "vocab_size": tokenizer.get_vocab_size()}
    for name, content in (("tokenizer_config.json", settings), ("config.json", config)):
        with open(os.path.join(directory, name), "w", encoding="utf8") as file:
            json.dump(content, file)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    json.dump([vector_of(session, tokenizer, text) for text in texts], sys.stdout)


main(sys.argv[1])
