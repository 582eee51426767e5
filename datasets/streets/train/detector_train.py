"""Trains the detector with task-aligned assignment (TOOD, Feng et al. 2021), as YOLOv8 does."""
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from detector_model import INPUT_H_PX, INPUT_W_PX, Detector, anchor_centres
from runtime import Average, autocast, learning_rate, parameter_groups, steps_within
from scenes import FRAME_W_PX, SMALL_H_PX

PAD_VALUE = 114  # grey of a letterbox's borders
BAND_SHARE = 0.88  # of training sees only a band of the frame, at little more than half the cost
BAND_H_PX = 160
BAND_FIRST_ROW = (48, 76)
TOP_K = 10  # anchors a box may train
MIN_SIDE_PX, MIN_VISIBILITY = 4.0, 0.3  # in the input; less is neither wanted nor punished


def make_batch(cache, rng, count, height_px):
    """-> images [n, 3, height_px, W] in [0, 1]; classes [n, m], -1 pads; boxes [n, m, 4] input px;
    wanted [n, m] bool.

    height_px is the input's own (frames are letterboxed) or BAND_H_PX: a band around the horizon,
    where 99 % of the boxes lie.
    """
    rows = rng.integers(len(cache["small"]), size=count)
    images = np.full((count, height_px, INPUT_W_PX, 3), PAD_VALUE, np.uint8)
    labels = np.stack([cache["boxes"][row] for row in rows])
    labels = labels[:, : max(1, (labels[..., 0] >= 0).sum(1).max())]
    boxes = labels[..., 3:7] * (INPUT_W_PX / FRAME_W_PX)
    for i, row in enumerate(rows):
        if height_px == BAND_H_PX:
            first = int(rng.integers(*BAND_FIRST_ROW))
            small, top = cache["small"][row, first : first + BAND_H_PX], 0
            boxes[i, :, [1, 3]] -= first
        else:
            small = cache["small"][row]
            top = (
                (height_px - SMALL_H_PX) // 2
                if rng.random() < 0.7
                else int(rng.integers(height_px - SMALL_H_PX + 1))
            )
            boxes[i, :, [1, 3]] += top
        images[i, top : top + len(small)] = small[:, ::-1] if i % 2 else small
        if i % 2:
            boxes[i, :, [0, 2]] = INPUT_W_PX - boxes[i, :, [2, 0]]
    gain, lift = (
        torch.from_numpy(rng.uniform(*span, count).astype(np.float32)).view(-1, 1, 1, 1)
        for span in ((0.8, 1.2), (-0.05, 0.05))
    )
    pixels = (
        torch.from_numpy(images)
        .permute(0, 3, 1, 2)
        .float()
        .mul_(gain / 255)
        .add_(lift)
        .clamp_(0, 1)
    )
    classes = torch.from_numpy(labels[..., 0].astype(np.int64))
    heights = boxes[..., 3] - boxes[..., 1]
    boxes[..., [1, 3]] = boxes[..., [1, 3]].clip(0, height_px)
    whole = (boxes[..., 3] - boxes[..., 1]) > 0.6 * heights
    boxes = torch.from_numpy(boxes)
    sides = (boxes[..., 2:] - boxes[..., :2]).amin(-1)
    wanted = (
        (classes >= 0)
        & (sides >= MIN_SIDE_PX)
        & torch.from_numpy(whole & (labels[..., 2] >= MIN_VISIBILITY))
    )
    return pixels, classes, boxes, wanted


def iou(a, b, complete=False):
    """Boxes [..., 4] that broadcast -> IoU [...], or CIoU (Zheng et al. 2020)."""
    size_a, size_b = a[..., 2:] - a[..., :2], b[..., 2:] - b[..., :2]
    overlap = (
        (torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2]))
        .clamp(min=0)
        .prod(-1)
    )
    value = overlap / (size_a.prod(-1) + size_b.prod(-1) - overlap + 1e-7)
    if not complete:
        return value
    hull = torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])
    apart = (
        (a[..., :2] + a[..., 2:] - b[..., :2] - b[..., 2:]).square().sum(-1)
        / 4
        / (hull.square().sum(-1) + 1e-7)
    )
    angle = torch.atan(size_a[..., 0] / (size_a[..., 1] + 1e-7)) - torch.atan(
        size_b[..., 0] / (size_b[..., 1] + 1e-7)
    )
    shape = 4 / np.pi**2 * angle.square()
    return value - apart - shape * (shape / (1 - value + shape + 1e-7)).detach()


