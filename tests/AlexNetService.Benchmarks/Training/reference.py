"""A layer table in PyTorch, written as in its documentation: forward, backward and the update of SGD.

The table comes as JSON on standard input, one object per layer, the same from which the .NET side builds its network. The data are
random and in memory; nothing is decoded. There are two ways to write two columns, and the caller runs both:

  groups   layers that read their own column as one convolution with groups
  columns  one module per column, joined with torch.cat where both columns are read

The script prints its version and the library that multiplies matrices. Then it reads numbers of steps from standard input, runs each
number of steps, and prints the seconds and the seconds of processor time they took. The second argument is the device; without it
the script ends at once.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


class Own(nn.Module):
    """One module per column."""

    def __init__(self, make, columns):
        super().__init__()
        self.parts = nn.ModuleList(make() for _ in range(columns))

    def forward(self, maps):
        return [part(own) for part, own in zip(self.parts, maps)]


class Network(nn.Module):
    def __init__(self, table, grouped):
        super().__init__()
        self.layers = table["Layers"]
        self.columns = table["Columns"]
        self.grouped = grouped
        self.weighted = nn.ModuleDict()
        maps, side = 3, table["Crop"]
        for layer in self.layers:
            kind, name = layer["Kind"], layer["Name"]
            parts = 1 if grouped or kind == "Classifier" else self.columns
            own = layer.get("Reads") == "OwnColumn"
            if kind == "Convolution":
                groups = self.columns if grouped and own else 1
                reads = maps // self.columns if own and not grouped else maps

                def make(layer=layer, groups=groups, reads=reads, parts=parts):
                    return nn.Conv2d(reads, layer["Maps"] // parts, layer["Kernel"], layer["Stride"], layer["Padding"], groups=groups)

                self.weighted[name] = make() if parts == 1 else Own(make, parts)
                maps, side = layer["Maps"], (side + 2 * layer["Padding"] - layer["Kernel"]) // layer["Stride"] + 1
            elif kind == "MaxPooling":
                side = (side - layer["Window"]) // layer["Stride"] + 1
            elif kind in ("Dense", "Classifier"):
                units = layer["Units"] if kind == "Dense" else layer["Classes"]

                def make(inputs=maps * side * side, units=units, parts=parts):
                    return nn.Linear(inputs, units // parts)

                self.weighted[name] = make() if parts == 1 else Own(make, parts)
                maps, side = units, 1

    def forward(self, crops):
        return self.one(crops) if self.grouped else self.apart(crops)

    def plain(self, layer, x, columns):
        kind = layer["Kind"]
        if kind == "Rectifier":
            return F.relu(x)
        if kind == "MaxPooling":
            return F.max_pool2d(x, layer["Window"], layer["Stride"])
        if kind == "Dropout":
            return F.dropout(x, layer["Rate"], self.training)
        if kind == "Scaling":
            return x * layer["Factor"]
        if kind == "LocalResponseNormalisation":
            # PyTorch divides alpha by the size. Columns become part of the batch, so that the sum stays inside a column.
            n, c, h, w = x.shape
            inside = x.reshape(n * columns, c // columns, h, w)
            size = layer["Maps"]
            return F.local_response_norm(inside, size, layer["Alpha"] * size, layer["Beta"], layer["K"]).reshape(n, c, h, w)
        raise ValueError(kind)

    def one(self, x):
        for layer in self.layers:
            if layer["Name"] in self.weighted:
                x = x.flatten(1) if layer["Kind"] != "Convolution" else x
                x = self.weighted[layer["Name"]](x)
            else:
                x = self.plain(layer, x, self.columns)
        return x

    def apart(self, x):
        maps = [x] * self.columns
        for layer in self.layers:
            if layer["Name"] in self.weighted:
                if layer["Reads"] == "BothColumns":
                    maps = [torch.cat(maps, 1)] * self.columns
                if layer["Kind"] != "Convolution":
                    maps = [own.flatten(1) for own in maps]
                module = self.weighted[layer["Name"]]
                maps = module(maps) if isinstance(module, Own) else [module(maps[0])]
            else:
                maps = [self.plain(layer, own, 1) for own in maps]
        return maps[0]


def blas(device):
    """The library that multiplies matrices: Debian's torch uses the installed libblas.so.3, and the reference library is slow."""
    if device.type == "cuda":
        return f"CUDA-{torch.version.cuda}"
    if torch.backends.mkl.is_available():
        return "MKL"
    with open("/proc/self/maps", encoding="utf-8") as maps:
        loaded = maps.read()
    return "OpenBLAS" if "openblas" in loaded else "BLIS" if "blis" in loaded else "reference-BLAS"


def main():
    table = json.loads(sys.stdin.readline())
    torch.set_num_threads(table["Threads"])
    torch.manual_seed(1)
    device = torch.device(sys.argv[2])
    if device.type == "cuda" and torch.cuda.device_count() <= (device.index or 0):
        return
    network = Network(table, sys.argv[1] == "groups").train().to(device)
    crops = (torch.rand(table["Batch"], 3, table["Crop"], table["Crop"]) * 255 - 120).to(device)
    labels = torch.randint(0, table["Layers"][-1]["Classes"], (table["Batch"],)).to(device)
    # A rate near zero keeps the weights in their initial range, where arithmetic has the usual speed.
    sgd = torch.optim.SGD(network.parameters(), lr=1e-9, momentum=0.9, weight_decay=5e-4)
    print(f"torch {torch.__version__} {blas(device)}", flush=True)
    for line in sys.stdin:
        start, cpu = time.perf_counter(), time.process_time()
        for _ in range(int(line)):
            sgd.zero_grad(set_to_none=True)
            F.cross_entropy(network(crops), labels).backward()
            sgd.step()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        print(f"{time.perf_counter() - start} {time.process_time() - cpu}", flush=True)


main()
