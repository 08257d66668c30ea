using System.Buffers.Binary;

namespace AlexNetService.Imaging;

/// <summary>
/// What a file's own structure says about the cost of decoding it, read without decoding. Damaged structure gives what was read up to the
/// damage; the decoder finds it too.
/// </summary>
/// <param name="WholePicture">Bytes a pixel that the decoder keeps of the whole picture; 0 where it keeps some rows only.</param>
/// <param name="Scans">Scans of a JPEG with several.</param>
/// <param name="CompressedTexts">Compressed text chunks of a PNG.</param>
/// <param name="Frames">Frames of an animated WebP.</param>
/// <param name="IsUnsupported">Whether the file is of a kind that is not decoded.</param>
/// <param name="CodedPixels">Pixels of the largest picture that an AVIF's data declares.</param>
internal readonly record struct FileStructure(
    double WholePicture = 0, int Scans = 0, int CompressedTexts = 0, int Frames = 0, bool IsUnsupported = false,
    long CodedPixels = 0)
{
    /// <summary>libvips keeps all pixels of a GIF's first frame.</summary>
    internal static FileStructure OfGif(ReadOnlySpan<byte> file) => new(WholePicture: 5);

    /// <summary>A WebP is decoded as a whole.</summary>
    internal static FileStructure OfWebP(ReadOnlySpan<byte> file) => new(WholePicture: 8, Frames: CountFrames(file));

    internal static FileStructure OfTiff(ReadOnlySpan<byte> file) => new(IsUnsupported: IsTiffOfPlainYCbCr(file));

    /// <summary>Markers (ITU-T T.81, annex B). Several scans make libjpeg keep all coefficients, two bytes each.</summary>
    internal static FileStructure OfJpeg(ReadOnlySpan<byte> file)
    {
        var (scans, samples, components, isProgressive) = (0, 0.0, 0, false);
        for (var at = 2; at + 4 <= file.Length;)
        {
            if (file[at] != 0xFF || file[at + 1] is 0xFF or 0 or 1 or (>= 0xD0 and <= 0xD8))
            {
                // Stray bytes, fill bytes, and markers without a length; in a scan, its data.
                var next = file[(at + 1)..].IndexOf((byte)0xFF);
                at = next < 0 ? file.Length : at + 1 + next;
                continue;
            }

            var (marker, length) = (file[at + 1], BinaryPrimitives.ReadUInt16BigEndian(file[(at + 2)..]));
            var body = file.Slice(at + 4, Math.Clamp(length - 2, 0, file.Length - at - 4));
            if (marker == 0xD9)
            {
                break;
            }

            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
            {
                (components, samples) = Sampling(body);
                isProgressive = (marker & 3) == 2;
            }
            else if (marker == 0xDA)
            {
                scans++;
                if (!isProgressive && body.Length > 0 && body[0] == components)
                {
                    return default;
                }
            }

            at += 2 + length;
        }

        return new(WholePicture: 2 * samples, Scans: scans);
    }

    /// <summary>Components of a JPEG, and how many samples it stores for a pixel.</summary>
    private static (int Components, double Samples) Sampling(ReadOnlySpan<byte> frame)
    {
        var (samples, most, count) = (0, 1, frame.Length > 5 ? frame[5] : 0);
        for (var at = 7; at < 6 + (3 * count) && at < frame.Length; at += 3)
        {
            var blocks = (frame[at] >> 4) * (frame[at] & 15);
            (samples, most) = (samples + blocks, Math.Max(most, blocks));
        }

        return (count, (double)samples / most);
    }

    /// <summary>Chunks (PNG specification, section 5). An interlaced picture is kept whole.</summary>
    internal static FileStructure OfPng(ReadOnlySpan<byte> file)
    {
        if (file.Length < 33)
        {
            return default;
        }

        var channels = file[25] switch { 2 => 3, 3 or 6 => 4, 4 => 2, _ => 1 };
        var wholePicture = file[28] == 0 ? 0 : channels * (file[24] > 8 ? 2 : 1);
        var texts = 0;
        for (var at = 8L; at + 12 <= file.Length;)
        {
            var chunk = file[(int)at..];
            var type = chunk.Slice(4, 4);
            var content = chunk[8..];
            if (type.SequenceEqual("zTXt"u8) || (type.SequenceEqual("iTXt"u8) && content.IndexOf("\0\u0001"u8) == content.IndexOf((byte)0)))
            {
                texts++;
            }

            at += 12L + BinaryPrimitives.ReadUInt32BigEndian(chunk);
        }

        return new(wholePicture, CompressedTexts: texts);
    }

    /// <summary>
    /// Photometric interpretation 6 and a compression that is not 6 or 7, in the first directory (TIFF 6.0, section 2). libvips would show
    /// it in wrong colours.
    /// </summary>
    private static bool IsTiffOfPlainYCbCr(ReadOnlySpan<byte> file)
    {
        var (isLittle, isBig) = (file[0] == 'I', file[2] == 43 || file[3] == 43);
        var (countSize, entrySize, valueAt) = isBig ? (8, 20, 12) : (2, 12, 8);
        var at = isBig ? Number(file, 8, 8) : Number(file, 4, 4);
        var (photometric, compression) = (0UL, 0UL);
        for (var left = Number(file, at, countSize); left > 0 && at + (ulong)(countSize + entrySize) <= (ulong)file.Length; left--)
        {
            var entry = file[((int)at + countSize)..];
            var tag = Number(entry, 0, 2);
            photometric = tag == 262 ? Number(entry, (ulong)valueAt, 2) : photometric;
            compression = tag == 259 ? Number(entry, (ulong)valueAt, 2) : compression;
            at += (ulong)entrySize;
        }

        return photometric == 6 && compression is not (6 or 7);

        // 0 beyond the end of the file.
        ulong Number(ReadOnlySpan<byte> bytes, ulong start, int length)
        {
            var number = 0UL;
            var isInside = bytes.Length >= length && start <= (ulong)(bytes.Length - length);
            for (var i = 0; isInside && i < length; i++)
            {
                number |= (ulong)bytes[(int)start + i] << (8 * (isLittle ? i : length - 1 - i));
            }

            return number;
        }
    }

    /// <summary>Frame chunks of a WebP (RFC 9649, section 2.7.1).</summary>
    private static int CountFrames(ReadOnlySpan<byte> file)
    {
        var frames = 0;
        for (var at = 12L; at + 8 <= file.Length;)
        {
            var chunk = file[(int)at..];
            frames += chunk[..4].SequenceEqual("ANMF"u8) ? 1 : 0;
            var length = BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]);
            at += 8L + length + (length & 1);
        }

        return frames;
    }
}
