using AlexNetService.ModelSpec.Architecture;
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
        Gen.Select(Gen.Int[1, 50], Gen.Int[0, 50], Gen.Int[0, 50], Gen.Int[0, 50], Gen.Bool).Sample((cropSide, more, top, left, mirrored) =>
        {
            var canvasSide = cropSide + more;
            var places = more + 1;
            var window = new CropWindow(top % places, left % places, mirrored);
            var canvas = Drawn.Noise(canvasSide, canvasSide);
            var crop = new byte[3 * cropSide * cropSide];

            window.CopyTo(canvas, canvasSide, crop, cropSide);

            for (var index = 0; index < crop.Length; index++)
            {
                var (channel, row, column) = (index / cropSide / cropSide, index / cropSide % cropSide, index % cropSide);
                var seen = window.Left + (mirrored ? cropSide - 1 - column : column);
                Assert.Equal(canvas[(((channel * canvasSide) + window.Top + row) * canvasSide) + seen], crop[index]);
            }

            // As training reads it: the same pixels, channels last.
            var (bytes, floats) = (new byte[crop.Length], new float[crop.Length]);
            window.CopyChannelsLastTo<byte>(canvas, canvasSide, bytes, cropSide);
            window.CopyChannelsLastTo<float>(canvas, canvasSide, floats, cropSide);
            for (var index = 0; index < crop.Length; index++)
            {
                var place = (index % (cropSide * cropSide) * 3) + (index / cropSide / cropSide);
                Assert.Equal((crop[index], crop[index]), (bytes[place], floats[place]));
            }
        });

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(0, -1)]
    [InlineData(3, 0)]
    [InlineData(0, 3)]
    [InlineData(int.MaxValue, 0)]
    public void CopyTo_WindowOverTheEdge_Throws(int top, int left)
    {
        var window = new CropWindow(top, left, Mirrored: false);

        Assert.Throws<ArgumentException>(() => window.CopyTo(Canvas, 4, new byte[12], 2));
        Assert.Throws<ArgumentException>(() => window.CopyChannelsLastTo<float>(Canvas, 4, new float[12], 2));
    }

    [Fact]
    public void CopyTo_SpansOfOtherSizes_Throw()
    {
        var window = new CropWindow(0, 0, Mirrored: false);

        Assert.Throws<ArgumentException>("canvas", () => window.CopyTo(Canvas, 5, new byte[12], 2));
        Assert.Throws<ArgumentException>("crop", () => window.CopyTo(Canvas, 4, new byte[13], 2));
        Assert.Throws<ArgumentException>("crop", () => window.CopyTo(Canvas, 4, Array.Empty<byte>(), 0));
        Assert.Throws<ArgumentException>("cropSide", () => window.CopyTo(Canvas, 4, new byte[75], 5));
    }

    [Fact]
    public void Draw_AnyGeometry_StaysOnTheCanvas() =>
        Gen.Select(Gen.Int[1, 300], Gen.Int[0, 300], Gen.Int).Sample((crop, more, seed) =>
        {
            var window = CropWindow.Draw(new Random(seed), new CropGeometry(crop + more, crop));

            Assert.InRange(window.Top, 0, more);
            Assert.InRange(window.Left, 0, more);
        });

    [Fact]
    public void Draw_ManyTimes_ReachesEveryPlaceAboutEquallyOften()
    {
        var generator = new Random(2012);
        var drawn = Enumerable.Range(0, 50_000).Select(_ => CropWindow.Draw(generator, new CropGeometry(32, 28))).ToArray();

        // 5 rows × 5 columns × 2: 1,000 expected of each, standard deviation 31.
        var counts = drawn.GroupBy(window => window).Select(group => group.Count()).ToArray();
        Assert.Equal(50, counts.Length);
        Assert.All(counts, count => Assert.InRange(count, 850, 1_150));
    }

    [Fact]
    public void Draw_SameSeed_GivesTheSame()
    {
        var geometry = new CropGeometry(259, 227);
        var (one, other) = (new Random(5), new Random(5));

        for (var round = 0; round < 20; round++)
        {
            Assert.Equal(CropWindow.Draw(one, geometry), CropWindow.Draw(other, geometry));
        }
    }

    private static IEnumerable<byte> Count(int from) => Enumerable.Range(from, 16).Select(value => (byte)value);
}
