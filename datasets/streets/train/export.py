"""Writes the trained models as ONNX folders in the Hugging Face layout, with their model.json.

Weights are stored as float16 and widened by Cast nodes when the model is loaded, so that files are
half the size while every product is computed in float32. `export.py --random-b32 --out DIR` writes
a pair with random weights shaped like CLIP ViT-B/32.
"""
import argparse
import copy
import hashlib
import io
import json
import warnings
from pathlib import Path

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

import bpe
from captions import CLASSES
from clip_model import Clip, ConvNorm, vit_b32
from detector_model import INPUT_H_PX, INPUT_W_PX, Conv

LICENCE = "Apache-2.0"
WARNING = "Knows only rendered streets; photographs are outside what it was trained on."


def ready_to_export(model):
    """Folds batch norms into convolutions and rounds weights to float16 values, in place."""
    model.eval()
    for module in model.modules():
        if isinstance(module, ConvNorm) and len(module) == 2:
            module[0] = fuse_conv_bn_eval(module[0], module[1])
            del module[1]
        elif isinstance(module, Conv) and not isinstance(module.norm, nn.Identity):
            module.conv = fuse_conv_bn_eval(module.conv, module.norm)
            module.norm = nn.Identity()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.half().float())
    return model


class HalfStored(nn.Module):
    """Calls a model with its parameters kept as float16 buffers."""

    def __init__(self, inner):
        super().__init__()
        inner = copy.deepcopy(inner)
        self.hidden = [inner]
        self.places = []
        for prefix, module in inner.named_modules():
            for name, value in list(module.named_parameters(recurse=False)):
                stored = f"{prefix}.{name}".replace(".", "__")
                self.register_buffer(stored, value.detach().half())
                self.places.append((module, name, stored))
                del module._parameters[name]

    def forward(self, x):
        for module, name, stored in self.places:
            module.__dict__[name] = getattr(self, stored).float()
        return self.hidden[0](x)


def write_onnx(model, example, path, input_name, output_name, dynamic):
    """Exports `model` and describes the file: {path, sha256, bytes, input, output}."""
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # shape inference of constants, of no effect
        torch.onnx.export(
            HalfStored(model).eval(),
            (example,),
            buffer,
            opset_version=14,
            do_constant_folding=False,
            input_names=[input_name],
            output_names=[output_name],
            dynamic_axes=dynamic,
        )
    path.write_bytes(buffer.getvalue())
    return {**file_entry(path), "input": input_name, "output": output_name}


def file_entry(path):
    data = path.read_bytes()
    return {
        "path": "/".join(path.parts[-2:]) if path.parent.name == "onnx" else path.name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
    }


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def export_clip(model, tokenizer, mean, std, out, card):
    """model: ready_to_export. card: what model.json says besides files and sizes."""
    config = model.config
    size_px, context_length = config.vision.image_size, config.text.context_length
    out.mkdir(parents=True, exist_ok=True)
    tokenizer.save(out)
    ids = torch.tensor(
        [
            [tokenizer.start_id, 300, 301, tokenizer.end_id],
            [tokenizer.start_id, 302, tokenizer.end_id, tokenizer.end_id],
        ]
    )
    files = {
        "text": write_onnx(
            model.text,
            ids,
            out / "onnx/text_model.onnx",
            "input_ids",
            "text_embeds",
            {"input_ids": {0: "batch", 1: "sequence"}, "text_embeds": {0: "batch"}},
        ),
        "vision": write_onnx(
            model.vision,
            torch.zeros(2, 3, size_px, size_px),
            out / "onnx/vision_model.onnx",
            "pixel_values",
            "image_embeds",
            {"pixel_values": {0: "batch"}, "image_embeds": {0: "batch"}},
        ),
        "vocab": file_entry(out / "vocab.json"),
        "merges": file_entry(out / "merges.txt"),
    }
    text, vision = config.text, config.vision
    write_json(
        out / "config.json",
        {
            "model_type": "clip",
            "projection_dim": config.dim,
            "text_config": {
                "model_type": "clip_text_model",
                "vocab_size": text.vocab_size,
                "max_position_embeddings": context_length,
                "hidden_size": text.width,
                "num_hidden_layers": text.layers,
                "num_attention_heads": text.heads,
                "projection_dim": config.dim,
                "bos_token_id": tokenizer.start_id,
                "eos_token_id": tokenizer.end_id,
            },
            "vision_config": {
                "model_type": "clip_vision_model",
                "image_size": size_px,
                "patch_size": vision.patch_size,
                "hidden_size": vision.width,
                "num_hidden_layers": vision.layers,
                "num_attention_heads": vision.heads,
                "projection_dim": config.dim,
            },
        },
    )
    write_json(
        out / "preprocessor_config.json",
        {
            "image_processor_type": "CLIPImageProcessor",
            "do_convert_rgb": True,
            "do_resize": True,
            "size": {"shortest_edge": size_px},
            "resample": 3,
            "do_center_crop": True,
            "crop_size": {"height": size_px, "width": size_px},
            "do_rescale": True,
            "rescale_factor": 1 / 255,
            "do_normalize": True,
            "image_mean": list(mean),
            "image_std": list(std),
        },
    )
    write_json(
        out / "tokenizer_config.json",
        {
            "tokenizer_class": "CLIPTokenizer",
            "do_lower_case": True,
            "model_max_length": context_length,
            "bos_token": bpe.START,
            "eos_token": bpe.END,
            "pad_token": bpe.END,
            "unk_token": bpe.END,
        },
    )
    write_json(
        out / "model.json",
        {
            "id": card["id"],
            "kind": "clip",
            "licence": LICENCE,
            "dim": config.dim,
            "image_size_px": size_px,
            "context_length": context_length,
            **{k: v for k, v in card.items() if k != "id"},
            "files": files,
        },
    )


def export_detector(model, out, card):
    """model: ready_to_export."""
    files = {
        "detector": write_onnx(
            model,
            torch.zeros(1, 3, INPUT_H_PX, INPUT_W_PX),
            out / "model.onnx",
            "images",
            "output0",
            {"images": {0: "batch"}, "output0": {0: "batch"}},
        )
    }
    write_json(
        out / "model.json",
        {
            "id": card["id"],
            "kind": "detector",
            "licence": LICENCE,
            "layout": "yolov8",
            "input_width_px": INPUT_W_PX,
            "input_height_px": INPUT_H_PX,
            "pixel_order": "rgb",
            "pixel_range": [0, 1],
            "class_names": CLASSES,
            **{k: v for k, v in card.items() if k != "id"},
            "files": files,
        },
    )


def made_up_merges(count):
    """`count` valid merges, two characters each, for a vocabulary of any size."""
    singles = list(bpe.SYMBOLS.values())
    return [(left, right + bpe.WORD_END) for left in singles for right in singles][:count]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--random-b32", action="store_true", required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    torch.manual_seed(0)
    config = vit_b32()
    tokenizer = bpe.Tokenizer(made_up_merges(config.text.vocab_size - 514))
    export_clip(
        ready_to_export(Clip(config)),
        tokenizer,
        (0.48145466, 0.4578275, 0.40821073),
        (0.26862954, 0.26130258, 0.27577711),
        arguments.out,
        {"id": "random-vit-b32", "warning": "Random weights: for tests of size only."},
    )


if __name__ == "__main__":
    main()
