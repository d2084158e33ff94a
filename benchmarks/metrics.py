# Part of Nibble, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How close an engine's outputs are to the reference's, and how well it does a
model's task. A `run` is a function from a feed {input: array} to {output:
array}."""
import numpy as np


def flat(outputs):
    """All floating outputs of one run as one f64 vector, in name order."""
    parts = [np.asarray(outputs[k], np.float64).ravel() for k in sorted(outputs)
             if np.asarray(outputs[k]).dtype.kind == "f"]
    return np.concatenate(parts)


def sqnr(reference, value):
    """Signal to quantization noise in dB; infinite when equal."""
    noise = float(((reference - value)**2).sum())
    signal = float((reference**2).sum())
    if noise == 0:
        return float("inf")
    return 10 * np.log10(signal / noise) if signal else float("-inf")


def cosine(reference, value):
    norm = np.linalg.norm(reference) * np.linalg.norm(value)
    return float(reference @ value / norm) if norm else float(norm == 0)


def range_error(reference, value):
    """Largest difference as a part of the reference's range; the worst
    output counts."""
    worst = 0.0
    for name, want in reference.items():
        if want.dtype.kind != "f" or want.size == 0:
            if not np.array_equal(want, value[name]):
                return float("inf")
            continue
        want = want.astype(np.float64)
        got = np.asarray(value[name], np.float64)
        if got.shape != want.shape or not np.isfinite(got).all():
            return float("inf")
        span = np.ptp(want) or max(abs(want.flat[0]), 1.0)
        worst = max(worst, float(np.abs(got - want).max() / span))
    return worst


def sentence_similarity(run, tokenizer, first, second, scores, batch=32):
    """Mean-pooled, normalised embeddings of the pairs: (embeddings, Spearman
    correlation with people's scores, or None without scores)."""
    from scipy.stats import spearmanr
    texts, rows = first + second, []
    for i in range(0, len(texts), batch):
        found = [e.ids[:128] for e in tokenizer.encode_batch(texts[i:i + batch])]
        length = max(map(len, found))
        ids, mask = np.zeros((2, len(found), length), np.int64)
        for j, row in enumerate(found):
            ids[j, :len(row)], mask[j, :len(row)] = row, 1
        hidden = run({"input_ids": ids, "attention_mask": mask,
                      "token_type_ids": np.zeros_like(ids)})
        hidden = hidden["last_hidden_state"]
        mean = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
        rows.append(mean / np.linalg.norm(mean, axis=1, keepdims=True))
    rows = np.concatenate(rows)
    n = len(first)
    if scores is None:
        return rows, None
    return rows, float(spearmanr((rows[:n] * rows[n:]).sum(1), scores)[0])


def perplexity(logits, ids):
    """exp of the mean loss; logits [B, T, V] predict ids [B, T] one ahead."""
    x = logits[:, :-1].astype(np.float64)
    top = x.max(-1, keepdims=True)
    picked = np.take_along_axis(x, ids[:, 1:, None], -1)[..., 0]
    loss = np.log(np.exp(x - top).sum(-1)) + top[..., 0] - picked
    return float(np.exp(loss.mean()))


def mask_overlap(reference, value, threshold=0.3):
    """Intersection over union of two probability maps' masks."""
    a, b = reference > threshold, value > threshold
    union = np.logical_or(a, b).sum()
    return float(np.logical_and(a, b).sum() / union) if union else 1.0


def boxes(output, score=0.25, overlap=0.5):
    """YOLOX's raw rows (centre and size on the stride grid, objectness,
    classes) as kept boxes [n, 6]: x0 y0 x1 y1 score class, 416 x 416."""
    grid, strides = [], []
    for stride in (8, 16, 32):
        n = 416 // stride
        y, x = np.mgrid[:n, :n]
        grid.append(np.stack([x, y], -1).reshape(-1, 2))
        strides.append(np.full((n * n, 1), stride))
    grid, strides = np.concatenate(grid), np.concatenate(strides)
    centre = (output[:, :2] + grid) * strides
    half = np.exp(output[:, 2:4]) * strides / 2
    scores = output[:, 4:5] * output[:, 5:]
    kind = scores.argmax(1)
    best = scores[np.arange(len(kind)), kind]
    rows = np.concatenate([centre - half, centre + half, best[:, None],
                           kind[:, None]], 1)
    rows = rows[best > score]
    rows = rows[np.argsort(-rows[:, 4], kind="stable")]
    kept = []
    for row in rows:
        if all(row[5] != k[5] or _overlap(row, k) < overlap for k in kept):
            kept.append(row)
    return np.array(kept).reshape(-1, 6)


def _overlap(a, b):
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[2:4], b[2:4])
    inside = np.prod(np.maximum(high - low, 0))
    area = np.prod(a[2:4] - a[:2]) + np.prod(b[2:4] - b[:2]) - inside
    return inside / area


def same_boxes(reference, value):
    """F1 of the boxes that both find, of one class, overlapping by half."""
    left, found = list(value), 0
    for want in reference:
        fits = [i for i, got in enumerate(left)
                if got[5] == want[5] and _overlap(got, want) >= 0.5]
        if fits:
            left.pop(max(fits, key=lambda i: _overlap(left[i], want)))
            found += 1
    total = len(reference) + len(value)
    return 2 * found / total if total else 1.0
