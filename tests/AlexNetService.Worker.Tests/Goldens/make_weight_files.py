"""Writes weight-files.json: small files of torch.save and safetensors, and the tensors PyTorch sees in them.

Run: python3 make_weight_files.py > weight-files.json   (PyTorch 1.13)

A file is {name, file, tensors}: file is base64, tensors are {name, dimensions, values}, values being float32 in base64. A
refusal is {name, file, reason}: reason is part of the sentence that says why the file is not read.
"""
import argparse
import base64
import collections
import io
import json
import struct
import zipfile

import torch

torch.manual_seed(2012)
files, refusals = [], []


def save(content, **options):
    buffer = io.BytesIO()
    torch.save(content, buffer, **options)
    return buffer.getvalue()


def text(data):
    return base64.b64encode(data).decode()


def good(name, data, tensors):
    files.append({"name": name, "file": text(data), "tensors": [
        {"name": key, "dimensions": list(value.shape), "values": text(value.detach().float().contiguous().numpy().tobytes())}
        for key, value in tensors.items()]})


def refused(name, reason, data):
    refusals.append({"name": name, "reason": reason, "file": text(data)})


def rezip(data, compression, change=lambda name, content: content):
    source, buffer = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as target:
        for name in source.namelist():
            content = change(name, source.read(name))
            if content is not None:
                target.writestr(name, content)
    return buffer.getvalue()


def safetensors(tensors, names):
    """After the format's description: header length, JSON header, values."""
    header, values = {}, b""
    for name, tensor in tensors.items():
        data = tensor.view(torch.int16).numpy().tobytes() if tensor.dtype == torch.bfloat16 else tensor.numpy().tobytes()
        header[name] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [len(values), len(values) + len(data)]}
        values += data
    header = json.dumps(header).encode()
    return struct.pack("<Q", len(header)) + header + values


class Small(torch.nn.Module):
    """Named as torchvision's alexnet, with few maps."""

    def __init__(self):
        super().__init__()
        self.features = torch.nn.Sequential(torch.nn.Conv2d(3, 2, 3), torch.nn.ReLU(), torch.nn.Conv2d(2, 3, 1))
        self.classifier = torch.nn.Sequential(torch.nn.Dropout(), torch.nn.Linear(6, 4))


model = Small()
weights = model.state_dict()
plain = save(weights)
good("state dict", plain, weights)
for protocol in (3, 4, 5):
    good(f"state dict, pickle protocol {protocol}", save(weights, pickle_protocol=protocol), weights)
good("plain dictionary of parameters", save(dict(model.named_parameters())), weights)
good("data parallel", save(torch.nn.DataParallel(model).state_dict()), weights)
optimizer = torch.optim.Adam(model.parameters())
sum(parameter.sum() for parameter in model.parameters()).backward()
optimizer.step()
weights = model.state_dict()
good("training script's checkpoint", save({
    "epoch": 3, "arch": "alexnet", "best_acc1": torch.tensor(56.5), "large": 1 << 40, "negative": -(1 << 40), "minus": -5,
    "nothing": None, "yes": True, "no": False, "pair": (1, 2), "four": (1, 2, 3, 4), "rates": [0.1, 0.01, 300],
    "state_dict": torch.nn.DataParallel(model).state_dict(), "optimizer": optimizer.state_dict()}), weights)
good("tutorial's checkpoint", save({"epoch": 3, "model_state_dict": weights}), weights)
good("deflated", rezip(save(weights), zipfile.ZIP_DEFLATED), weights)

kinds = collections.OrderedDict(
    (str(kind), torch.tensor([0, 1, -2.5, 1 / 3, 65504, 6e-8, -1e-5], dtype=torch.float64).to(kind))
    for kind in (torch.float32, torch.float16, torch.bfloat16, torch.float64))
kinds["torch.float32"][0] = float("-0.0")
good("precisions", save(kinds), kinds)
good("precisions, safetensors", safetensors(kinds, {
    torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.float64: "F64"}), kinds)

base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)
views = collections.OrderedDict(
    whole=base, transposed=base.transpose(0, 2), part=base[1, :, 1:3], every_other=base[:, ::2], row=base[1, 2], one=base[1, 2, 3],
    channels_last=torch.randn(2, 3, 2, 2).contiguous(memory_format=torch.channels_last), expanded=torch.tensor([[7.0]]).expand(3, 2),
    empty=torch.zeros(0, 5), half=torch.arange(6).half().reshape(2, 3).t())
good("views of storages", save(views), views)

refused("legacy", "before PyTorch 1.6", save(weights, _use_new_zipfile_serialization=False))
refused("whole model", "names the Python object torch.nn.modules.linear.Linear", save(torch.nn.Linear(1, 1)))
refused("command line inside", "names the Python object argparse.Namespace", save({"args": argparse.Namespace(lr=1), "state_dict": weights}))
script = io.BytesIO()
torch.jit.save(torch.jit.script(torch.nn.Linear(1, 1)), script)
refused("TorchScript", "is a TorchScript program", script.getvalue())
refused("whole numbers", "holds a LongStorage for counts", save({"counts": torch.tensor([1, 2])}))
refused("a tensor alone", "holds no state dict", save(torch.ones(2)))
refused("no tensors", "holds no tensors", save({"epoch": 3}))
refused("sparse", "names the Python object torch._utils._rebuild_sparse_tensor", save({"w": torch.eye(2).to_sparse()}))
refused("another zip", "its zip holds no data.pkl", rezip(plain, zipfile.ZIP_STORED, lambda name, content: None if name.endswith(".pkl") else content))
refused("values missing", "it has no values for features.0.weight", rezip(plain, zipfile.ZIP_STORED, lambda name, content: None if name.endswith("data/0") else content))
refused("values short", "has 212 bytes where 216 are described", rezip(plain, zipfile.ZIP_STORED, lambda name, content: content[:-4] if name.endswith("data/0") else content))
refused("values long", "has 220 bytes where 216 are described", rezip(plain, zipfile.ZIP_STORED, lambda name, content: content + b"1234" if name.endswith("data/0") else content))
zeros = rezip(save({"w": torch.zeros(1 << 19)}), zipfile.ZIP_DEFLATED)
refused("zip bomb", "weights do not", zeros)
refused("truncated zip", "no directory at the end", plain[:-30])
place = plain.index(zipfile.ZipFile(io.BytesIO(plain)).read("archive/data/0"))
refused("a changed bit", "does not have the length and CRC-32", plain[:place + 9] + bytes([plain[place + 9] ^ 4]) + plain[place + 10:])
refused("safetensors of whole numbers", "only F32, F16, BF16 and F64", safetensors({"n": torch.tensor([1])}, {torch.int64: "I64"}))
refused("text", "does not begin as a zip does", b"These are no weights.")
refused("nothing", "does not begin as a zip does", b"")


class Hostile:
    def __reduce__(self):
        import os
        return os.system, ("touch /tmp/this-must-not-be-there",)


refused("code", "names the Python object posix.system", save({"w": Hostile()}))

print(json.dumps({"files": files, "refusals": refusals}, indent=1))
