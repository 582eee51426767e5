"""Measures the models on held-out frames: precision@10 of text queries, mAP@0.5 of the detector."""
import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

from captions import CLASSES, COLOURS, TIMES, WEATHERS, Meaning
from clip_train import normalised, padded_ids
from detector_model import INPUT_H_PX, INPUT_W_PX
from detector_train import PAD_VALUE
from scenes import FRAME_W_PX, SMALL_H_PX, cut, square_around, tile_squares

TOP_PX = (INPUT_H_PX - SMALL_H_PX) // 2
MIN_VISIBILITY, MIN_SIDE_PX = 0.5, 24  # boxes that the detector's figure counts


def overlaps(a, b):
    """[n, 4], [m, 4] -> IoU [n, m]."""
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(
        a[:, None, 2:], b[None, :, 2:]
    )
    shared = np.clip(high - low, 0, None).prod(2)
    areas = [np.prod(boxes[:, 2:] - boxes[:, :2], 1) for boxes in (a, b)]
    return shared / (areas[0][:, None] + areas[1][None] - shared + 1e-9)


def decode(output, min_confidence, nms_iou=0.6, most=100):
    """[4 + classes, anchors] of a letterboxed frame -> boxes [n, 4] in frame px, classes [n],
    confidences [n], best first.
    """
    scores = output[4:].max(0)
    keep = np.flatnonzero(scores >= min_confidence)
    keep = keep[np.argsort(-scores[keep], kind="stable")][:400]
    middle, size = output[:2, keep].T, output[2:4, keep].T
    boxes = np.concatenate([middle - size / 2, middle + size / 2], 1)
    classes, scores = output[4:, keep].argmax(0), scores[keep]
    near = overlaps(boxes, boxes)
    alive = np.ones(len(keep), bool)
    for i in range(len(keep)):
        if alive[i]:
            alive[i + 1 :] &= (near[i, i + 1 :] < nms_iou) | (classes[i + 1 :] != classes[i])
    rows = np.flatnonzero(alive)[:most]
    boxes = (boxes[rows] - np.array([0, TOP_PX, 0, TOP_PX])) * (FRAME_W_PX / INPUT_W_PX)
    return boxes, classes[rows], scores[rows]


@torch.no_grad()
def detect(model, frames, batch=16):
    """Frames -> what `decode` gives for each, from confidence 0.01 up."""
    found = []
    for start in range(0, len(frames), batch):
        part = frames[start : start + batch]
        images = np.full((len(part), INPUT_H_PX, INPUT_W_PX, 3), PAD_VALUE, np.uint8)
        for i, frame in enumerate(part):
            images[i, TOP_PX : TOP_PX + SMALL_H_PX] = np.asarray(
                Image.open(frame.path).convert("RGB").reduce(2)
            )
        pixels = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255
        found += [
            decode(output, 0.01)
            for output in model(pixels.contiguous(memory_format=torch.channels_last)).numpy()
        ]
    return found


def average_precision(frames, found, class_id, counted):
    """AP@0.5 of one class; None without boxes.

    `counted(frame)` -> bool [n]: other boxes are neither asked for nor punished.
    """
    hits, total = [], 0
    for frame, (boxes, classes, scores) in zip(frames, found):
        truth = np.flatnonzero(frame.classes == class_id)
        asked = counted(frame)[truth]
        total += int(asked.sum())
        taken = np.zeros(len(truth), bool)
        mine = np.flatnonzero(classes == class_id)
        near = overlaps(boxes[mine], frame.boxes[truth])
        for row, score in zip(range(len(mine)), scores[mine]):
            free = np.where(taken, 0, near[row]) if len(truth) else np.zeros(1)
            wanted = np.where(asked, free, 0) if len(truth) else free
            if wanted.max() >= 0.5:
                taken[wanted.argmax()] = True
                hits.append((score, 1))
            elif free.max() < 0.5:
                hits.append((score, 0))
    if total == 0:
        return None
    hits.sort(key=lambda hit: -hit[0])
    good = np.cumsum([hit[1] for hit in hits]) if hits else np.zeros(1)
    precision, recall = good / np.arange(1, len(good) + 1), good / total
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    return float(
        np.mean([precision[recall >= level].max(initial=0) for level in np.linspace(0, 1, 101)])
    )


def sides_px(frame):
    return frame.boxes[:, 2:] - frame.boxes[:, :2]


def detector_metrics(frames, found):
    """mAP@0.5 over boxes whose longer side is at least 24 px and of which half can be seen, and
    beside it over others.
    """
    limits = {
        "map50": lambda f: (sides_px(f).max(1) >= MIN_SIDE_PX) & (f.visibility >= MIN_VISIBILITY),
        "map50_shorter_side": lambda f: (sides_px(f).min(1) >= MIN_SIDE_PX)
        & (f.visibility >= MIN_VISIBILITY),
        "map50_small": lambda f: (sides_px(f).max(1) < MIN_SIDE_PX)
        & (f.visibility >= MIN_VISIBILITY),
    }
    result = {}
    for name, counted in limits.items():
        values = [
            average_precision(frames, found, class_id, counted) for class_id in range(len(CLASSES))
        ]
        known = [value for value in values if value is not None]
        result[name] = round(float(np.mean(known)), 4) if known else None
        if name == "map50":
            result["ap50_by_class"] = {
                c: None if v is None else round(v, 3) for c, v in zip(CLASSES, values)
            }
    return result


