"""Writes goldens.json: tiny pictures and what Pillow makes of them. Run: python3 make_goldens.py > goldens.json

Needs Pillow and numpy. A picture is {name, side, file, pixels}: file and pixels are base64, pixels interleaved RGB of side x side.
A fault is {name, kind, file}. A profile is {name, srgb, file}.
"""
import base64
import io
import json
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms, ImageOps

random = np.random.default_rng(20120)
pictures, faults, profiles = [], [], []


def text(data):
    return base64.b64encode(bytes(data)).decode()


def encode(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def canvas(image, side):
    image = image.convert("RGB")
    shorter = min(image.size)
    left, top = (image.width - shorter) // 2, (image.height - shorter) // 2
    square = image.crop((left, top, left + shorter, top + shorter))
    return square if shorter == side else square.resize((side, side), Image.BILINEAR)


def picture(name, side, file, expected):
    assert expected.size == (side, side) and expected.mode == "RGB", name
    pictures.append({"name": name, "side": side, "file": text(file), "pixels": text(expected.tobytes())})


def noise(width, height, channels=3):
    values = random.integers(0, 256, (height, width, channels), dtype=np.uint8)
    return Image.fromarray(values if channels > 1 else values[..., 0])


def smooth(width, height):
    """A picture that survives lossy coding: two gradients and a slow wave."""
    y, x = np.mgrid[0:height, 0:width]
    red, green = 255 * x / max(width - 1, 1), 255 * y / max(height - 1, 1)
    blue = 127 + 100 * np.sin((x + y) / 9)
    return Image.fromarray(np.stack([red, green, blue], -1).round().astype(np.uint8))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, bits, colour, rows, extra=b""):
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def decoded(file):
    return Image.open(io.BytesIO(file))


# Every format, canvas-sized: the decoder's pixels and nothing else.
exact = noise(8, 8)
for kind, options in [("PNG", {}), ("WEBP", {"lossless": True}), ("TIFF", {}), ("TIFF", {"compression": "tiff_lzw"}), ("BMP", {})]:
    picture(f"exact {kind} {options}", 8, encode(exact, kind, **options), exact)
indexed = exact.quantize(64)
picture("exact GIF", 8, encode(indexed, "GIF"), indexed.convert("RGB"))
for subsampling in (0, 2):
    file = encode(smooth(32, 32), "JPEG", quality=90, subsampling=subsampling)
    picture(f"exact JPEG subsampling {subsampling}", 32, file, decoded(file).convert("RGB"))
file = encode(smooth(32, 32), "JPEG", quality=90, progressive=True)
picture("exact JPEG progressive", 32, file, decoded(file).convert("RGB"))

# Pixel types.
grey = noise(8, 8, 1)
picture("type grey PNG", 8, encode(grey, "PNG"), grey.convert("RGB"))
file = encode(smooth(16, 16).convert("L"), "JPEG", quality=95)
picture("type grey JPEG", 16, file, decoded(file).convert("RGB"))
picture("type palette PNG", 8, encode(indexed, "PNG"), indexed.convert("RGB"))
black = grey.convert("1")
picture("type 1-bit PNG", 8, encode(black, "PNG"), black.convert("RGB"))
picture("type 1-bit BMP", 8, encode(black, "BMP"), black.convert("RGB"))
picture("type grey BMP", 8, encode(grey, "BMP"), grey.convert("RGB"))
picture("type palette BMP", 8, encode(indexed, "BMP"), indexed.convert("RGB"))
picture("type 1-bit TIFF", 8, encode(black, "TIFF", compression="group4"), black.convert("RGB"))
alpha = noise(8, 8, 4)
white = Image.new("RGBA", (8, 8), "white")
picture("type alpha PNG", 8, encode(alpha, "PNG"), Image.alpha_composite(white, alpha).convert("RGB"))
picture("type alpha WEBP", 8, encode(alpha, "WEBP", lossless=True, exact=True), Image.alpha_composite(white, alpha).convert("RGB"))
grey_alpha = alpha.convert("LA")
picture("type grey+alpha PNG", 8, encode(grey_alpha, "PNG"), Image.alpha_composite(white, grey_alpha.convert("RGBA")).convert("RGB"))
clear = indexed.copy()
clear.info["transparency"] = 0
picture("type transparent GIF", 8, encode(clear, "GIF", transparency=0), Image.alpha_composite(white, clear.convert("RGBA")).convert("RGB"))
deep = np.asarray(exact).astype(np.uint16) * 257
rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in deep)
picture("type 16-bit PNG", 8, png(8, 8, 16, 2, rows), exact)
rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in np.asarray(grey).astype(np.uint16) * 257)
picture("type 16-bit grey PNG", 8, png(8, 8, 16, 0, rows), grey.convert("RGB"))
picture("type 16-bit grey TIFF", 8, encode(Image.fromarray(np.asarray(grey).astype(np.uint16) * 257), "TIFF"), grey.convert("RGB"))
animation = [exact.quantize(32), noise(8, 8).quantize(32)]
picture("first frame GIF", 8, encode(animation[0], "GIF", save_all=True, append_images=animation[1:]), animation[0].convert("RGB"))
frames = [exact, noise(8, 8)]
picture("first frame WEBP", 8, encode(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True), exact)
picture("first page TIFF", 8, encode(frames[0], "TIFF", save_all=True, append_images=frames[1:]), exact)

