"""Runs exported models under onnxruntime-node beside PyTorch, on the same inputs."""
import json
import shutil
import subprocess
from pathlib import Path

import torch

from clip_train import padded_ids
from detector_model import INPUT_H_PX, INPUT_W_PX

HERE = Path(__file__).resolve().parent
ONNXRUNTIME = HERE.parents[2] / "node_modules/onnxruntime-node"
SENTENCES = ["a red truck at night", "snow", "two dogs and a bicycle near the park in thick fog"]


def write_case(folder, name, path, model, inputs, files):
    """Stores one model's input and PyTorch's output as raw values. -> its entry of cases.json."""
    with torch.no_grad():
        expected = model(inputs)
    inputs.numpy().tofile(folder / f"{name}.in")
    expected.numpy().tofile(folder / f"{name}.out")
    kind = "int64" if inputs.dtype == torch.int64 else "float32"
    given = {"name": files["input"], "type": kind, "dims": list(inputs.shape), "file": f"{name}.in"}
    wanted = {"name": files["output"], "dims": list(expected.shape), "file": f"{name}.out"}
    return {"name": name, "model": str(path.resolve()), "inputs": [given], "output": wanted}


def compare_with_node(clip, tokenizer, detector, models, folder, log):
    """Raises where the files under `models` differ from the models they were exported from."""
    if not shutil.which("node") or not ONNXRUNTIME.exists():
        log(part="export", check="skipped: node with onnxruntime-node is not here")
        return
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(1)
    side = clip.config.vision.image_size
    inputs = {
        "text": (clip.text, padded_ids(tokenizer, SENTENCES, clip.config.text.context_length)),
        "vision": (clip.vision, torch.randn(3, 3, side, side, generator=generator)),
        "detector": (detector, torch.rand(1, 3, INPUT_H_PX, INPUT_W_PX, generator=generator)),
    }
    cases = []
    for name, (model, values) in inputs.items():
        home = models / ("streets-detector" if name == "detector" else "streets-clip")
        files = json.loads((home / "model.json").read_text())["files"][name]
        cases.append(write_case(folder, name, home / files["path"], model, values, files))
    (folder / "cases.json").write_text(json.dumps(cases))
    command = ["node", str(HERE / "check_export.mjs"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"exported models differ from PyTorch's: {done.stderr[-800:]}")
    for line in done.stdout.splitlines():
        log(part="export", **json.loads(line))
