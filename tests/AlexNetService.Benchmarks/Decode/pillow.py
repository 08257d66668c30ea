"""Decodes photographs to canvases with Pillow: all of them once per line of input; prints the seconds of processor time."""
import io
import sys
import time

import numpy
import PIL
from PIL import Image

side = int(sys.argv[1])
files = [open(path, "rb").read() for path in sys.argv[2:]]
print(PIL.__version__, flush=True)

for _ in sys.stdin:
    start = time.process_time()
    for data in files:
        picture = Image.open(io.BytesIO(data)).convert("RGB")
        shorter = min(picture.size)
        left, top = (picture.width - shorter) // 2, (picture.height - shorter) // 2
        box = (left, top, left + shorter, top + shorter)
        square = picture.resize((side, side), Image.BILINEAR, box=box)
        planes = numpy.ascontiguousarray(numpy.asarray(square).transpose(2, 0, 1))
    print(time.process_time() - start, flush=True)