# EXIF: odd and even excess, so that the rounding of the centre is seen from the upright side.
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    for width, height in [(6, 3), (3, 6), (5, 3)]:
        stored = noise(width, height)
        file = encode(stored, "PNG", exif=exif)
        picture(f"orientation {orientation} PNG {width}x{height}", 3, file, canvas(ImageOps.exif_transpose(decoded(file)), 3))
    file = encode(smooth(48, 32), "JPEG", quality=90, subsampling=0, exif=exif)
    picture(f"orientation {orientation} JPEG", 32, file, canvas(ImageOps.exif_transpose(decoded(file)), 32))
    # Pillow turns a TIFF while it loads, and exif_transpose would turn it once more: a PNG of the same pixels says what is right.
    stored = noise(6, 3)
    upright = ImageOps.exif_transpose(decoded(encode(stored, "PNG", exif=exif)))
    picture(f"orientation {orientation} TIFF", 3, encode(stored, "TIFF", tiffinfo={0x0112: orientation}), canvas(upright, 3))

# Scaling: less, much less, more, odd shapes.
for width, height, side in [(24, 18, 12), (31, 20, 9), (90, 70, 8), (140, 10, 7), (10, 140, 7), (5, 4, 9), (1, 1, 5), (2, 2, 16), (3, 100, 5), (1, 300, 6)]:
    stored = noise(width, height) if width * height < 3000 else smooth(width, height)
    picture(f"scaled {width}x{height} to {side}", side, encode(stored, "PNG"), canvas(stored, side))


# ICC profiles: matrix and curve, ICC v2, made here.
def profile(primaries, curve):
    fixed = lambda value: struct.pack(">i", round(value * 65536))
    xyz = lambda value: b"XYZ \0\0\0\0" + b"".join(map(fixed, value))
    body = [(b"desc", b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + bytes(78)), (b"cprt", b"text\0\0\0\0none\0"), (b"wtpt", xyz((0.9642, 1, 0.8249)))]
    body += [(tag, xyz(value)) for tag, value in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries)]
    body += [(tag, curve) for tag in (b"rTRC", b"gTRC", b"bTRC")]
    offset, table, data = 128 + 4 + 12 * len(body), b"", b""
    for tag, value in body:
        value += bytes(-len(value) % 4)
        table += tag + struct.pack(">II", offset + len(data), len(value))
        data += value
    size = offset + len(data)
    header = struct.pack(">I4sI4s4s4s", size, bytes(4), 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    header += struct.pack(">6H4s4sII4sQI", 2012, 9, 30, 0, 0, 0, b"acsp", bytes(4), 0, 0, bytes(4), 0, 0) + b"".join(map(fixed, (0.9642, 1, 0.8249)))
    return header + bytes(128 - len(header)) + struct.pack(">I", len(body)) + table + data


gamma = lambda value: b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256))
table = np.linspace(0, 1, 256)
table = np.where(table <= 0.04045, table / 12.92, ((table + 0.055) / 1.055) ** 2.4)
srgb_curve = b"curv\0\0\0\0" + struct.pack(">I", 256) + (table * 65535).round().astype(">u2").tobytes()
srgb = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))
adobe = ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446))
made = {
    "sRGB": (True, profile(srgb, srgb_curve)),
    "sRGB of lcms": (True, ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()),
    "Adobe RGB": (False, profile(adobe, gamma(2.2))),
    "linear sRGB": (False, profile(srgb, gamma(1))),
    "sRGB primaries, gamma 2.2": (False, profile(srgb, gamma(2.2))),
    "sRGB primaries, gamma 1.8": (False, profile(srgb, gamma(1.8))),
    "Adobe primaries, sRGB curve": (False, profile(adobe, srgb_curve)),
}
target = ImageCms.createProfile("sRGB")
for name, (is_srgb, data) in made.items():
    profiles.append({"name": name, "srgb": is_srgb, "file": text(data)})
    source = ImageCms.ImageCmsProfile(io.BytesIO(data))
    converted = ImageCms.profileToProfile(exact, source, target, renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC)
    picture(f"profile {name}", 8, encode(exact, "PNG", icc_profile=data), exact if is_srgb else converted)
