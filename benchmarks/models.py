# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The models that the demo, `benchmarks/compare` and the integration tests run:
where each file is, real inputs for it, calibration data, and its task.

    for model in available():
        feed = model.feed()            # one benchmark input
        model.feeds()                  # a few more, for accuracy
        model.calibration_file()       # .npz, written once to build/models
"""
import dataclasses
from pathlib import Path
from typing import Callable, Optional

import numpy as np

import data
import metrics

CALIBRATION_RUNS = 32


@dataclasses.dataclass(frozen=True)
class Model:
    """`make(count, skip)` gives `count` feeds of one shape, a different part of
    the data for each `skip`; the first is the benchmark's input."""
    name: str
    path: Path
    make: Callable[[int, int], list]
    # (name, function (run, reference run) -> number, more is better)
    task: Optional[tuple] = None
    demo: bool = False
    # How ONNX Runtime makes its int8 model: "dynamic", "static", or None.
    ort_int8: Optional[str] = None
    # False where its tool fails to quantize this model per channel.
    ort_per_channel: bool = True
    # Where it is kept quantized already: the file that ONNX Runtime runs.
    quantized: Optional[Path] = None
    # Whether the file itself holds quantized tensors: one format, as stored.
    stored_quantized: bool = False
    # f32 must equal ONNX Runtime's within this part of the output's range;
    # `reason` says why it is not 1e-4.
    tolerance: float = 1e-4
    reason: str = ""
    # One token after a prompt (feeds are of class Step): Nibble keeps the cache
    # in a session, and outputs that are caches are not compared.
    step: bool = False
    # The W8A8 model must beat our f32 by 1.5x (the acceptance list).
    fast_int8: bool = False

    def feed(self):
        return self.make(1, 0)[0]

    def feeds(self, count=8):
        return self.make(count, 0)

    def calibration(self, count=CALIBRATION_RUNS):
        # Not the inputs that accuracy is measured on.
        return self.make(count, 1)

    def calibration_file(self):
        """.npz, one array an input, one run per entry of its first axis."""
        path = data.MODELS / f"{self.name}_calibration.npz"
        if not path.exists():
            feeds = self.calibration()
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part.npz")
            np.savez(part, **{k: np.stack([f[k] for f in feeds])
                              for k in feeds[0]})
            part.replace(path)
        return path


# --- inputs -------------------------------------------------------------------


def encoder_feeds(length, vocabulary=None):
    def make(count, skip):
        ids = data.tokens(count, length, skip * 64)
        if vocabulary:
            ids = ids % vocabulary
        return [{"input_ids": row[None], "attention_mask": np.ones_like(
            row[None]), "token_type_ids": np.zeros_like(row[None])}
                for row in ids]
    return make


def image_feeds(name, images, height, width, prepare, dtype=np.float32):
    def make(count, skip):
        views = data.crops(images(), (skip + 1) * count, height, width)
        return [{name: prepare(v[None]).astype(dtype)}
                for v in views[skip * count:]]
    return make


def tracker_feeds(count, skip):
    views = data.crops(data.photographs(), (skip + 1) * count, 256, 256)
    return [{"template": data.imagenet(data.resized(
        v[64:192, 64:192], 128, 128)[None]), "search": data.imagenet(v[None])}
            for v in views[skip * count:]]


def luminance(images):
    weights = np.array([0.299, 0.587, 0.114], np.float32)
    return (images.astype(np.float32) @ weights / 255)[:, None]


def magika_feeds(count, skip):
    contents = data.files((skip + 1) * count)[skip * count:]
    return [{"bytes": data.magika_features(c)[None]} for c in contents]


def digit_feeds(count, skip):
    return [{"Input3": d[None]} for d in data.digits(count, skip * 1000)[0]]


def spectrum_feeds(count, skip):
    pieces = data.frames(512, 128)[2000 + skip * 500:][:count]
    spectra = np.abs(np.fft.rfft(pieces)).astype(np.float32)
    state = np.zeros((1, 2, 128, 2), np.float32)
    return [{"input_2": s[None, None], "input_3": state} for s in spectra]


