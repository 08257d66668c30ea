using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.Imaging.Tests;

public sealed class ScaledWindowTests
{
    private static readonly CropGeometry Geometry = new(6, 4);

    /// <summary>Every value differs: the next column is 1 more, the next row 6 more, the next channel 36 more.</summary>
    private static readonly byte[] Canvas = [.. Enumerable.Range(0, 3 * 36).Select(i => (byte)i)];

    // Row 1, column 2 of the red plane is 8.
    [Theory]
    [InlineData(1, 2, 4, false, new float[] { 8, 9, 10, 11 })]
    [InlineData(1, 2, 4, true, new float[] { 11, 10, 9, 8 })]
    // The centres of four windows of half a pixel, from the middle of column 2.
    [InlineData(1.25, 2.25, 2, false, new float[] { 8, 8.5f, 9, 9.5f })]
    // All six columns: the centres of their quarters.
    [InlineData(0, 0, 6, false, new float[] { 1.75f, 3.25f, 4.75f, 6.25f })]
    public void Window_OfAnySide_IsResampledBetweenThePixels(double top, double left, double side, bool mirrored, float[] expected)
    {
        var crop = new float[48];

        new ScaledWindow(top, left, side, mirrored).CopyTo(Canvas, Geometry.Canvas, crop, Geometry.Crop);

        float[] row = [crop[0], crop[3], crop[6], crop[9]];
        Assert.Equal(expected, row);
        Assert.Equal(crop[0] + 36, crop[1]);
    }

    [Fact]
    public void CopyTo_SpansOfOtherSizes_Throw()
    {
        var window = new ScaledWindow(0, 0, 4, Mirrored: false);

        Assert.Throws<ArgumentException>("canvas", () => window.CopyTo(Canvas, 5, new float[48], 4));
        Assert.Throws<ArgumentException>("crop", () => window.CopyTo(Canvas, 6, new float[47], 4));
    }

    [Fact]
    public void Windows_Drawn_LieOnTheCanvasAndHaveEverySize()
    {
        var random = new Random(1);
        ScaledWindow[] windows = [.. Enumerable.Range(0, 1000).Select(_ => ScaledWindow.Draw(random, Geometry, 0.25))];

        Assert.All(windows, window =>
        {
            Assert.InRange(window.Side, 3, 5);
            Assert.InRange(window.Top, 0, 6 - window.Side);
            Assert.InRange(window.Left, 0, 6 - window.Side);
        });
        Assert.Equal(4, windows.Average(window => window.Side), 0.1);
        Assert.Contains(windows, window => window.Mirrored);
        Assert.Contains(windows, window => !window.Mirrored);
    }
}
