#!/usr/bin/python3
"""Makes the streets models: renders, trains, exports, checks, measures. One command, fixed seeds.

    datasets/streets/train/train.py --out datasets/streets/models --work build/streets-train

Needs build/bin/streets, PyTorch, NumPy and Pillow; comparing the exported models with PyTorch's
needs node and onnxruntime-node. The CLIP pair and the detector train side by side, in processes of
their own, each on half of the cores.
`--smoke` does all of it in little, to show that it runs. `--stage` repeats a single part.
"""
import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
from runtime import Log, prepare_torch, restart_with_fast_blas  # noqa: E402

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[2]
STAGES = ("render", "clip", "detector", "export", "evaluate")
TRAIN_SEED, HELD_OUT_SEED = 1000, 900000

FULL = {
    "frames": 9000,
    "chunk": 250,
    "frames_per_drive": [1, 1, 5],
    "held_out": 1500,
    "held_out_chunk": 500,
    "held_out_per_drive": 5,
    "vocab_size": 1500,
    "dim": 256,
    "vision": {},
    "text": {},
    "clip": {
        "images": 96,
        "texts": 96,
        "log_every": 50,
        "phases": [
            {"steps": 5600, "lr": 1.2e-3, "seed": 11, "refine": False},
            {"steps": 1100, "lr": 4e-4, "seed": 13, "refine": True},
        ],
    },
    "detector": {"steps": 5000, "batch": 16, "lr": 2e-3, "seed": 12, "width": 32, "log_every": 50},
}
SMOKE = {
    "frames": 24,
    "chunk": 24,
    "frames_per_drive": [4],
    "held_out": 12,
    "held_out_chunk": 12,
    "held_out_per_drive": 4,
    "vocab_size": 700,
    "dim": 64,
    "vision": {"width": 80, "layers": 1, "heads": 4},
    "text": {"width": 64, "layers": 1, "heads": 4},
    "clip": {
        "images": 8,
        "texts": 8,
        "log_every": 2,
        "phases": [
            {"steps": 4, "lr": 1e-3, "seed": 11, "refine": False},
            {"steps": 2, "lr": 4e-4, "seed": 13, "refine": True},
        ],
    },
    "detector": {"steps": 3, "batch": 2, "lr": 1e-3, "seed": 12, "width": 16, "log_every": 1},
}


def scaled(settings, share):
    """The settings with that share of the training frames and steps."""
    result = {
        **settings,
        "frames": max(settings["chunk"], round(settings["frames"] * share)),
        "held_out": round(settings["held_out"] * min(1, 2 * share)),
    }
    clip, detector = settings["clip"], settings["detector"]
    phases = [{**phase, "steps": round(phase["steps"] * share)} for phase in clip["phases"]]
    result["clip"] = {**clip, "phases": phases}
    result["detector"] = {**detector, "steps": round(detector["steps"] * share)}
    return result


def clip_config(settings, tokenizer):
    from clip_model import ClipConfig, TextConfig, VisionConfig

    text = TextConfig(vocab_size=len(tokenizer.ids), eot_id=tokenizer.end_id, **settings["text"])
    return ClipConfig(settings["dim"], VisionConfig(**settings["vision"]), text)