def wave_feeds(count, skip):
    pieces = data.frames(512, 128)[2000 + skip * 500:][:count]
    state = np.zeros((1, 2, 128, 2), np.float32)
    return [{"input_4": p[None, None], "input_5": state} for p in pieces]


def voice_feeds(count, skip):
    """Windows of 512 samples with the 64 before them, as Silero wants them."""
    pieces = data.frames(576, 512)[40 + skip * 100:][:count]
    return [{"input": p[None], "state": np.zeros((2, 1, 128), np.float32),
             "sr": np.array(16000, np.int64)} for p in pieces]


def observation_feeds(count, skip):
    # A robot's observations are normalised before the policy sees them; no
    # recording is at hand, so these are drawn from that distribution.
    draw = np.random.default_rng(7 + skip)
    return [{"obs": draw.standard_normal((1, 480), np.float32)}
            for _ in range(count)]


def lm_inputs(path, ids, past):
    """A feed for whichever inputs a language model has: `ids` [1, T] after
    `past`, {input name: [1, heads, P, d]} or empty."""
    names = _inputs(path)
    length = next(iter(past.values())).shape[2] if past else 0
    total = length + ids.shape[1]
    feed = {"input_ids": ids}
    if "attention_mask" in names:
        feed["attention_mask"] = np.ones((1, total), np.int64)
    if "position_ids" in names:
        feed["position_ids"] = np.arange(length, total, dtype=np.int64)[None]
    for name, shape in names.items():
        if name.startswith("past_key_values"):
            feed[name] = past.get(
                name, np.zeros((1, shape[1], 0, shape[3]), np.float32))
    return feed


_KNOWN_INPUTS = {}


def _inputs(path):
    """{name: dims} of a model's inputs; a symbolic dimension is its name."""
    if path not in _KNOWN_INPUTS:
        import onnx
        graph = onnx.load(path, load_external_data=False).graph
        _KNOWN_INPUTS[path] = {
            i.name: [d.dim_param or d.dim_value
                     for d in i.type.tensor_type.shape.dim]
            for i in graph.input}
    return _KNOWN_INPUTS[path]


def prefill_feeds(path, length=200):
    def make(count, skip):
        ids = data.lm_tokens("calibration", count, length, skip * 16)
        return [lm_inputs(path, row[None], {}) for row in ids]
    return make


class Step(dict):
    """The feed of one token with a cache; `prompt` is the feed of the text that
    the cache is of."""

    def __init__(self, feed, prompt):
        super().__init__(feed)
        self.prompt = prompt


def step_feeds(path, length=200):
    """One token after `length`, with the cache that ONNX Runtime computes."""
    def make(count, skip):
        run = ort_session(path)
        out = []
        for feed, row in zip(prefill_feeds(path, length)(count, skip),
                             data.lm_tokens("calibration", count, length + 1,
                                            skip * 16)):
            found = run(feed)
            past = {k.replace("present", "past_key_values"): v
                    for k, v in found.items() if k.startswith("present")}
            out.append(Step(lm_inputs(path, row[None, -1:], past), feed))
        return out
    return make


def gpt2_feeds(count, skip, length=16, past=8):
    ids = (data.tokens(count, length, skip * 64) % 1000).astype(np.int32)
    draw = np.random.default_rng(11 + skip)
    cache = {f"past_{i}": draw.standard_normal(
        (2, 1, 4, past, 8), np.float32) for i in range(5)}
    return [{"input_ids": row[None],
             "position_ids": np.arange(past, past + length,
                                       dtype=np.int32)[None],
             "attention_mask": np.ones((1, past + length), np.int32), **cache}
            for row in ids]


def ort_session(path, threads=2, rewrites=True):
    """ONNX Runtime on the CPU as a run.

    Without `rewrites` it computes a quantized model node by node as ONNX
    defines them. With them, its int8 kernels for CPUs without VNNI saturate
    (mobilenet_qdq: up to 4 steps of the output).
    """
    import onnxruntime
    onnxruntime.set_default_logger_severity(3)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    # Its threads otherwise spin for some 50 ms after a run, on the cores on
    # which the next engine of alternated runs is timed.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    if not rewrites:
        options.graph_optimization_level = \
            onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"])
    names = [o.name for o in session.get_outputs()]
    known = {i.name for i in session.get_inputs()}
    return lambda feed: dict(zip(names, session.run(
        None, {k: v for k, v in feed.items() if k in known})))


