"""Trains the CLIP pair on views of rendered frames, with exact targets.

A batch is n views and q sentences. As scenes and sentences are both known, the truth of every
sentence for every view is computed, so that no false negative enters the loss.
"""
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from captions import CLASSES, COLOURS, PAIR_COUNT, sample_meaning, truth
from clip_model import Clip, ClipConfig
from runtime import Average, autocast, learning_rate, parameter_groups, steps_within
from scenes import BOX, CLASS, COLOUR, STATE, VIEWS, features_of
from sentences import sentence

IMAGE_MEAN, IMAGE_STD = (0.45, 0.45, 0.45), (0.25, 0.25, 0.25)


def normalised(views, device="cpu"):
    """[n, s, s, 3] uint8 -> [n, 3, s, s] float32 as preprocessor_config.json says."""
    pixels = (
        torch.from_numpy(np.ascontiguousarray(views)).to(device).permute(0, 3, 1, 2).float() / 255
    )
    mean, std = (torch.tensor(v, device=device).view(1, 3, 1, 1) for v in (IMAGE_MEAN, IMAGE_STD))
    return ((pixels - mean) / std).contiguous(memory_format=torch.channels_last)


def padded_ids(tokenizer, texts, context_length, dropout=0.0, rng=None):
    """-> [q, longest] int64, padded with the end token."""
    rows = [tokenizer.encode(text, context_length, dropout, rng) for text in texts]
    longest = max(len(row) for row in rows)
    return torch.tensor([row + [tokenizer.end_id] * (longest - len(row)) for row in rows])


def grid_targets(seen, cells):
    """What each token's cell shows.

    [n, MAX_SEEN, 7] -> targets and weights [n, cells * cells, PAIR_COUNT + classes].
    """
    targets = np.zeros((len(seen), cells, cells, PAIR_COUNT + len(CLASSES)), np.float32)
    weights = np.ones_like(targets)
    edges = np.arange(cells + 1) / cells
    for row, slot in zip(*np.nonzero(seen[..., CLASS] >= 0)):
        x0, y0, x1, y1 = seen[row, slot, BOX]
        across = np.clip(np.minimum(edges[1:], x1) - np.maximum(edges[:-1], x0), 0, None)
        down = np.clip(np.minimum(edges[1:], y1) - np.maximum(edges[:-1], y0), 0, None)
        cover = down[:, None] * across[None] / max(1e-6, min((x1 - x0) * (y1 - y0), 1 / cells**2))
        class_id, colour = int(seen[row, slot, CLASS]), int(seen[row, slot, COLOUR])
        sure = seen[row, slot, STATE] == 1
        for column in (class_id * len(COLOURS) + colour, PAIR_COUNT + class_id):
            if sure:
                targets[row, :, :, column][cover >= 0.3] = 1
            weights[row, :, :, column][(cover >= 0.05) & ((cover < 0.3) | (not sure))] = 0
    shape = (len(seen), cells * cells, -1)
    return torch.from_numpy(targets.reshape(shape)), torch.from_numpy(weights.reshape(shape))


class Helpers(nn.Module):
    """Heads used only in training: what each token's cell shows, and what the embedding holds."""

    def __init__(self, width, dim):
        super().__init__()
        self.cells = nn.Linear(width, PAIR_COUNT + len(CLASSES))
        self.pairs = nn.Linear(dim, PAIR_COUNT)
        nn.init.constant_(self.cells.bias, -4.0)
        nn.init.constant_(self.pairs.bias, -3.0)


def flipped(views, seen):
    """Mirrors views and the boxes in them; no sentence speaks of left or right."""
    seen = seen.copy()
    there = seen[..., CLASS] >= 0
    x0, x1 = seen[..., 3].copy(), seen[..., 5].copy()
    seen[..., 3][there], seen[..., 5][there] = 1 - x1[there], 1 - x0[there]
    return views[:, :, ::-1], seen