def article(words):
    return ("an " if words[0] in "aeiou" else "a ") + words


def test_queries():
    """[(kind, text, Meaning)] as a user would ask."""
    weather_words = ["clear weather", "in the rain", "snow", "fog"]
    queries = [
        ("attribute", words, Meaning([], time=i))
        for i, words in enumerate(["in daylight", "at dusk", "at night"])
    ]
    queries += [
        ("attribute", words, Meaning([], weather=i)) for i, words in enumerate(weather_words)
    ]
    queries += [
        ("attribute", article(name), Meaning([((i,), -1, False)])) for i, name in enumerate(CLASSES)
    ]
    conditions = [
        ("at night", {"time": 2}),
        ("at dusk", {"time": 1}),
        ("in the rain", {"weather": 1}),
        ("in the snow", {"weather": 2}),
        ("in the fog", {"weather": 3}),
    ]
    for i, name in enumerate(CLASSES[:8]):
        for j, colour in enumerate(COLOURS):
            term = ((i,), j, False)
            queries.append(("colour", article(f"{colour} {name}"), Meaning([term])))
            queries += [
                ("condition", f"{article(f'{colour} {name}')} {words}", Meaning([term], **part))
                for words, part in conditions
            ]
        queries += [
            (
                "two",
                f"{article(name)} and {article(other)}",
                Meaning([((i,), -1, False), ((k,), -1, False)]),
            )
            for k, other in enumerate(CLASSES)
            if k > i
        ]
    return queries


def holds(frame, meaning):
    """Whether a frame satisfies a meaning: objects at least 16 px long of which 0.3 is visible."""
    parts = zip((meaning.time, meaning.weather, meaning.place), frame.conditions)
    if any(wanted >= 0 and wanted != given for wanted, given in parts):
        return False
    there = (frame.visibility >= 0.3) & (sides_px(frame).max(1, initial=0) >= 16)
    return all(
        (there & np.isin(frame.classes, classes) & ((frame.colours == colour) | (colour < 0))).any()
        for classes, colour, _ in meaning.terms
    )


@torch.no_grad()
def embed_views(model, frames, found):
    """-> unit embeddings [views, dim], the frame of each, whether it is a crop.

    Views are cut as the indexer cuts them.
    """
    size_px = model.config.vision.image_size
    rows, crops, pending, embeds = [], [], [], []

    def flush():
        if pending:
            embeds.append(F.normalize(model.vision(normalised(np.stack(pending))), dim=1).numpy())
            pending.clear()

    for i, (frame, (boxes, _, scores)) in enumerate(zip(frames, found)):
        image = Image.open(frame.path).convert("RGB")
        large = [
            box
            for box, score in zip(boxes, scores)
            if score >= 0.3 and max(box[2:] - box[:2]) >= 24
        ][:12]
        squares = tile_squares() + [square_around(box, 1.1) for box in large]
        pending.extend(cut(image, square, size_px) for square in squares)
        rows += [i] * len(squares)
        crops += [False] * 3 + [True] * len(large)
        if len(pending) >= 128:
            flush()
    flush()
    return np.concatenate(embeds), np.array(rows), np.array(crops)


@torch.no_grad()
def clip_metrics(model, tokenizer, frames, found):
    """precision@10 by kind of query, over queries that ten frames satisfy (one, of a handful)."""
    embeds, rows, crops = embed_views(model, frames, found)
    wanted = [
        (kind, text, np.array([holds(frame, meaning) for frame in frames]))
        for kind, text, meaning in test_queries()
    ]
    wanted = [query for query in wanted if query[2].sum() >= (10 if len(frames) >= 200 else 1)]
    ids = padded_ids(tokenizer, [text for _, text, _ in wanted], model.config.text.context_length)
    texts = F.normalize(model.text(ids), dim=1).numpy()
    similarity = embeds @ texts.T  # [views, queries]
    spread = similarity.copy()
    for part in (crops, ~crops):
        if part.any():
            spread[part] = (similarity[part] - similarity[part].mean()) / similarity[part].std()
    result, worst = {"views": len(rows), "queries": len(wanted)}, []
    for name, values in (("", similarity), ("_calibrated", spread)):
        best = np.full((len(frames), len(wanted)), -1e9, np.float32)
        np.maximum.at(best, rows, values)
        precision = np.array(
            [
                truth[np.argsort(-best[:, q], kind="stable")[:10]].mean()
                for q, (_, _, truth) in enumerate(wanted)
            ]
        )
        for kind in ("attribute", "colour", "condition", "two"):
            mine = [q for q, query in enumerate(wanted) if query[0] == kind]
            if mine:
                result[f"precision_at_10_{kind}{name}"] = round(float(precision[mine].mean()), 4)
        if not name:
            worst = [
                {
                    "query": wanted[q][1],
                    "precision": round(float(precision[q]), 2),
                    "positives": int(wanted[q][2].sum()),
                }
                for q in np.argsort(precision)[:25]
            ]
    return result, worst
