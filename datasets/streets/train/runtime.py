"""How the training runs on this machine: libraries, threads, device, number format, log."""
import contextlib
import glob
import json
import math
import os
import sys
import time

FAST_BLAS = "/usr/lib/*/openblas-openmp/libblas.so.3"


def restart_with_fast_blas(threads):
    """Starts this program again with OpenBLAS's OpenMP build first on the library path.

    Debian's PyTorch takes whatever libblas.so.3 the loader finds; with the reference build it
    is 30 times slower.
    """
    if os.environ.get("STREETS_TRAIN_THREADS"):
        return
    found = sorted(glob.glob(FAST_BLAS))
    if found:
        paths = [os.path.dirname(found[0]), os.environ.get("LD_LIBRARY_PATH", "")]
        os.environ["LD_LIBRARY_PATH"] = ":".join(path for path in paths if path)
    else:
        print(
            "openblas-openmp not found (Debian: libopenblas0-openmp): training may be slow",
            file=sys.stderr,
        )
    os.environ["OMP_NUM_THREADS"] = os.environ["STREETS_TRAIN_THREADS"] = str(threads)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *sys.argv])


def prepare_torch(seed):
    """Sets threads and seed. -> the device."""
    import torch

    torch.set_num_threads(int(os.environ.get("STREETS_TRAIN_THREADS", "1")))
    torch.manual_seed(seed)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def autocast(device):
    """bfloat16 products where the hardware has them (twice as fast); float32 elsewhere."""
    import torch

    if device.type == "cuda":
        return torch.autocast("cuda", torch.bfloat16)
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as lines:
        native = any(
            name in line
            for line in lines
            if line.startswith("flags")
            for name in ("avx512_bf16", "amx_bf16")
        )
    return torch.autocast("cpu", torch.bfloat16) if native else contextlib.nullcontext()


class Log:
    """Metrics as JSON lines, with seconds since the start; `log(loss=0.5)`."""

    def __init__(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.out = open(path, "a", encoding="utf-8")
        self.start = time.monotonic()

    def __call__(self, **values):
        line = json.dumps({"s": round(time.monotonic() - self.start, 1), **values})
        self.out.write(line + "\n")
        self.out.flush()
        print(line, flush=True)


class Average:
    """Exponential moving average of a model's weights, which is what gets exported."""

    def __init__(self, model, decay):
        import torch

        self.torch, self.decay, self.steps = torch, decay, 0
        self.values = {name: value.detach().clone() for name, value in model.state_dict().items()}

    def update(self, model):
        self.steps += 1
        keep = min(self.decay, (1 + self.steps) / (10 + self.steps))
        with self.torch.no_grad():
            for name, value in model.state_dict().items():
                if value.dtype.is_floating_point:
                    self.values[name].lerp_(value, 1 - keep)
                else:
                    self.values[name].copy_(value)


def steps_within(steps, minutes):
    """Yields (step, share done); ends after `steps`, or sooner to keep to `minutes` (0: any)."""
    start = time.monotonic()
    for step in range(steps):
        spent = (time.monotonic() - start) / 60 / minutes if minutes else 0
        if spent >= 1:
            return
        yield step, max(step / steps, spent)


def learning_rate(peak, step, share):
    """A linear warm-up over 100 steps, then a cosine over the share done, to 1 % of the peak."""
    return peak * min((step + 1) / 100, 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share)))


def parameter_groups(model, weight_decay):
    matrices = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    return [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
