"""Writes meta.mat and meta-plain.mat: structs as in the ILSVRC-2012 development kit, compressed and not.

python3 make_meta.py    (needs scipy)

The kit has 1860 synsets, of which the first 1000 are classes. Here are three classes and a node above them; as in the kit, the IDs are
not in the alphabetical order of the synsets.
"""

import numpy as np
import scipy.io

FIELDS = ["ILSVRC2012_ID", "WNID", "words", "gloss", "num_children", "children", "wordnet_height", "num_train_images"]
ROWS = [
    (1, "n02119789", "kit fox, Vulpes macrotis", "small grey fox", 0, [], 0, 1300),
    (2, "n02100735", "English setter", "an English breed", 0, [], 0, 1300),
    (3, "n01440764", "tench, Tinca tinca", "freshwater dace-like game fish", 0, [], 0, 1300),
    (1001, "n00001740", "entity", "that which is perceived", 3, [1, 2, 3], 300, 0),
]

synsets = np.zeros((len(ROWS), 1), dtype=[(field, object) for field in FIELDS])
for row, values in enumerate(ROWS):
    for field, value in zip(FIELDS, values):
        synsets[row, 0][field] = value if isinstance(value, str) else np.asarray(value, dtype=float)

for file, compressed in [("meta.mat", True), ("meta-plain.mat", False)]:
    scipy.io.savemat(file, {"other": np.arange(3.0), "synsets": synsets}, do_compression=compressed)
    with open(file, "r+b") as stream:
        stream.write(b"MATLAB 5.0 MAT-file, written by make_meta.py".ljust(116))
