namespace AlexNetService.Inference.Explanations;

/// <summary>The places at which a square covers part of a canvas: a grid from edge to edge, the same in both directions.</summary>
public sealed record OcclusionGrid
{
    // More places along a side cannot be told apart in the map.
    private const int UsualSteps = 12;
    private const int UsualShare = 5;

    private OcclusionGrid(int canvas, int window, int stride)
    {
        (Canvas, Window, Stride) = (canvas, window, stride);
        var far = canvas - window;
        Offsets = [.. Enumerable.Range(0, (far / stride) + 1).Select(step => step * stride).Append(far).Distinct()];
    }

    /// <summary>Side of the canvas, in pixels.</summary>
    public int Canvas { get; }

    /// <summary>Side of the square, in pixels.</summary>
    public int Window { get; }

    /// <summary>Pixels from one place to the next.</summary>
    public int Stride { get; }

    /// <summary>The offsets along a side, in pixels; the last one is at the far edge.</summary>
    public IReadOnlyList<int> Offsets { get; }

    /// <summary>Number of places.</summary>
    public int Count => Offsets.Count * Offsets.Count;

    /// <summary>
    /// A grid over a canvas, in pixels: the side of the square, 1 to that of the canvas, or null for a fifth of the canvas; and the stride
    /// from one place to the next, at least 1, or null for 100 to 170 places.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The square does not fit into the canvas, or the stride is below 1.</exception>
    public static OcclusionGrid Over(int canvas, int? window = null, int? stride = null)
    {
        var side = window ?? Math.Max(1, (int)Math.Round(canvas / (double)UsualShare));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(side, nameof(window));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(side, canvas, nameof(window));
        var step = stride ?? Math.Max(1, (canvas - side + UsualSteps - 1) / UsualSteps);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(step, nameof(stride));
        return new OcclusionGrid(canvas, side, step);
    }

    /// <summary>Top and left of a place; places count rows from the top, each from the left.</summary>
    internal (int Top, int Left) At(int place) => (Offsets[place / Offsets.Count], Offsets[place % Offsets.Count]);

    /// <summary>
    /// Covers one place with a colour: [3,side,side], 0..255, red plane first. On a larger canvas than the grid's, the square covers the
    /// same part of the photograph.
    /// </summary>
    internal void Cover(int place, ReadOnlySpan<byte> fill, Span<byte> pixels, int side)
    {
        var (top, left) = At(place);
        var (first, last) = (Scaled(left), Scaled(left + Window));
        for (var channel = 0; channel < fill.Length; channel++)
        {
            for (var row = Scaled(top); row < Scaled(top + Window); row++)
            {
                pixels.Slice((((channel * side) + row) * side) + first, last - first).Fill(fill[channel]);
            }
        }

        int Scaled(int offset) => (int)Math.Round(offset * (double)side / Canvas);
    }
}
