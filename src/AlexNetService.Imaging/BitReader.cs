namespace AlexNetService.Imaging;

/// <summary>Reads big-endian numbers of any number of bits. Beyond the end there are zeros.</summary>
internal ref struct BitReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> bytes = bytes;
    private long at;

    /// <summary>Whether nothing was read or taken beyond the end.</summary>
    public readonly bool IsInside => at <= 8L * bytes.Length;

    /// <summary>Bytes from here to the end.</summary>
    public readonly int Left => (int)Math.Max(0, bytes.Length - ((at + 7) / 8));

    /// <summary>A number of up to 64 bits.</summary>
    public ulong Read(int bits)
    {
        var number = 0UL;
        for (var end = at + bits; at < end; at++)
        {
            var bit = at < 8L * bytes.Length ? (bytes[(int)(at >> 3)] >> (int)(7 - (at & 7))) & 1 : 0;
            number = (number << 1) | (uint)bit;
        }

        return number;
    }

    /// <summary>A bit as a flag.</summary>
    public bool Flag() => Read(1) == 1;

    /// <summary>A number of LEB128 (AV1 specification, section 4.10.5), of at most 8 bytes.</summary>
    public ulong Leb128()
    {
        var number = 0UL;
        for (var i = 0; i < 8; i++)
        {
            var value = Read(8);
            number |= (value & 127) << (7 * i);
            if (value < 128)
            {
                break;
            }
        }

        return number;
    }

    /// <summary>The next bytes; fewer if there are not so many.</summary>
    public ReadOnlySpan<byte> Take(ulong count)
    {
        var part = bytes.Slice(bytes.Length - Left, (int)Math.Min(count, (ulong)Left));
        at = count > (ulong)Left ? (8L * bytes.Length) + 1 : (8L * (bytes.Length - Left)) + (8L * (long)count);
        return part;
    }
}
