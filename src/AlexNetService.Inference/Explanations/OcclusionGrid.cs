namespace AlexNetService.Inference.Explanations;

/// <summary>The places at which a square covers part of a crop: a grid from edge to edge, the same in both directions.</summary>
public sealed record OcclusionGrid
{
    // More places along a side cannot be told apart in the map.
    private const int UsualSteps = 12;
    private const int UsualShare = 5;

    private OcclusionGrid(int crop, int window, int stride)
    {
        (Crop, Window, Stride) = (crop, window, stride);
        var far = crop - window;
        Offsets = [.. Enumerable.Range(0, (far / stride) + 1).Select(step => step * stride).Append(far).Distinct()];
    }

    /// <summary>Side of the crop, in pixels.</summary>
    public int Crop { get; }

    /// <summary>Side of the square, in pixels.</summary>
    public int Window { get; }

    /// <summary>Pixels from one place to the next.</summary>
    public int Stride { get; }

    /// <summary>The offsets along a side, in pixels; the last one is at the far edge.</summary>
    public IReadOnlyList<int> Offsets { get; }

    /// <summary>Number of places.</summary>
    public int Count => Offsets.Count * Offsets.Count;

    /// <summary>
    /// A grid over a crop, in pixels: the side of the square, 1 to that of the crop, or null for a fifth of the crop; and the stride from
    /// one place to the next, at least 1, or null for 100 to 170 places.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The square does not fit into the crop, or the stride is below 1.</exception>
    public static OcclusionGrid Over(int crop, int? window = null, int? stride = null)
    {
        var side = window ?? Math.Max(1, (int)Math.Round(crop / (double)UsualShare));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(side, nameof(window));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(side, crop, nameof(window));
        var step = stride ?? Math.Max(1, (crop - side + UsualSteps - 1) / UsualSteps);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(step, nameof(stride));
        return new OcclusionGrid(crop, side, step);
    }

    /// <summary>Top and left of a place; places count rows from the top, each from the left.</summary>
    internal (int Top, int Left) At(int place) => (Offsets[place / Offsets.Count], Offsets[place % Offsets.Count]);

    /// <summary>Covers one place of a crop, [3,crop,crop], 0..255, red plane first, with a colour.</summary>
    internal void Cover(int place, ReadOnlySpan<byte> fill, Span<byte> pixels)
    {
        var (top, left) = At(place);
        for (var channel = 0; channel < fill.Length; channel++)
        {
            for (var row = top; row < top + Window; row++)
            {
                pixels.Slice((((channel * Crop) + row) * Crop) + left, Window).Fill(fill[channel]);
            }
        }
    }
}