def held_out_frames(arguments, settings):
    """Renders the frames to measure on, from seeds that training never sees."""
    import scenes

    frames = []
    for i, start in enumerate(range(0, settings["held_out"], settings["held_out_chunk"])):
        count = min(settings["held_out_chunk"], settings["held_out"] - start)
        drives = max(1, count // settings["held_out_per_drive"])
        frames += scenes.render(
            arguments.streets, HELD_OUT_SEED + i, count, drives, arguments.work / f"held-out-{i}"
        )
    return frames


def render(arguments, settings, log):
    import numpy as np
    import bpe
    import scenes
    from sentences import corpus

    work = arguments.work
    config = clip_config(settings, bpe.Tokenizer([]))
    scenes.build_cache(
        arguments.streets,
        TRAIN_SEED,
        settings["frames"],
        settings["chunk"],
        settings["frames_per_drive"],
        config.vision.image_size,
        work,
        log,
    )
    merges = bpe.train(corpus(np.random.default_rng(10), 4000), settings["vocab_size"])
    bpe.Tokenizer(merges).save(work)
    log(part="tokenizer", merges=len(merges))


def train_clip(arguments, settings, log):
    import bpe
    import clip_train
    import scenes

    device = prepare_torch(settings["clip"]["phases"][0]["seed"])
    tokenizer = bpe.Tokenizer.load(arguments.work)
    model = clip_train.train_clip(
        scenes.open_cache(arguments.work / "cache"),
        tokenizer,
        clip_config(settings, tokenizer),
        settings["clip"],
        device,
        log,
    )
    clip_train.save_clip(model, arguments.work / "clip.pt")


def train_detector(arguments, settings, log):
    import detector_train
    import scenes
    from captions import CLASSES

    device = prepare_torch(settings["detector"]["seed"])
    model = detector_train.train_detector(
        scenes.open_cache(arguments.work / "cache"), len(CLASSES), settings["detector"], device, log
    )
    detector_train.save_detector(
        model, settings["detector"]["width"], arguments.work / "detector.pt"
    )


def load_models(work):
    import bpe
    import clip_train
    import detector_train
    import export

    clip = export.ready_to_export(clip_train.load_clip(work / "clip.pt"))
    return (
        clip,
        bpe.Tokenizer.load(work),
        export.ready_to_export(detector_train.load_detector(work / "detector.pt")),
    )


def trained_on(settings):
    return (
        f"{settings['frames']} frames rendered by datasets/streets, seeds {TRAIN_SEED} to "
        f"{TRAIN_SEED + (settings['frames'] - 1) // settings['chunk']}"
    )


def export_models(arguments, settings, log, metrics=None):
    import clip_train
    import export
    from compare import compare_with_node

    prepare_torch(0)
    clip, tokenizer, detector = load_models(arguments.work)
    metrics = metrics or {}
    card = {"warning": export.WARNING, "trained_on": trained_on(settings)}
    export.export_clip(
        clip,
        tokenizer,
        clip_train.IMAGE_MEAN,
        clip_train.IMAGE_STD,
        arguments.out / "streets-clip",
        {"id": "streets-clip-v2", **card, "metrics": metrics.get("clip", {})},
    )
    export.export_detector(
        detector,
        arguments.out / "streets-detector",
        {"id": "streets-detector-v2", **card, "metrics": metrics.get("detector", {})},
    )
    compare_with_node(clip, tokenizer, detector, arguments.out, arguments.work / "check", log)


def evaluate_models(arguments, settings, log):
    import evaluate

    prepare_torch(0)
    clip, tokenizer, detector = load_models(arguments.work)
    frames = held_out_frames(arguments, settings)
    found = evaluate.detect(detector, frames)
    metrics = {"detector": evaluate.detector_metrics(frames, found)}
    log(part="detector", **metrics["detector"])
    metrics["clip"], worst = evaluate.clip_metrics(clip, tokenizer, frames, found)
    log(part="clip", **metrics["clip"], worst=worst)
    held_out = f"{len(frames)} frames, seeds from {HELD_OUT_SEED}"
    for part in metrics.values():
        part["held_out"] = held_out
    export_models(arguments, settings, log, metrics)


def run_stage(arguments, stage):
    command = (
        [
            sys.executable,
            str(HERE / "train.py"),
            "--stage",
            stage,
            "--out",
            str(arguments.out),
            "--work",
            str(arguments.work),
            "--streets",
            str(arguments.streets),
        ]
        + ["--scale", str(arguments.scale), "--minutes", str(arguments.minutes)]
        + ["--smoke"] * arguments.smoke
    )
    environment = {
        name: value for name, value in os.environ.items() if name != "STREETS_TRAIN_THREADS"
    }
    return subprocess.Popen(command, env=environment)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="folder of the model folders, such as datasets/streets/models",
    )
    parser.add_argument(
        "--work", type=Path, help="scratch, checkpoints and logs (default: OUT/../streets-train)"
    )
    parser.add_argument(
        "--streets", type=Path, default=REPOSITORY / "build/bin/streets", help="the renderer"
    )
    parser.add_argument(
        "--smoke", action="store_true", help="tiny settings: shows that everything runs"
    )
    parser.add_argument(
        "--scale",
        type=float,
        default=1.0,
        help="share of the frames and steps, for a quick model or a long run",
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=0,
        help="end each training after this long, however many steps were made",
    )
    parser.add_argument("--stage", choices=("all", *STAGES), default="all")
    arguments = parser.parse_args()
    arguments.out, arguments.streets = arguments.out.resolve(), arguments.streets.resolve()
    arguments.work = (arguments.work or arguments.out.parent / "streets-train").resolve()
    if not arguments.streets.exists():
        parser.error(f"no renderer at {arguments.streets}; build it first (npm run build)")
    settings = SMOKE if arguments.smoke else scaled(FULL, arguments.scale)
    for part in ("clip", "detector"):
        settings[part]["minutes"] = arguments.minutes
    if arguments.stage == "all":
        start = time.monotonic()
        for group in (("render",), ("clip", "detector"), ("export",), ("evaluate",)):
            running = [run_stage(arguments, stage) for stage in group]
            if any([process.wait() for process in running]):
                sys.exit(f"stage {' and '.join(group)} failed; its log is in {arguments.work}")
            print(
                f"{' and '.join(group)} done after {(time.monotonic() - start) / 60:.1f} min",
                flush=True,
            )
        return
    cores = os.cpu_count() or 1
    restart_with_fast_blas(max(1, cores // 2) if arguments.stage in ("clip", "detector") else cores)
    log = Log(arguments.work / "logs" / f"{arguments.stage}.jsonl")
    {
        "render": render,
        "clip": train_clip,
        "detector": train_detector,
        "export": export_models,
        "evaluate": evaluate_models,
    }[arguments.stage](arguments, settings, log)


if __name__ == "__main__":
    main()
