using System.Buffers;

namespace AlexNetService.Imaging;

/// <summary>
/// Mends what browsers ignore in a JPEG and libjpeg warns of (ITU-T T.81, annex B): stray bytes between the segments of the header, which
/// a wrong length of a segment leaves too, and a missing end marker. Compressed data is never changed.
/// </summary>
internal static class JpegRepair
{
    private const byte StartOfScan = 0xDA;
    private static readonly byte[] EndOfImage = [0xFF, 0xD9];

    /// <summary>The mended file; empty if the file needs no mending, or has no scan.</summary>
    internal static ReadOnlyMemory<byte> Repair(ReadOnlySpan<byte> file)
    {
        ArrayBufferWriter<byte>? mended = null;
        var (at, copied) = (2, 0);
        while (at + 4 <= file.Length && file[at + 1] != StartOfScan)
        {
            if (file[at] == 0xFF && file[at + 1] != 0)
            {
                at += file[at + 1] switch
                {
                    0xFF => 1, // a fill byte
                    1 or (>= 0xD0 and <= 0xD9) => 2, // markers without a length
                    _ => 2 + ((file[at + 2] << 8) | file[at + 3]),
                };
                continue;
            }

            mended ??= new ArrayBufferWriter<byte>(file.Length + EndOfImage.Length);
            mended.Write(file[copied..at]);
            at += file[at] == 0xFF ? 2 : 1;
            var next = file[Math.Min(at, file.Length)..].IndexOf((byte)0xFF);
            at = copied = next < 0 ? file.Length : at + next;
        }

        if (at + 4 > file.Length)
        {
            return default;
        }

        // Of several scans the last ones may be missing, so such a file stays as it is. 0xFF is followed by 0 in compressed data.
        var hasEnd = FileStructure.OfJpeg(file).Scans > 0 || file[at..].IndexOf(EndOfImage) >= 0;
        if (mended is null && hasEnd)
        {
            return default;
        }

        mended ??= new ArrayBufferWriter<byte>(file.Length + EndOfImage.Length);
        mended.Write(file[copied..]);
        mended.Write(hasEnd ? [] : EndOfImage);
        return mended.WrittenMemory;
    }
}
