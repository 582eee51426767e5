"""The CLIP pair: an image tower, a causal text tower, one shared space.

The same code makes our small pair and, with other numbers, a pair shaped like
OpenAI's CLIP ViT-B/32, so that tests can load a model of real size.
"""
from dataclasses import asdict, dataclass, field

import torch
from torch import nn
from torch.nn import functional as F


@dataclass
class VisionConfig:
    image_size: int = 96  # px, square
    patch_size: int = 16  # px a token covers
    width: int = 192
    layers: int = 3
    heads: int = 6
    stem: str = "conv"  # "conv": residual convolutions; "patch": one strided convolution
    pooling: str = "mean_max"  # "mean_max" over tokens, or "class" token as in CLIP


@dataclass
class TextConfig:
    vocab_size: int = 2000
    context_length: int = 32  # tokens, start and end included
    width: int = 192
    layers: int = 3
    heads: int = 6
    eot_id: int = 1999


@dataclass
class ClipConfig:
    dim: int = 256
    vision: VisionConfig = field(default_factory=VisionConfig)
    text: TextConfig = field(default_factory=TextConfig)

    def to_dict(self):
        return asdict(self)

    @staticmethod
    def from_dict(values):
        return ClipConfig(
            values["dim"], VisionConfig(**values["vision"]), TextConfig(**values["text"])
        )


def vit_b32():
    """The shape of openai/clip-vit-base-patch32."""
    return ClipConfig(
        512,
        VisionConfig(224, 32, 768, 12, 12, "patch", "class"),
        TextConfig(49408, 77, 512, 12, 8, 49407),
    )


class Block(nn.Module):
    """Pre-norm transformer block. [n, tokens, width] -> the same."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def forward(self, x, mask=None):
        n, tokens, width = x.shape
        qkv = self.qkv(self.norm1(x)).reshape(n, tokens, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        scores = (q * q.shape[-1] ** -0.5) @ k.transpose(2, 3)
        if mask is not None:
            scores = scores + mask
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).reshape(n, tokens, width)
        x = x + self.out(mixed)
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class ConvNorm(nn.Sequential):
    """Convolution and batch norm, which export folds into one convolution."""

    def __init__(self, c_in, c_out, kernel, stride):
        super().__init__(
            nn.Conv2d(c_in, c_out, kernel, stride, (kernel - stride + 1) // 2, bias=False),
            nn.BatchNorm2d(c_out),
        )


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.first = ConvNorm(channels, channels, 3, 1)
        self.second = ConvNorm(channels, channels, 3, 1)

    def forward(self, x):
        return F.relu(x + self.second(F.relu(self.first(x))))


class ConvStem(nn.Module):
    """[n, 3, h, w] -> [n, width, h/16, w/16]: strides 4, 2, 2 with a residual block after each."""

    def __init__(self, width):
        super().__init__()
        c1, c2, c3 = width // 6, width // 3, 2 * width // 3
        self.down1, self.block1 = ConvNorm(3, c1, 6, 4), Residual(c1)
        self.down2, self.block2 = ConvNorm(c1, c2, 3, 2), Residual(c2)
        self.down3, self.block3 = ConvNorm(c2, c3, 3, 2), Residual(c3)
        self.out = nn.Conv2d(c3, width, 1)

    def forward(self, x):
        x = self.block1(F.relu(self.down1(x)))
        x = self.block2(F.relu(self.down2(x)))
        return self.out(self.block3(F.relu(self.down3(x))))


class VisionTower(nn.Module):
    def __init__(self, config, dim):
        super().__init__()
        self.config = config
        tokens = (config.image_size // config.patch_size) ** 2
        conv = config.stem == "conv"
        self.stem = (
            ConvStem(config.width)
            if conv
            else nn.Conv2d(3, config.width, config.patch_size, config.patch_size, bias=False)
        )
        has_class = config.pooling == "class"
        self.class_token = nn.Parameter(torch.randn(config.width) * 0.02) if has_class else None
        self.positions = nn.Parameter(torch.randn(tokens + has_class, config.width) * 0.02)
        self.norm_in = nn.LayerNorm(config.width)
        self.blocks = nn.ModuleList(Block(config.width, config.heads) for _ in range(config.layers))
        self.norm_out = nn.LayerNorm(config.width)
        self.project = nn.Linear(config.width * (1 if has_class else 2), dim, bias=False)

    def tokens(self, pixel_values):
        """[n, 3, size, size] normalised RGB -> [n, tokens, width]."""
        x = self.stem(pixel_values).flatten(2).transpose(1, 2)
        if self.class_token is not None:
            x = torch.cat([self.class_token.expand(x.shape[0], 1, -1), x], 1)
        x = self.norm_in(x + self.positions)
        for block in self.blocks:
            x = block(x)
        return self.norm_out(x)

    def pool(self, tokens):
        """[n, tokens, width] -> [n, dim], not normalised."""
        if self.class_token is not None:
            return self.project(tokens[:, 0])
        return self.project(torch.cat([tokens.mean(1), tokens.amax(1)], -1))

    def forward(self, pixel_values):
        return self.pool(self.tokens(pixel_values))


class TextTower(nn.Module):
    def __init__(self, config, dim):
        super().__init__()
        self.config = config
        self.embed = nn.Embedding(config.vocab_size, config.width)
        nn.init.normal_(self.embed.weight, std=0.02)
        self.positions = nn.Parameter(torch.randn(config.context_length, config.width) * 0.01)
        self.blocks = nn.ModuleList(Block(config.width, config.heads) for _ in range(config.layers))
        self.norm_out = nn.LayerNorm(config.width)
        self.project = nn.Linear(config.width, dim, bias=False)
        mask = torch.full((config.context_length, config.context_length), float("-inf")).triu(1)
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, input_ids):
        """[n, tokens] int64, tokens <= context_length -> [n, dim], not normalised.

        Pooled at the first end-of-text token; attention is causal, so what follows has no effect.
        """
        length = input_ids.shape[1]
        x = self.embed(input_ids) + self.positions[:length]
        for block in self.blocks:
            x = block(x, self.mask[:length, :length])
        end = (input_ids == self.config.eot_id).to(torch.int32).argmax(1)
        pooled = x.gather(1, end[:, None, None].expand(-1, 1, x.shape[2])).squeeze(1)
        return self.project(self.norm_out(pooled))


class Clip(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.vision = VisionTower(config.vision, config.dim)
        self.text = TextTower(config.text, config.dim)
        self.log_scale = nn.Parameter(torch.tensor(2.3))
        self.bias = nn.Parameter(torch.tensor(-3.0))

    def logits(self, image_embeds, text_embeds):
        """[n, dim], [q, dim] -> [n, q] log-odds that the image shows what the text says."""
        cosine = (
            F.normalize(image_embeds.float(), dim=1) @ F.normalize(text_embeds.float(), dim=1).t()
        )
        return self.log_scale.exp().clamp(max=100) * cosine + self.bias
