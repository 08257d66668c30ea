using AlexNetService.Imaging;

namespace AlexNetService.Training.Data.Preparation;

/// <summary>What one thread needs at a time: a canvas to decode into, and its share of the sums.</summary>
internal sealed class Workplace(int side)
{
    private readonly byte[] canvas = new byte[3 * side * side];

    /// <summary>Sums over the pictures that were measured here.</summary>
    public PixelSums Sums { get; } = new(side);

    /// <summary>Makes a canvas-sized JPEG of a photograph.</summary>
    /// <param name="photograph">The photograph's bytes.</param>
    /// <param name="quality">JPEG quality.</param>
    /// <param name="picture">The JPEG, where there is no fault.</param>
    public DecodeFault? Encode(ReadOnlySpan<byte> photograph, int quality, out byte[] picture)
    {
        var fault = CanvasDecoder.DecodeTo(photograph, side, canvas);
        picture = fault is null ? CanvasEncoder.Jpeg(canvas, side, quality) : [];
        return fault;
    }

    /// <summary>Adds a picture to the sums as training will read it: decoded again.</summary>
    /// <exception cref="DataSetException">It cannot be decoded, though it was written or hashed as one that can.</exception>
    public void Measure(ReadOnlySpan<byte> picture)
    {
        if (CanvasDecoder.DecodeTo(picture, side, canvas) is { } fault)
        {
            throw new DataSetException($"A picture just written cannot be decoded: {fault.Reason} Check this machine's memory and disk.");
        }

        Sums.Add(canvas);
    }
}
