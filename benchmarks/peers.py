# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The engines that `benchmarks/compare` puts side by side: ONNX Runtime with f32
and int8, Nibble with f32, W8A8 and W4A8."""
import dataclasses
import logging
import os
import tempfile
import time
from pathlib import Path
from typing import Callable

import numpy as np

import data
import models


@dataclasses.dataclass
class Made:
    """A model ready to run, and its size on disk."""
    run: Callable
    bytes: int
    # Seconds of making it that are not its own: our calibration data.
    untimed: float = 0.0

    def timed(self, _model):
        """What is timed: one call, input and output arrays included. Its
        attribute `prepare`, where there is one, is called before each call,
        outside of the time."""
        return self.run


def file_bytes(path):
    """Size of an ONNX file with its external data."""
    import onnx
    model = onnx.load(path, load_external_data=False)
    places = {e.value for t in model.graph.initializer
              for e in t.external_data if e.key == "location"}
    return os.path.getsize(path) + sum(
        os.path.getsize(Path(path).parent / p) for p in places)


# --- ONNX Runtime -------------------------------------------------------------


class OrtF32:
    name = "ort f32"

    def applies(self, _model):
        return True

    def label(self, _model):
        return self.name

    def make(self, model, threads, _progress):
        return Made(models.ort_session(model.path, threads),
                    file_bytes(model.path))


class OrtInt8(OrtF32):
    name = "ort int8"

    def applies(self, model):
        return bool(model.ort_int8 or model.quantized)

    def make(self, model, threads, progress):
        path = model.quantized or int8_file(model, progress)
        return Made(models.ort_session(path, threads), file_bytes(path))


class _Feeds:
    """onnxruntime's calibration reader over our calibration runs."""

    def __init__(self, feeds):
        self.feeds = iter(feeds)

    def get_next(self):
        return next(self.feeds, None)


def at_least_opset(model, version):
    """Scales per channel exist since opset 13. Models with ops of another
    domain, which the converter does not know, stay as they are."""
    from onnx import version_converter
    # "ai.onnx" is the same domain as "", which the tools want to see once.
    domains = {"" if o.domain == "ai.onnx" else o.domain: o.version
               for o in model.opset_import}
    del model.opset_import[:]
    for domain, number in domains.items():
        model.opset_import.add(domain=domain, version=number)
    if domains.get("", version) >= version or len(domains) > 1:
        return model
    return version_converter.convert_version(model, version)


def int8_file(model, progress):
    """The model quantized by ONNX Runtime's own tools, made once: weights per
    channel, activations at run time or calibrated on the same runs as ours."""
    import onnx
    from onnxruntime import quantization as q
    from onnxruntime.quantization.shape_inference import quant_pre_process
    # Steps of one model share its quantized file.
    path = data.MODELS / f"{Path(model.path).stem}_ort_int8.onnx"
    if path.exists():
        return path
    progress(f"{model.name}: ONNX Runtime quantizes it ({model.ort_int8})")
    path.parent.mkdir(parents=True, exist_ok=True)
    logging.getLogger().setLevel(logging.ERROR)  # it advises what is done
    with tempfile.TemporaryDirectory(dir=data.MODELS) as folder:
        whole, ready, part = (Path(folder, f"{n}.onnx")
                              for n in ("whole", "ready", "part"))
        onnx.save(at_least_opset(onnx.load(model.path), 13), whole)
        if model.ort_int8 == "dynamic":
            # Types behind contrib ops are not inferred: all of them are f32.
            q.quantize_dynamic(
                whole, part, per_channel=True, weight_type=q.QuantType.QInt8,
                extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT})
        else:
            quant_pre_process(str(whole), str(ready), skip_symbolic_shape=True)
            q.quantize_static(ready, part, _Feeds(model.calibration()),
                              quant_format=q.QuantFormat.QDQ,
                              per_channel=model.ort_per_channel,
                              activation_type=q.QuantType.QUInt8,
                              weight_type=q.QuantType.QInt8)
        models.ort_session(part)  # an invalid file must not stay
        os.replace(part, path)
    return path