def make_batch(cache, tokenizer, config, rng, settings):
    image_count, text_count = settings["images"], settings["texts"]
    frame_count = len(cache["conditions"])
    frames = rng.choice(frame_count, image_count, replace=frame_count < image_count)
    slots = rng.integers(VIEWS, size=image_count)
    views = np.stack([cache["views"][f, v] for f, v in zip(frames, slots)])
    seen = np.stack([cache["seen"][f, v] for f, v in zip(frames, slots)])
    conditions = np.asarray(cache["conditions"][np.sort(frames)])[np.argsort(np.argsort(frames))]
    half = image_count // 2
    views[:half], seen[:half] = flipped(views[:half], seen[:half])
    features = features_of(seen)
    meanings = [
        sample_meaning(rng, features[i], conditions[i], settings["refine"])
        for i in rng.integers(image_count, size=text_count)
    ]
    ids = padded_ids(
        tokenizer, [sentence(rng, m) for m in meanings], config.text.context_length, 0.12, rng
    )
    target = torch.from_numpy(truth(features, conditions, meanings))
    cells, cell_weights = grid_targets(seen, config.vision.image_size // config.vision.patch_size)
    return views, ids, target, torch.from_numpy(features[:, :PAIR_COUNT]), cells, cell_weights


def contrastive_loss(logits, target):
    """logits, target [n, q]; target 0.5 is left out.

    A sigmoid term calibrates; a ranking term sets each true view of a sentence against all its
    false ones.
    """
    known = target != 0.5
    sigmoid = F.binary_cross_entropy_with_logits(logits, target, reduction="none")[known].mean()
    false = torch.logsumexp(logits.masked_fill(~known | (target == 1), -1e4), 0)
    ranking = F.softplus(false[None] - logits)[target == 1].mean()
    return sigmoid, ranking


def helper_loss(helpers, tokens, images, pairs, cells, cell_weights):
    """What the helpers miss: at each cell, and in the embedding."""
    entropy = F.binary_cross_entropy_with_logits
    cell = entropy(helpers.cells(tokens.float()), cells, reduction="none") * cell_weights
    found = helpers.pairs(F.normalize(images.float(), dim=1) * 16)
    pair = entropy(found, pairs, reduction="none") * (pairs != 0.5)
    return cell.sum(-1).mean(), pair.sum(-1).mean()


def train_phase(model, cache, tokenizer, settings, device, log):
    """Trains in place and leaves the averaged weights. settings: steps, minutes, images, texts, lr,
    seed, log_every; refine: on hard sentences, in true shades, without helpers.
    """
    rng, config, refine = np.random.default_rng(settings["seed"]), model.config, settings["refine"]
    helpers = Helpers(config.vision.width, config.dim).to(device)
    groups = parameter_groups(model, 0.05) + parameter_groups(helpers, 0.0)
    optimizer = torch.optim.AdamW(groups, lr=settings["lr"], betas=(0.9, 0.98))
    average = Average(model, 0.99 if refine else 0.998)
    names = ("sigmoid", "ranking", "cell", "pair")
    sums = np.zeros(4)
    for step, share in steps_within(settings["steps"], settings["minutes"]):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(settings["lr"], step, share)
        views, ids, target, *seen = (
            part.to(device) if torch.is_tensor(part) else part
            for part in make_batch(cache, tokenizer, config, rng, settings)
        )
        pixels = normalised(views, device)
        if not refine:
            span = [[0.85], [-0.15]], [[1.15], [0.15]], (2, len(views))
            shade = torch.from_numpy(rng.uniform(*span).astype(np.float32)).to(device)
            pixels = pixels * shade[0].view(-1, 1, 1, 1) + shade[1].view(-1, 1, 1, 1)
        with autocast(device):
            tokens = model.vision.tokens(pixels)
            images, texts = model.vision.pool(tokens), model.text(ids)
        sigmoid, ranking = contrastive_loss(model.logits(images, texts), target)
        loss = 5 * sigmoid + ranking
        cell = pair = torch.zeros(())
        if not refine:
            cell, pair = helper_loss(helpers, tokens, images, *seen)
            loss = loss + 0.5 * cell + 0.3 * pair
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        optimizer.step()
        average.update(model)
        sums += [sigmoid.item(), ranking.item(), cell.item(), pair.item()]
        if (step + 1) % settings["log_every"] == 0:
            losses = {n: round(v, 4) for n, v in zip(names, sums / settings["log_every"])}
            log(part="clip", refine=refine, step=step + 1, share=round(share, 3), **losses)
            sums[:] = 0
    model.load_state_dict(average.values)


def train_clip(cache, tokenizer, config, settings, device, log):
    """-> the averaged Clip after all phases, which share the minutes by their steps."""
    model = Clip(config).to(device).to(memory_format=torch.channels_last)
    total = sum(phase["steps"] for phase in settings["phases"])
    for phase in settings["phases"]:
        minutes = settings["minutes"] * phase["steps"] / max(1, total)
        combined = {**settings, **phase, "minutes": minutes}
        train_phase(model, cache, tokenizer, combined, device, log)
    return model.cpu().eval()


def save_clip(model, path):
    torch.save({"config": model.config.to_dict(), "weights": model.state_dict()}, path)


def load_clip(path):
    saved = torch.load(path, map_location="cpu")
    model = Clip(ClipConfig.from_dict(saved["config"]))
    model.load_state_dict(saved["weights"])
    return model.eval()
