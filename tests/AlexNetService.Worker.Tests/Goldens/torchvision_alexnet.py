"""What torchvision's alexnet answers, for the tests of `alexnet import`. Needs PyTorch and torchvision (made with 1.13 and 0.14).

Run: python3 torchvision_alexnet.py golden > torchvision-logits.json
     python3 torchvision_alexnet.py checkpoint FILE     writes a training script's checkpoint, prints the same for it

The weights and crops follow from a formula that the tests compute too, so that only names, dimensions and logits are kept:
element i of tensor t is hash(i, t) in -1..1, times sqrt(6 / fan in) for weights and 0.1 for biases.
"""
import json
import sys

import numpy as np
import torch
import torchvision

CROPS, SIDE, BLOCK = 2, 224, 16


def hashed(count, seed):
    """lowbias32 of i + seed * 0x9E3779B9, 32 bits (Wellons, hash prospector)."""
    x = np.arange(count, dtype=np.uint32) + np.uint32(seed * 0x9E3779B9 & 0xFFFFFFFF)
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x7FEB352D)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x846CA68B)
    return x ^ x >> np.uint32(16)


def weight(shape, seed):
    scale = np.float32(np.sqrt(6.0 / np.prod(shape[1:]))) if len(shape) > 1 else np.float32(0.1)
    fractions = ((hashed(int(np.prod(shape)), seed) >> np.uint32(8)).astype(np.int32) - (1 << 23)).astype(np.float32) / np.float32(1 << 23)
    return torch.from_numpy(fractions * scale).reshape(shape)


def crops():
    """Blocks of one colour each: [crops, 3, 224, 224] of 0..255."""
    blocks = (hashed(CROPS * 3 * (SIDE // BLOCK) ** 2, 1000) & np.uint32(255)).astype(np.uint8)
    return torch.from_numpy(blocks.reshape(CROPS, 3, SIDE // BLOCK, SIDE // BLOCK)).repeat_interleave(BLOCK, 2).repeat_interleave(BLOCK, 3)


def answer(model):
    normalise = torchvision.transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    with torch.no_grad():
        logits = model.eval()(normalise(crops().float() / 255))
    return {
        "weights": [{"name": name, "dimensions": list(tensor.shape)} for name, tensor in model.state_dict().items()],
        "logits": [[round(value, 5) for value in crop] for crop in logits.tolist()],
    }


def network(classes):
    model = torchvision.models.alexnet(num_classes=classes)
    model.load_state_dict({name: weight(tuple(tensor.shape), seed) for seed, (name, tensor) in enumerate(model.state_dict().items())})
    return model


if sys.argv[1] == "golden":
    print(json.dumps(answer(network(1000))))
else:
    model = network(10).half()
    torch.save({"epoch": 90, "state_dict": torch.nn.DataParallel(model).state_dict(), "best_acc1": torch.tensor(56.5)}, sys.argv[2])
    print(json.dumps(answer(model.float())))
