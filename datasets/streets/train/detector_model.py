"""An anchor-free detector in the manner of YOLOv8, small enough to train on a CPU.

Input [n, 3, 288, 480] RGB in [0, 1]; output [n, 4 + classes, anchors]: cx, cy, w, h in
input pixels, then a sigmoid confidence for each class.
"""
import torch
from torch import nn
from torch.nn import functional as F

STRIDES = (8, 16, 32)
INPUT_W_PX, INPUT_H_PX = 480, 288


class Conv(nn.Module):
    """Convolution, batch norm, ReLU (SiLU costs a third of a training step on a CPU)."""

    def __init__(self, c_in, c_out, kernel=1, stride=1, padding=None):
        super().__init__()
        self.conv = nn.Conv2d(
            c_in, c_out, kernel, stride, kernel // 2 if padding is None else padding, bias=False
        )
        self.norm = nn.BatchNorm2d(c_out, eps=1e-3, momentum=0.03)

    def forward(self, x):
        return F.relu(self.norm(self.conv(x)), inplace=True)


class Split(nn.Module):
    """YOLOv8's C2f: half the channels pass through residual pairs of 3x3 convolutions."""

    def __init__(self, c_in, c_out, depth, residual=True):
        super().__init__()
        half = c_out // 2
        self.enter = Conv(c_in, c_out)
        self.pairs = nn.ModuleList(
            nn.Sequential(Conv(half, half, 3), Conv(half, half, 3)) for _ in range(depth)
        )
        self.leave = Conv(half * (2 + depth), c_out)
        self.residual = residual

    def forward(self, x):
        parts = list(self.enter(x).chunk(2, 1))
        for pair in self.pairs:
            made = pair(parts[-1])
            parts.append(parts[-1] + made if self.residual else made)
        return self.leave(torch.cat(parts, 1))


class Detector(nn.Module):
    def __init__(self, class_count, width=32):
        super().__init__()
        c8, c16, c32, c_head = 2 * width, 3 * width, 4 * width, 2 * width
        self.class_count = class_count
        self.stem = Conv(3, width, 6, 4, 1)
        self.stage8 = nn.Sequential(Conv(width, c8, 3, 2), Split(c8, c8, 1))
        self.stage16 = nn.Sequential(Conv(c8, c16, 3, 2), Split(c16, c16, 2))
        self.stage32 = nn.Sequential(Conv(c16, c32, 3, 2), Split(c32, c32, 1))
        self.top16 = Split(c32 + c16, c16, 1, residual=False)
        self.top8 = Split(c16 + c8, c8, 1, residual=False)
        self.down16, self.bottom16 = Conv(c8, c8, 3, 2), Split(c8 + c16, c16, 1, residual=False)
        self.down32, self.bottom32 = Conv(c16, c16, 3, 2), Split(c16 + c32, c32, 1, residual=False)
        self.heads = nn.ModuleList(
            nn.Sequential(Conv(channels, c_head, 3), nn.Conv2d(c_head, 4 + class_count, 1))
            for channels in (c8, c16, c32)
        )
        for head in self.heads:
            nn.init.constant_(head[-1].bias[:4], 1.0)
            nn.init.constant_(head[-1].bias[4:], -4.6)
        self.register_buffer("centres", anchor_centres(INPUT_W_PX, INPUT_H_PX), persistent=False)

    def raw(self, images):
        """-> [n, anchors, 4] px to the left, top, right, bottom; [n, anchors, classes] log-odds."""
        p8 = self.stage8(self.stem(images))
        p16 = self.stage16(p8)
        p32 = self.stage32(p16)
        t16 = self.top16(torch.cat([F.interpolate(p32, scale_factor=2.0), p16], 1))
        t8 = self.top8(torch.cat([F.interpolate(t16, scale_factor=2.0), p8], 1))
        b16 = self.bottom16(torch.cat([self.down16(t8), t16], 1))
        b32 = self.bottom32(torch.cat([self.down32(b16), p32], 1))
        sides, classes = [], []
        for stride, x, head in zip(STRIDES, (t8, b16, b32), self.heads):
            found = head(x).flatten(2).transpose(1, 2).float()
            sides.append(F.softplus(found[..., :4]) * float(stride))
            classes.append(found[..., 4:])
        return torch.cat(sides, 1), torch.cat(classes, 1)

    def forward(self, images):
        sides, classes = self.raw(images)
        low, high = self.centres[:, :2] - sides[..., :2], self.centres[:, :2] + sides[..., 2:]
        boxes = torch.cat([(low + high) / 2, high - low], -1)
        return torch.cat([boxes, classes.sigmoid()], -1).transpose(1, 2)


def anchor_centres(width_px, height_px):
    """[anchors, 3] float32: x, y of the cell's centre and its stride, px; strides 8, 16, 32."""
    levels = []
    for stride in STRIDES:
        y, x = torch.meshgrid(
            torch.arange(height_px // stride), torch.arange(width_px // stride), indexing="ij"
        )
        xy = (torch.stack([x, y], -1).reshape(-1, 2) + 0.5) * stride
        levels.append(torch.cat([xy, torch.full((len(xy), 1), float(stride))], 1))
    return torch.cat(levels)