# --- tasks --------------------------------------------------------------------


def similarity_task(count=400):
    first, second, scores = data.sentence_pairs(count)
    if scores is None:  # longer sentences: fewer will do
        first, second = first[:40], second[:40]
    wanted = []  # the reference's embeddings, made once

    def measure(run, reference):
        rows, spearman = metrics.sentence_similarity(
            run, data.tokenizer(), first, second, scores)
        if spearman is not None:
            return spearman
        if not wanted:
            wanted.append(metrics.sentence_similarity(
                reference, data.tokenizer(), first, second, scores)[0])
        return float((rows * wanted[0]).sum(1).mean())
    label = "STS-B ρ" if scores is not None else "mean cosine"
    return label, measure


def agreement(output, make, count=60):
    """How often the best class is the reference's."""
    def measure(run, reference):
        same = [np.argmax(run(f)[output]) == np.argmax(reference(f)[output])
                for f in make(count, 0)]
        return float(np.mean(same))
    return "top-1 as f32", measure


def digits_right(run, _reference):
    images, labels = data.digits(500)
    found = [np.argmax(run({"Input3": i[None]})["Plus214_Output_0"])
             for i in images]
    return float(np.mean(found == labels))


def boxes_task(make, count=6):
    def measure(run, reference):
        return float(np.mean([metrics.same_boxes(
            metrics.boxes(reference(f)["output"][0]),
            metrics.boxes(run(f)["output"][0])) for f in make(count, 0)]))
    return "boxes F1", measure


def text_task(make, count=4):
    def measure(run, reference):
        maps = [(next(iter(reference(f).values())), next(iter(run(f).values())))
                for f in make(count, 0)]
        return float(np.mean([metrics.mask_overlap(a, b) for a, b in maps]))
    return "mask IoU", measure


def speech_task(count=400):
    """How often the decision "speech" is the reference's, state kept along."""
    def decisions(run):
        state, out = np.zeros((2, 1, 128), np.float32), []
        for piece in data.frames(576, 512, count):
            found = run({"input": piece[None], "state": state,
                         "sr": np.array(16000, np.int64)})
            state = np.asarray(found["stateN"])
            out.append(found["output"].item() > 0.5)
        return np.array(out)

    def measure(run, reference):
        return float(np.mean(decisions(run) == decisions(reference)))
    return "speech as f32", measure


def perplexity_task(path, windows=8, length=256):
    def measure(run, _reference):
        ids = data.lm_tokens("held_wiki", windows, length)
        loss = [np.log(metrics.perplexity(
            run(lm_inputs(path, row[None], {}))["logits"], row[None]))
                for row in ids]
        return float(np.exp(np.mean(loss)))
    return "perplexity", measure


# --- the list -----------------------------------------------------------------


def detection_pages(images):
    # What PP-OCR's preprocessing gives: BGR, ImageNet's mean and deviation.
    return data.imagenet(images)[:, ::-1].copy()


def packaged():
    """Models that need no shared folder."""
    minilm = encoder_feeds(128)
    pages = image_feeds("x", data.pages, 480, 640, detection_pages)
    rapid = data.package_file("rapidocr", "models/PP-OCRv6_det_small.onnx")
    return [
        Model("minilm", data.MODELS / "minilm.onnx", minilm,
              task=similarity_task(), demo=True, ort_int8="dynamic",
              fast_int8=True),
        Model("ppocr_det", rapid, pages, task=text_task(pages), demo=True,
              ort_int8="static"),
        Model("silero_vad",
              data.package_file("silero_vad", "data/silero_vad.onnx"),
              voice_feeds, task=speech_task(), demo=True, ort_int8="dynamic"),
        Model("magika",
              data.package_file("magika", "models/standard_v3_3/model.onnx"),
              magika_feeds, task=agreement("target_label", magika_feeds),
              demo=True, ort_int8="dynamic"),
    ]


