namespace AlexNetService.ModelSpec.Package;

/// <summary>
/// The model's answer to one known crop. Opening a package compares it with the answer there, so that a runtime, a processor or a converted
/// file that computes something else is found before it serves.
/// </summary>
/// <param name="Seed">
/// Seed of the crop: x₀ = seed, xᵢ₊₁ = 1664525·xᵢ + 1013904223 mod 2³² (Knuth, Lewis), pixel i = xᵢ₊₁ ≫ 24, in the order channel, row,
/// column; see <see cref="Pixels"/>.
/// </param>
/// <param name="Logits">[classes], 32-bit little-endian floats, computed by ONNX Runtime on the CPU of the export.</param>
/// <param name="Tolerance">Largest accepted difference of a logit, relative to the largest logit.</param>
public sealed record GoldenCrop(uint Seed, byte[] Logits, double Tolerance)
{
    /// <summary>Records an answer.</summary>
    /// <param name="tolerance">Largest accepted difference of a logit, relative to the largest logit.</param>
    public static GoldenCrop Of(uint seed, ReadOnlySpan<float> logits, double tolerance) =>
        new(seed, MemoryMarshal.AsBytes(logits).ToArray(), tolerance);

    /// <summary>Writes the crop.</summary>
    /// <param name="crop">[3,crop,crop], 0..255, red plane first; written whole.</param>
    public static void Pixels(uint seed, Span<byte> crop)
    {
        foreach (ref var pixel in crop)
        {
            seed = unchecked((1664525 * seed) + 1013904223);
            pixel = (byte)(seed >> 24);
        }
    }
}
