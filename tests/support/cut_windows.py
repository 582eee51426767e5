"""Cuts many small pictures out of a few rendered frames: a large collection in little time.

    cut_windows.py FRAMES OUT --count N [--size PX] [--seed S]

FRAMES is searched for .jpg files; OUT/0000/000000.jpg ... are written, the same for the same arguments.
"""

import argparse
import pathlib
import random

from PIL import Image


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("frames", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--size", type=int, default=320, help="side of a picture in pixels")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    frames = sorted(arguments.frames.rglob("*.jpg"))
    per_frame = -(-arguments.count // len(frames))
    for number in range(arguments.count):
        if number % per_frame == 0:
            frame = Image.open(frames[number // per_frame]).convert("RGB")
        left = chance.randrange(frame.width - arguments.size + 1)
        top = chance.randrange(frame.height - arguments.size + 1)
        folder = arguments.out / f"{number // 1000:04d}"
        folder.mkdir(parents=True, exist_ok=True)
        window = frame.crop((left, top, left + arguments.size, top + arguments.size))
        window.save(folder / f"{number:06d}.jpg", quality=85)


main()
