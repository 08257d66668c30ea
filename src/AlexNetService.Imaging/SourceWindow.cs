namespace AlexNetService.Imaging;

/// <summary>
/// The square of a stored picture that becomes the canvas: as large as the shorter side, in the middle of the longer one.
/// Cut before scaling, so that a picture of 1×10000 costs no more than its pixels.
/// </summary>
/// <param name="Left">First column, in stored pixels.</param>
/// <param name="Top">First row, in stored pixels.</param>
/// <param name="Side">Side, in stored pixels.</param>
internal readonly record struct SourceWindow(int Left, int Top, int Side)
{
    /// <summary>The window whose rounding falls to the top left as the picture is seen, not as it is stored.</summary>
    internal static SourceWindow Centre(int width, int height, ExifOrientation orientation)
    {
        var side = Math.Min(width, height);
        return new SourceWindow(
            Middle(width - side, orientation.ReversesColumns),
            Middle(height - side, orientation.ReversesRows),
            side);
    }

    private static int Middle(int excess, bool reversed) => reversed ? excess - (excess / 2) : excess / 2;
}
