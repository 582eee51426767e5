"""Rendered frames as arrays: runs `streets`, reads its scenes.jsonl, cuts its images into views.

All boxes are x0, y0, x1, y1 in pixels of the original frame unless said otherwise.
"""
import json
import multiprocessing
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from captions import (
    CLASSES,
    COLOURS,
    EMPTY_COLUMN,
    FEATURE_COUNT,
    PLACES,
    SEVERAL_BASE,
    TIMES,
    WEATHERS,
)

FRAME_W_PX, FRAME_H_PX = 960, 540
SMALL_W_PX, SMALL_H_PX = 480, 270  # what the detector sees, before padding
TILES, CROPS = 4, 5  # training views cut from each frame
VIEWS = TILES + CROPS
MAX_BOXES = 32  # a frame
MAX_SEEN = 16  # a view
CLASS, COLOUR, STATE, BOX = 0, 1, 2, slice(3, 7)  # columns of a view's objects
SIGNS = [CLASSES.index(name) for name in ("traffic light", "stop sign", "cone")]


@dataclass
class Frame:
    path: Path
    conditions: tuple  # rows of TIMES, WEATHERS, PLACES
    classes: np.ndarray  # [n] int
    colours: np.ndarray  # [n] int
    boxes: np.ndarray  # [n, 4] float32
    visibility: np.ndarray  # [n] float32, share of the object's pixels that can be seen
    drive: str = ""


def render(binary, seed, count, drives, out):
    """Runs the renderer and reads what it wrote, in the order of scenes.jsonl."""
    shutil.rmtree(out, ignore_errors=True)
    command = [
        str(binary),
        "--seed",
        str(seed),
        "--count",
        str(count),
        "--out",
        str(out),
        "--drives",
        str(drives),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(
            f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-500:]}"
        )
    return read_frames(out)


def read_frames(folder):
    frames = []
    with open(folder / "scenes.jsonl", encoding="utf-8") as lines:
        for line in lines:
            scene = json.loads(line)
            objects = scene["objects"][:MAX_BOXES]
            frames.append(
                Frame(
                    folder / scene["path"],
                    (
                        TIMES.index(scene["time_of_day"]),
                        WEATHERS.index(scene["weather"]),
                        PLACES.index(scene["place"]),
                    ),
                    np.array([CLASSES.index(o["class_name"]) for o in objects], np.int64),
                    np.array([COLOURS.index(o["colour"]) for o in objects], np.int64),
                    np.array([o["box_xyxy_px"] for o in objects], np.float32).reshape(-1, 4),
                    np.array([o["visibility"] for o in objects], np.float32),
                    str(scene["drive"]),
                )
            )
    return frames


def square_around(box, scale):
    """The square around a box, `scale` times its longer side, moved into the frame."""
    side = min(max(box[2] - box[0], box[3] - box[1]) * scale, FRAME_H_PX)
    x = np.clip((box[0] + box[2]) / 2 - side / 2, 0, FRAME_W_PX - side)
    y = np.clip((box[1] + box[3]) / 2 - side / 2, 0, FRAME_H_PX - side)
    return np.array([x, y, x + side, y + side], np.float32)


def tile_squares():
    """The squares a wide frame is searched by: left, centre, right."""
    middle = (FRAME_W_PX - FRAME_H_PX) / 2
    return [
        np.array([x, 0, x + FRAME_H_PX, FRAME_H_PX], np.float32)
        for x in (0, middle, FRAME_W_PX - FRAME_H_PX)
    ]


def training_squares(frame, rng, class_weights):
    """[VIEWS, 4], the squares cut from a frame: tiles, a random one, objects (rare ones first)."""
    squares = tile_squares()
    if rng.random() < 0.5:
        shift = rng.uniform(-60, 60)
        squares[1] = squares[1] + np.array([shift, 0, shift, 0], np.float32)

    def random_square():
        side = rng.uniform(200, FRAME_H_PX)
        x, y = rng.uniform(0, FRAME_W_PX - side), rng.uniform(0, FRAME_H_PX - side)
        return np.array([x, y, x + side, y + side], np.float32)

    squares.append(random_square())
    sizes = np.maximum(frame.boxes[:, 2] - frame.boxes[:, 0], frame.boxes[:, 3] - frame.boxes[:, 1])
    fit = np.flatnonzero((sizes >= 20) & (frame.visibility >= 0.35))
    if len(fit):
        weights = class_weights[frame.classes[fit]]
        chosen = rng.choice(fit, min(CROPS, len(fit)), replace=False, p=weights / weights.sum())
        for row in chosen:
            jitter = rng.uniform(-0.05, 0.05, 2).astype(np.float32) * sizes[row]
            squares.append(
                square_around(frame.boxes[row] + np.tile(jitter, 2), rng.uniform(1.0, 1.6))
            )
    while len(squares) < VIEWS:
        squares.append(random_square())
    return np.stack(squares)


