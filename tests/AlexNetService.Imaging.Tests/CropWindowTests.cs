using CsCheck;

namespace AlexNetService.Imaging.Tests;

public sealed class CropWindowTests
{
    // Red counts up from 0, green is 100 more, blue 200 more.
    private static readonly byte[] Canvas = [.. Count(0), .. Count(100), .. Count(200)];

    [Fact]
    public void CopyTo_Window_CutsEveryChannel()
    {
        var crop = new byte[12];

        new CropWindow(1, 2, Mirrored: false).CopyTo(Canvas, 4, crop, 2);

        Assert.Equal([6, 7, 10, 11, 106, 107, 110, 111, 206, 207, 210, 211], crop);
    }

    [Fact]
    public void CopyTo_MirroredWindow_TurnsTheRowsRound()
    {
        var crop = new byte[12];

        new CropWindow(1, 2, Mirrored: true).CopyTo(Canvas, 4, crop, 2);

        Assert.Equal([7, 6, 11, 10, 107, 106, 111, 110, 207, 206, 211, 210], crop);
    }

    [Fact]
    public void CopyTo_AnyWindow_GivesThePixelsOfItsPlace() =>
        Gen.Select(Gen.Int[1, 50], Gen.Int[1, 50], Gen.Int[0, 50], Gen.Int[0, 50], Gen.Bool).Sample((canvasSide, cropSide, top, left, mirrored) =>
        {
            cropSide = Math.Min(cropSide, canvasSide);
            var window = new CropWindow(top % (canvasSide - cropSide + 1), left % (canvasSide - cropSide + 1), mirrored);
            var canvas = Drawn.Noise(canvasSide, canvasSide);
            var crop = new byte[3 * cropSide * cropSide];

            window.CopyTo(canvas, canvasSide, crop, cropSide);

            for (var index = 0; index < crop.Length; index++)
            {
                var (channel, row, column) = (index / cropSide / cropSide, index / cropSide % cropSide, index % cropSide);
                var seen = window.Left + (mirrored ? cropSide - 1 - column : column);
                Assert.Equal(canvas[(((channel * canvasSide) + window.Top + row) * canvasSide) + seen], crop[index]);
            }
        });

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(0, -1)]
    [InlineData(3, 0)]
    [InlineData(0, 3)]
    [InlineData(int.MaxValue, 0)]
    public void CopyTo_WindowOverTheEdge_Throws(int top, int left) =>
        Assert.Throws<ArgumentException>(() => new CropWindow(top, left, Mirrored: false).CopyTo(Canvas, 4, new byte[12], 2));

    [Fact]
    public void CopyTo_SpansOfOtherSizes_Throw()
    {
        var window = new CropWindow(0, 0, Mirrored: false);

        Assert.Throws<ArgumentException>("canvas", () => window.CopyTo(Canvas, 5, new byte[12], 2));
        Assert.Throws<ArgumentException>("crop", () => window.CopyTo(Canvas, 4, new byte[13], 2));
        Assert.Throws<ArgumentException>("crop", () => window.CopyTo(Canvas, 4, [], 0));
        Assert.Throws<ArgumentException>("cropSide", () => window.CopyTo(Canvas, 4, new byte[75], 5));
    }

    private static IEnumerable<byte> Count(int from) => Enumerable.Range(from, 16).Select(value => (byte)value);
}