def shared():
    """Models of the shared folder."""
    models = data.SHARED / "models"
    minilm = encoder_feeds(128)
    photos = image_feeds("image", data.photographs, 244, 244, data.imagenet)
    yolox = image_feeds("images", data.photographs, 416, 416,
                        lambda v: data.channels_first(v[..., ::-1]))
    pages = image_feeds("x", data.pages, 480, 640, detection_pages)
    squeeze = image_feeds("data_0", data.photographs, 224, 224, data.imagenet,
                          np.float16)
    qdq = models / "quantized/mobilenet_qdq_maui.onnx"
    lm = models / "lm/nibble_lm"
    plain, cache, genai = (lm / f"lm_{n}.onnx"
                           for n in ("plain", "cache", "genai"))
    return [
        Model("mobilenet", data.MODELS / "mobilenet.onnx", photos,
              task=agreement("scores", photos, 24), demo=True,
              ort_int8="static", quantized=qdq, fast_int8=True),
        Model("mobilenet_qdq", qdq, photos,
              task=agreement("scores", photos, 24), demo=True,
              stored_quantized=True),
        Model("yolox_nano", models / "detector/yolox_nano.onnx", yolox,
              task=boxes_task(yolox), demo=True, ort_int8="static",
              fast_int8=True),
        Model("vit_tracker", models / "encoder/vitTracker_2023.onnx",
              tracker_feeds, demo=True, ort_int8="static"),
        Model("lm_genai", genai, prefill_feeds(genai),
              task=perplexity_task(genai), demo=True, ort_int8="dynamic"),
        Model("lm_genai_step", genai, step_feeds(genai), demo=True,
              ort_int8="dynamic", step=True),
        Model("lm_plain", plain, prefill_feeds(plain), ort_int8="dynamic"),
        Model("lm_cache", cache, prefill_feeds(cache), ort_int8="dynamic"),
        Model("minilm_opset14", models / "encoder/minilm/minilm_opset14.onnx",
              minilm, ort_int8="dynamic"),
        Model("minilm_opset20", models / "encoder/minilm/minilm_opset20.onnx",
              minilm, ort_int8="dynamic"),
        Model("tinybert", models / "encoder/tinybert_tribuo.onnx",
              encoder_feeds(96, 1656), ort_int8="dynamic"),
        Model("ppocr_v3_det", models / "ocr/ch_PP-OCRv3_det.onnx", pages,
              task=text_task(pages), ort_int8="static"),
        Model("super_resolution", models / "cnn/super_resolution.onnx",
              image_feeds("input", data.photographs, 224, 224, luminance),
              ort_int8="static"),
        Model("mnist", models / "cnn/mnist-8.onnx", digit_feeds,
              task=("digits right", digits_right), ort_int8="static",
              ort_per_channel=False),
        Model("squeezenet_fp16", models / "cnn/SqueezeNet1.1_fp16.onnx",
              squeeze, task=agreement("softmaxout_1", squeeze, 24),
              tolerance=2e-3,
              reason="f16 model: ONNX Runtime rounds every layer to f16"),
        Model("dtln_1", models / "audio/dtln_model_1.onnx", spectrum_feeds,
              ort_int8="dynamic"),
        Model("dtln_2", models / "audio/dtln_model_2.onnx", wave_feeds,
              ort_int8="dynamic"),
        Model("gpt2_tiny",
              models / "lm/genai/tiny-random-gpt2-fp32_past.onnx", gpt2_feeds,
              ort_int8="dynamic"),
        Model("policy", models / "policy/unitree_g1_velocity_policy.onnx",
              observation_feeds, ort_int8="dynamic"),
    ]


def available(names=None, demo=False):
    """The models whose files are here, all or those named; a name that is
    unknown is an error."""
    found = packaged()
    if (data.SHARED / "models").exists():
        found += shared()
    if names:
        by_name = {m.name: m for m in found}
        unknown = [n for n in names if n not in by_name]
        if unknown:
            raise ValueError(f"no model named {', '.join(unknown)}; there are "
                             f"{', '.join(by_name)}")
        return [by_name[n] for n in names]
    return [m for m in found if m.demo or not demo]