def seen_in(frame, square, size_px):
    """[MAX_SEEN, 7] float32, the objects of a view: class (-1 pads), colour, state, box in parts of
    the view.

    State 1: large and whole enough to be named; 0.5: cannot be said. What cannot be seen is left
    out.
    """
    result = np.full((MAX_SEEN, 7), -1, np.float32)
    if len(frame.boxes) == 0:
        return result
    side = square[2] - square[0]
    low, high = np.maximum(frame.boxes[:, :2], square[:2]), np.minimum(
        frame.boxes[:, 2:], square[2:]
    )
    inside = np.prod(np.clip(high - low, 0, None), 1)
    share = inside / np.maximum(np.prod(frame.boxes[:, 2:] - frame.boxes[:, :2], 1), 1)
    extent = np.sqrt(inside) * size_px / side
    sure = (share >= 0.45) & (frame.visibility >= 0.35) & (extent >= 5)
    perhaps = (share >= 0.08) & (frame.visibility >= 0.1) & (extent >= 2.2)
    rows = np.flatnonzero(sure | perhaps)
    rows = rows[np.argsort(-extent[rows])][:MAX_SEEN]
    result[: len(rows), CLASS] = frame.classes[rows]
    result[: len(rows), COLOUR] = frame.colours[rows]
    result[: len(rows), STATE] = np.where(sure[rows], 1, 0.5)
    result[: len(rows), BOX] = (
        np.concatenate([low[rows] - square[:2], high[rows] - square[:2]], 1) / side
    )
    return result


def features_of(seen):
    """[n, MAX_SEEN, 7] objects of views -> [n, FEATURE_COUNT] features, see `captions`."""
    n = len(seen)
    features = np.zeros((n, FEATURE_COUNT), np.float32)
    rows, slots = np.nonzero(seen[..., CLASS] >= 0)
    classes, colours = seen[rows, slots, CLASS].astype(int), seen[rows, slots, COLOUR].astype(int)
    states = seen[rows, slots, STATE]
    np.maximum.at(features, (rows, classes * len(COLOURS) + colours), states)
    sure, perhaps = np.zeros((n, len(CLASSES))), np.zeros((n, len(CLASSES)))
    np.add.at(sure, (rows, classes), states == 1)
    np.add.at(perhaps, (rows, classes), 1)
    features[:, SEVERAL_BASE:EMPTY_COLUMN] = np.where(sure >= 3, 1, np.where(perhaps >= 2, 0.5, 0))
    others = [i for i in range(len(CLASSES)) if i not in SIGNS]
    features[:, EMPTY_COLUMN] = np.where(
        perhaps[:, others].sum(1) == 0, 1, np.where(sure[:, others].sum(1) == 0, 0.5, 0)
    )
    return features


def cut(image, square, size_px):
    """PIL image, square -> [size, size, 3] uint8, antialiased bicubic as CLIP preprocesses."""
    return np.asarray(
        image.resize((size_px, size_px), Image.BICUBIC, box=tuple(float(v) for v in square))
    )


ARRAYS = {  # name -> shape of one frame's row, kind
    "views": (lambda size_px: (VIEWS, size_px, size_px, 3), np.uint8),
    "seen": (lambda _: (VIEWS, MAX_SEEN, 7), np.float32),
    "conditions": (lambda _: (3,), np.int64),
    "small": (lambda _: (SMALL_H_PX, SMALL_W_PX, 3), np.uint8),
    "boxes": (
        lambda _: (MAX_BOXES, 7),
        np.float32,
    ),  # class, colour, visibility, box; class -1 pads
}


def create_cache(folder, count, size_px):
    """Lays out the training arrays of `count` frames as files; the first axis is the frame."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (shape, kind) in ARRAYS.items():
        np.lib.format.open_memmap(
            folder / f"{name}.npy", mode="w+", dtype=kind, shape=(count, *shape(size_px))
        )


def open_cache(folder, mode="r"):
    return {name: np.load(folder / f"{name}.npy", mmap_mode=mode) for name in ARRAYS}


def class_weights_of(frames):
    counts = (
        np.bincount(np.concatenate([frame.classes for frame in frames]), minlength=len(CLASSES))
        + 10.0
    )
    return counts**-0.5


def fill_chunk(task):
    """Renders one seed and writes its frames' rows of the cache. Runs in a process of its own."""
    binary, seed, first, count, frames_per_drive, size_px, work = task
    folder = work / f"render-{seed}"
    frames = render(binary, seed, count, max(1, count // frames_per_drive), folder)
    arrays = open_cache(work / "cache", "r+")
    weights = class_weights_of(frames)
    for offset, frame in enumerate(frames[:count]):
        row, rng = first + offset, np.random.default_rng([seed, offset])
        image = Image.open(frame.path).convert("RGB")
        squares = training_squares(frame, rng, weights)
        arrays["views"][row] = np.stack([cut(image, square, size_px) for square in squares])
        arrays["seen"][row] = np.stack([seen_in(frame, square, size_px) for square in squares])
        arrays["conditions"][row] = frame.conditions
        arrays["small"][row] = np.asarray(image.reduce(2))
        boxes = np.full((MAX_BOXES, 7), -1, np.float32)
        boxes[: len(frame.classes)] = np.concatenate(
            [
                frame.classes[:, None],
                frame.colours[:, None],
                frame.visibility[:, None],
                frame.boxes,
            ],
            1,
        )
        arrays["boxes"][row] = boxes
    shutil.rmtree(folder)
    return seed, len(frames)


def build_cache(binary, first_seed, count, chunk, frames_per_drive, size_px, work, log):
    """Renders `count` training frames, `chunk` a seed, into the cache under `work`.

    frames_per_drive: taken in turn by the seeds. Short drives vary most; long ones show traffic
    after it has begun to move.
    """
    create_cache(work / "cache", count, size_px)
    tasks = [
        (
            binary,
            first_seed + i,
            start,
            min(chunk, count - start),
            frames_per_drive[i % len(frames_per_drive)],
            size_px,
            work,
        )
        for i, start in enumerate(range(0, count, chunk))
    ]
    with multiprocessing.get_context("spawn").Pool(min(len(tasks), os.cpu_count() or 1)) as pool:
        for seed, made in pool.imap(fill_chunk, tasks):
            log(event="rendered", seed=seed, frames=made)
