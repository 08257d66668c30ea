namespace AlexNetService.Imaging;

/// <summary>Which part of a canvas a crop shows.</summary>
/// <param name="Top">First row, in canvas pixels.</param>
/// <param name="Left">First column, in canvas pixels.</param>
/// <param name="Mirrored">Whether the crop is flipped left to right after it was cut.</param>
public readonly record struct CropWindow(int Top, int Left, bool Mirrored)
{
    /// <summary>Copies the window out of a canvas.</summary>
    /// <param name="canvas">[3,canvasSide,canvasSide], 0..255.</param>
    /// <param name="canvasSide">Side of the canvas, in pixels.</param>
    /// <param name="crop">[3,cropSide,cropSide], 0..255; written whole.</param>
    /// <param name="cropSide">Side of the crop, in pixels.</param>
    /// <exception cref="ArgumentException">A span is not of its side's size, or the window reaches over the canvas.</exception>
    public void CopyTo(ReadOnlySpan<byte> canvas, int canvasSide, Span<byte> crop, int cropSide)
    {
        ThrowIfNotSquare(canvas.Length, canvasSide, nameof(canvas));
        ThrowIfNotSquare(crop.Length, cropSide, nameof(crop));
        if (Top < 0 || Left < 0 || Top > canvasSide - cropSide || Left > canvasSide - cropSide)
        {
            throw new ArgumentException(
                $"A crop of {cropSide} at row {Top}, column {Left} reaches over a canvas of {canvasSide}.", nameof(cropSide));
        }

        for (var channel = 0; channel < 3; channel++)
        {
            for (var row = 0; row < cropSide; row++)
            {
                var source = canvas.Slice((((channel * canvasSide) + Top + row) * canvasSide) + Left, cropSide);
                var target = crop.Slice(((channel * cropSide) + row) * cropSide, cropSide);
                source.CopyTo(target);
                if (Mirrored)
                {
                    target.Reverse();
                }
            }
        }
    }

    private static void ThrowIfNotSquare(int length, int side, string name)
    {
        if (side < 1 || length != 3L * side * side)
        {
            throw new ArgumentException($"{length} bytes are no RGB picture of side {side}.", name);
        }
    }
}
