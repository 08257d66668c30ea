namespace AlexNetService.ModelSpec.Weights;

/// <summary>How a file stores floating-point numbers, little-endian. All are read as 32-bit floats; only those are written.</summary>
public enum FloatFormat
{
    /// <summary>32 bits, IEEE 754.</summary>
    Float32,

    /// <summary>16 bits, IEEE 754 half precision.</summary>
    Float16,

    /// <summary>16 bits: the upper half of a 32-bit float.</summary>
    BFloat16,

    /// <summary>64 bits, IEEE 754; rounded to the nearest 32-bit float, to infinity beyond its range.</summary>
    Float64,
}

/// <summary>Reads stored numbers.</summary>
public static class FloatFormats
{
    private const int BlockBytes = 1 << 16;

    /// <summary>Bytes of a number.</summary>
    public static int Bytes(this FloatFormat format) => format switch
    {
        FloatFormat.Float64 => sizeof(double),
        FloatFormat.Float32 => sizeof(float),
        _ => sizeof(ushort),
    };

    /// <summary>Reads numbers from the current position of a stream.</summary>
    /// <param name="count">How many. The caller has checked that the file can hold them.</param>
    /// <param name="seen">Receives the stored bytes in order, for a checksum.</param>
    /// <exception cref="EndOfStreamException">The stream ends too early.</exception>
    public static float[] Read(this FloatFormat format, Stream stream, int count, Action<ReadOnlySpan<byte>> seen)
    {
        var values = new float[count];
        var block = new byte[BlockBytes];
        var perBlock = BlockBytes / format.Bytes();
        for (var done = 0; done < count; done += perBlock)
        {
            var target = values.AsSpan(done, Math.Min(perBlock, count - done));
            var stored = block.AsSpan(0, target.Length * format.Bytes());
            stream.ReadExactly(stored);
            seen(stored);
            Convert(format, stored, target);
        }

        return values;
    }

    private static void Convert(FloatFormat format, ReadOnlySpan<byte> stored, Span<float> values)
    {
        if (format == FloatFormat.Float32)
        {
            stored.CopyTo(MemoryMarshal.AsBytes(values));
            return;
        }

        var halves = MemoryMarshal.Cast<byte, Half>(stored);
        var upperHalves = MemoryMarshal.Cast<byte, ushort>(stored);
        var doubles = MemoryMarshal.Cast<byte, double>(stored);
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = format switch
            {
                FloatFormat.Float16 => (float)halves[i],
                FloatFormat.BFloat16 => BitConverter.UInt32BitsToSingle((uint)upperHalves[i] << 16),
                _ => (float)doubles[i],
            };
        }
    }
}
