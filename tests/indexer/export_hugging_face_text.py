"""Exports a small text tower with random weights as Hugging Face's CLIPTextModelWithProjection is
exported: separate projections, its way of masking, pooling at the largest id, quick GELU.
"""
import argparse
import warnings

import torch
from torch import nn

TOKENS, CONTEXT, HEADS, LAYERS = 1123, 32, 4, 2


class Attention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.k, self.v = nn.Linear(width, width), nn.Linear(width, width)
        self.q, self.out = nn.Linear(width, width), nn.Linear(width, width)
        self.scale = (width // HEADS) ** -0.5

    def forward(self, x, mask):
        n, length, width = x.size()
        flat = (n * HEADS, -1, width // HEADS)

        def heads(rows, count):
            return rows.view(n, count, HEADS, width // HEADS).transpose(1, 2).contiguous()

        q = heads(self.q(x) * self.scale, length).view(*flat)
        k, v = heads(self.k(x), -1).view(*flat), heads(self.v(x), -1).view(*flat)
        scores = torch.bmm(q, k.transpose(1, 2)).view(n, HEADS, length, k.size(1)) + mask
        weights = scores.view(n * HEADS, length, k.size(1)).softmax(-1)
        mixed = torch.bmm(weights, v).view(n, HEADS, length, width // HEADS)
        return self.out(mixed.transpose(1, 2).reshape(n, length, width))


class Layer(nn.Module):
    def __init__(self, width, relu):
        super().__init__()
        self.attention, self.relu = Attention(width), relu
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x, mask):
        x = x + self.attention(self.norm1(x), mask)
        h = self.up(self.norm2(x))
        return x + self.down(h.relu() if self.relu else h * torch.sigmoid(1.702 * h))


class Tower(nn.Module):
    def __init__(self, width, dim, relu, causal):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(TOKENS, width), nn.Embedding(CONTEXT, width)
        self.register_buffer("places", torch.arange(CONTEXT).expand((1, -1)))
        self.layers = nn.ModuleList(Layer(width, relu) for _ in range(LAYERS))
        self.norm, self.causal = nn.LayerNorm(width), causal
        self.project = nn.Linear(width, dim, bias=False)

    def forward(self, input_ids, attention_mask=None):
        n, length = input_ids.size()
        x = self.tokens(input_ids) + self.positions(self.places[:, :length])
        lowest = torch.finfo(torch.float32).min
        mask = torch.empty(n, length, length).fill_(torch.tensor(lowest if self.causal else 0.0))
        mask = mask.triu_(1).unsqueeze(1)
        if attention_mask is not None:
            hidden = 1.0 - attention_mask[:, None, None, :].expand(n, 1, length, length).float()
            mask = mask + hidden.masked_fill(hidden.bool(), lowest)
        for layer in self.layers:
            x = layer(x, mask)
        x = self.norm(x)
        pooled = x[torch.arange(n), input_ids.to(torch.int).argmax(dim=-1)]
        return self.project(pooled), x


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out")
    parser.add_argument("--opset", type=int, default=14)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--dim", type=int, default=64)
    for flag in ("--fold", "--attention-mask", "--relu", "--not-causal"):
        parser.add_argument(flag, action="store_true")
    arguments = parser.parse_args()
    torch.manual_seed(1)
    tower = Tower(arguments.width, arguments.dim, arguments.relu, not arguments.not_causal).eval()
    ids = torch.tensor([[1121, 5, 6, 1122], [1121, 9, 1122, 1122]])
    inputs = (ids, torch.ones_like(ids)) if arguments.attention_mask else (ids,)
    names = ["input_ids", "attention_mask"][: len(inputs)]
    axes = {name: {0: "batch", 1: "sequence"} for name in [*names, "last_hidden_state"]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # shape inference of constants, of no effect
        torch.onnx.export(
            tower,
            inputs,
            arguments.out,
            opset_version=arguments.opset,
            do_constant_folding=arguments.fold,
            input_names=names,
            output_names=["text_embeds", "last_hidden_state"],
            dynamic_axes={**axes, "text_embeds": {0: "batch"}},
        )


if __name__ == "__main__":
    main()