@torch.no_grad()
def assign(probabilities, predicted, centres, classes, boxes, wanted):
    """Which box each anchor should find.

    probabilities [n, a, c]; predicted [n, a, 4]; centres [a, 3]; classes, boxes, wanted [n, m, .]
    -> box_of [n, a] int64; scores [n, a, c] soft targets; used [n, a] bool; free [n, a] bool,
    neither trained nor punished.
    """
    n, m = classes.shape
    middle, reach = (boxes[..., :2] + boxes[..., 2:]) / 2, (
        (boxes[..., 2:] - boxes[..., :2]) / 2
    ).clamp(min=6.0)
    offset = (centres[None, None, :, :2] - middle[:, :, None]).abs()
    near = (offset < reach[:, :, None]).all(-1)  # [n, m, a]
    overlaps = iou(boxes[:, :, None], predicted[:, None])
    scores = probabilities.transpose(1, 2).gather(
        1, classes.clamp(min=0)[:, :, None].expand(-1, -1, predicted.shape[1])
    )
    metric = scores.sqrt() * overlaps.pow(6) * (near & wanted[:, :, None]) + 1e-9 * (
        near & wanted[:, :, None]
    )
    top, rows = metric.topk(TOP_K, -1)
    chosen = torch.zeros_like(metric).scatter_(-1, rows, 1.0).bool() & (metric > 0)
    best = (overlaps * chosen + chosen * 1e-6).max(1)
    used, box_of = best.values > 0, best.indices
    chosen &= torch.zeros_like(chosen).scatter_(1, box_of[:, None], True)
    metric = metric * chosen
    norm = (
        metric / (metric.amax(-1, keepdim=True) + 1e-9) * (overlaps * chosen).amax(-1, keepdim=True)
    )
    strength = norm.amax(1)
    target = (
        F.one_hot(classes.clamp(min=0).gather(1, box_of), probabilities.shape[2])
        * (strength * used)[..., None]
    )
    unwanted = (classes >= 0) & ~wanted
    inside = (offset < reach[:, :, None]).all(-1) & unwanted[:, :, None]
    return box_of, target, used, inside.any(1) & ~used


def detector_loss(sides, logits, centres, classes, boxes, wanted):
    predicted = torch.cat([centres[:, :2] - sides[..., :2], centres[:, :2] + sides[..., 2:]], -1)
    box_of, target, used, free = assign(
        logits.sigmoid(), predicted, centres, classes, boxes, wanted
    )
    total = target.sum().clamp(min=1)
    class_loss = (
        F.binary_cross_entropy_with_logits(logits, target, reduction="none") * (~free)[..., None]
    ).sum() / total
    wanted_boxes = boxes.gather(1, box_of[..., None].expand(-1, -1, 4))
    fit = iou(predicted[used], wanted_boxes[used], complete=True)
    box_loss = ((1 - fit) * target.sum(-1)[used]).sum() / total
    return class_loss, box_loss


def train_detector(cache, class_count, settings, device, log):
    """-> the averaged Detector. settings: steps, minutes, batch, lr, seed, width, log_every."""
    rng = np.random.default_rng(settings["seed"])
    model = (
        Detector(class_count, settings["width"]).to(device).to(memory_format=torch.channels_last)
    )
    optimizer = torch.optim.AdamW(parameter_groups(model, 0.02), lr=settings["lr"])
    average = Average(model, 0.998)
    sums = np.zeros(2)
    for step, share in steps_within(settings["steps"], settings["minutes"]):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(settings["lr"], step, share)
        height_px = BAND_H_PX if share < BAND_SHARE else INPUT_H_PX
        centres = anchor_centres(INPUT_W_PX, height_px).to(device)
        pixels, classes, boxes, wanted = (
            part.to(device) for part in make_batch(cache, rng, settings["batch"], height_px)
        )
        with autocast(device):
            sides, logits = model.raw(pixels)
        class_loss, box_loss = detector_loss(sides, logits, centres, classes, boxes, wanted)
        optimizer.zero_grad(set_to_none=True)
        (class_loss + 4 * box_loss).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 10.0)
        optimizer.step()
        average.update(model)
        sums += [class_loss.item(), box_loss.item()]
        if (step + 1) % settings["log_every"] == 0:
            class_mean, box_mean = (sums / settings["log_every"]).round(4)
            log(
                part="detector",
                step=step + 1,
                share=round(share, 3),
                classes=class_mean,
                boxes=box_mean,
            )
            sums[:] = 0
    model.load_state_dict(average.values)
    return model.cpu().eval()


def save_detector(model, width, path):
    torch.save({"width": width, "classes": model.class_count, "weights": model.state_dict()}, path)


def load_detector(path):
    saved = torch.load(path, map_location="cpu")
    model = Detector(saved["classes"], saved["width"])
    model.load_state_dict(saved["weights"])
    return model.eval()