# --- Nibble -------------------------------------------------------------------


class NibbleModel(Made):
    def __init__(self, model, untimed):
        super().__init__(model, model.nbytes, untimed)

    def timed(self, model):
        outputs = [t.name for t in self.run.outputs if not t.state]
        return lambda feed: self.run(feed, outputs=outputs)


class NibbleSteps(Made):
    """Single tokens with the cache kept in a session, as a program decodes."""

    def __init__(self, model, untimed):
        steps = Steps(model.session())
        super().__init__(steps.first, model.nbytes, untimed)
        self.steps = steps

    def timed(self, _model):
        return self.steps


class Steps:
    """Token after token, and after LONGEST of them the prompt again."""
    LONGEST = 64

    def __init__(self, session):
        self.session, self.feed, self.length, self.done = session, None, 0, 0

    def first(self, feed):
        """The outputs of the feed's token after its prompt."""
        self.session.reset()
        self.session(feed.prompt)
        self.feed, self.done = _without_cache(feed), 0
        self.length = feed.prompt["input_ids"].shape[1]
        return self(feed)

    def prepare(self, feed):
        if self.feed is None or self.done >= self.LONGEST:
            self.first(feed)
        length = self.length + self.done
        self.feed["attention_mask"] = np.ones((1, length + 1), np.int64)
        if "position_ids" in self.feed:
            self.feed["position_ids"] = np.array([[length]])

    def __call__(self, _feed):
        self.done += 1
        return self.session(self.feed)


def _without_cache(feed):
    return {k: v for k, v in feed.items() if not k.startswith("past")}


class Nibble:
    def __init__(self, name, **options):
        self.name, self.options = f"nibble {name}", options

    def applies(self, model):
        # A model that is stored quantized has one form, the stored one.
        return not model.stored_quantized or not self.options

    def label(self, model):
        return "nibble stored" if model.stored_quantized else self.name

    def make(self, model, threads, progress):
        import nibble
        options, start = dict(self.options), time.time()
        if model.step:  # the session keeps the cache, see Steps
            options["kv_cache"] = "state"
        if self.options and model.ort_int8 == "static":
            options["calibration"] = str(model.calibration_file())
        untimed = time.time() - start
        kind = NibbleSteps if model.step else NibbleModel
        return kind(nibble.compile(
            str(model.path), threads=threads,
            progress=lambda stage, _part: progress(
                f"{model.name}: {self.name}: {stage}"), **options), untimed)


ENGINES = [
    OrtF32(),
    OrtInt8(),
    Nibble("f32"),
    Nibble("W8A8", weights="int8", activations="int8"),
    Nibble("W4A8", weights="int4", activations="int8", group=32),
]
# What is measured only where it is named: without rotations.
UNROTATED = [
    Nibble("W8A8 unrotated", weights="int8", activations="int8",
           transform="none"),
    Nibble("W4A8 unrotated", weights="int4", activations="int8", group=32,
           transform="none"),
]
NAMES = [e.name for e in ENGINES + UNROTATED]


def chosen(names=None):
    """The engines of these names, ONNX Runtime's f32 always among them, because
    the others are measured against it."""
    if not names:
        return ENGINES
    unknown = [n for n in names if n not in NAMES]
    if unknown:
        raise ValueError(f"no engine named {', '.join(unknown)}; there are "
                         f"{', '.join(NAMES)}")
    return [e for e in ENGINES + UNROTATED
            if e.name in names or e.name == "ort f32"]


def versions():
    """What is compared, on what."""
    import onnxruntime
    with open("/proc/cpuinfo") as file:
        cpu = next((line.split(":")[1].strip() for line in file
                    if line.startswith("model name")), "unknown CPU")
    return f"ONNX Runtime {onnxruntime.__version__}, {cpu}"
