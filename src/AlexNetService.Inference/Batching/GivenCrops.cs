using AlexNetService.Inference.Sessions;

namespace AlexNetService.Inference.Batching;

/// <summary>Crops for one model, not cut from a canvas here: as pixels, or as what its input tensor holds.</summary>
public readonly record struct GivenCrops
{
    private GivenCrops(ReadOnlyMemory<byte> bytes, bool areTensor) => (Bytes, AreTensor) = (bytes, areTensor);

    internal ReadOnlyMemory<byte> Bytes { get; }

    internal bool AreTensor { get; }

    /// <summary>Crops as pixels; they are packed and normalised as the card says.</summary>
    /// <param name="planes">[N,3,crop,crop], 0..255, red plane first; must stay as they are until the answer is there.</param>
    public static GivenCrops Pixels(ReadOnlyMemory<byte> planes) => new(planes, areTensor: false);

    /// <summary>Crops as the package's input tensor holds them, in its own layout, order of channels and normalisation.</summary>
    /// <param name="values">
    /// [N,3,crop,crop] or [N,crop,crop,3], bytes, or floats of four bytes each, lowest first; must stay as they are until the answer
    /// is there.
    /// </param>
    public static GivenCrops Tensor(ReadOnlyMemory<byte> values) => new(values, areTensor: true);

    /// <summary>How many there are.</summary>
    /// <param name="session">The model they are for.</param>
    /// <exception cref="ArgumentException">The bytes are no whole number of crops, or none.</exception>
    public int Count(ModelSession session)
    {
        var (count, rest) = Math.DivRem(Bytes.Length, BytesOfOne(session));
        return count > 0 && rest == 0
            ? count
            : throw new ArgumentException(
                $"A crop for '{session.Card.Name}' has {BytesOfOne(session)} bytes here; "
                + $"{Bytes.Length} bytes are no whole number of crops.");
    }

    internal GivenCrops Rows(int first, int count, ModelSession session) =>
        new(Bytes.Slice(first * BytesOfOne(session), count * BytesOfOne(session)), AreTensor);

    private int BytesOfOne(ModelSession session) => AreTensor ? session.TensorBytes : session.CropBytes;
}