picture("profile broken", 8, encode(exact, "PNG", icc_profile=b"no profile at all " * 20), exact)


# Faults.
def fault(name, kind, data):
    faults.append({"name": name, "kind": kind, "file": text(data)})


def tiff(width, height, samples=1):
    entries = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, samples), (278, 4, height), (279, 4, 64)]
    body = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(entries)) + body + bytes(4) + bytes(64)


jpeg = encode(smooth(16, 16), "JPEG")
frame = jpeg.index(b"\xff\xc0") + 5
fault("PNG 50000x50000", "TooManyPixels", png(50_000, 50_000, 8, 2, bytes(10)))
fault("PNG 70000x1", "TooManyPixels", png(70_000, 1, 8, 2, bytes(10)))
fault("GIF 60000x60000", "TooManyPixels", b"GIF89a" + struct.pack("<HHBBB", 60_000, 60_000, 0, 0, 0) + b"\x2c" + struct.pack("<HHHHB", 0, 0, 60_000, 60_000, 0) + b"\x02\x02\x4c\x01\0;")
fault("JPEG 65500x65500", "TooManyPixels", jpeg[:frame] + struct.pack(">HH", 65_500, 65_500) + jpeg[frame + 4:])
fault("TIFF 60000x60000", "TooManyPixels", tiff(60_000, 60_000))
fault("WEBP 16000x16000", "TooManyPixels", b"RIFF" + struct.pack("<I", 30) + b"WEBPVP8L" + struct.pack("<I", 18) + b"\x2f" + struct.pack("<I", 15_999 | 15_999 << 14) + bytes(13))
fault("TIFF 200 bands", "Damaged", tiff(4, 4, 200))
fault("JPEG begin", "Damaged", b"\xff\xd8\xff\xe0")
fault("PNG signature", "Damaged", b"\x89PNG\r\n\x1a\n")
fault("WEBP begin", "Damaged", b"RIFF\x10\0\0\0WEBP")
fault("GIF begin", "Damaged", b"GIF89a")
fault("TIFF begin", "Damaged", b"II*\0\x08\0\0\0")
fault("nothing", "Empty", b"")
fault("text", "UnknownFormat", b"This is not a picture, it is a sentence about one.")
fault("SVG", "UnknownFormat", b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>')
fault("SVG with declaration", "UnknownFormat", b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>')
fault("PDF", "UnknownFormat", b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n")
fault("AVIF begin", "Damaged", b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf")
fault("AVIF of many pictures", "UnknownFormat", b"\0\0\0\x1cftypavis\0\0\0\0avifmif1miaf")
bmp = encode(exact, "BMP")
fault("BMP begin", "Damaged", bmp[:20])
fault("BMP 60000x60000", "Damaged", bmp[:18] + struct.pack("<ii", 60_000, 60_000) + bmp[26:])
fault("BMP of run lengths", "Damaged", bmp[:30] + struct.pack("<I", 1) + bmp[34:])
fault("BMP of a palette beyond its pixels", "Damaged", bmp[:28] + struct.pack("<H", 8) + bmp[30:])
fault("PPM", "UnknownFormat", encode(exact, "PPM"))
fault("JPEG 2000", "UnknownFormat", b"\0\0\0\x0cjP  \r\n\x87\n")
fault("one byte", "UnknownFormat", b"\xff")

print(json.dumps({"pictures": pictures, "faults": faults, "profiles": profiles}, indent=1))
