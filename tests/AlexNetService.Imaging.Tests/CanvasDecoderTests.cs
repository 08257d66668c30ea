using AlexNetService.Imaging.Tests.Goldens;
using AlexNetService.Shared;
using NetVips;

namespace AlexNetService.Imaging.Tests;

public sealed class CanvasDecoderTests
{
    [Theory]
    [InlineData(1, 10_000)]
    [InlineData(10_000, 1)]
    [InlineData(3, 60_000)]
    [InlineData(60_000, 3)]
    public void Decode_ExtremeAspectRatio_ShowsItsMiddle(int width, int height)
    {
        var pixels = new byte[width * height * 3];
        var side = Math.Min(width, height);
        var (left, top) = ((width - side) / 2, (height - side) / 2);
        for (var row = 0; row < side; row++)
        {
            pixels.AsSpan(3 * (((top + row) * width) + left), 3 * side).Fill(200);
        }

        var result = Drawn.Decode(Drawn.Encode(pixels, width, height, ".png"), 259);

        Assert.All(result.Canvas?.Pixels ?? [], pixel => Assert.Equal(200, pixel));
        Assert.Equal(3 * 259 * 259, result.Canvas?.Pixels.Length);
    }

    /// <summary>Edges, waves and a little noise, from coarse to as fine as a pixel, as photographs have them.</summary>
    [Theory]
    [InlineData(".jpg[Q=95]", 1_500, 64, 0.5)] // libjpeg reduces by 8
    [InlineData(".jpg[Q=95]", 375, 64, 0.5)] // by 2
    [InlineData(".jpg[Q=95]", 700, 259, 0.5)]
    [InlineData(".png", 1_500, 64, 0.6)] // box averages of 7
    [InlineData(".png", 700, 259, 0.5)]
    public void Decode_LargePicture_IsCloseToAnExactReduction(string suffix, int pixels, int side, double most)
    {
        var (random, drawn) = (new Random(3), new byte[pixels * pixels * 3]);
        for (var i = 0; i < drawn.Length; i++)
        {
            var (x, y) = ((double)(i / 3 % pixels) / pixels, (double)(i / 3 / pixels) / pixels);
            var waves = (40 * Math.Sin(40 * x * x)) + (30 * Math.Sin((25 * y) + (9 * x))) + (x + y > 1.1 ? 30 : -30);
            drawn[i] = (byte)Math.Clamp(125 + waves + random.Next(-6, 7), 0, 255);
        }

        Assert.InRange(ExactReduction.MeanDifference(Drawn.Encode(drawn, pixels, pixels, suffix), pixels, side), 0, most);
    }

    [Fact]
    public void Decode_LargeJpeg_AgreesWithTheSamePixelsAsPng()
    {
        // 2200 is halved by libjpeg before it is scaled, the PNG is not.
        using var cells = Image.Sines(2_200, 2_200, hfreq: 20, vfreq: 11).Linear([100.0], [127.0], uchar: true);
        using var picture = cells.Bandjoin(cells, cells).Copy(interpretation: Enums.Interpretation.Srgb);

        var jpeg = Drawn.Decode(picture.WriteToBuffer(".jpg[Q=95]"), 259).Canvas;
        var png = Drawn.Decode(picture.WriteToBuffer(".png[compression=1]"), 259).Canvas;

        Assert.NotNull(jpeg);
        Assert.NotNull(png);
        Assert.InRange(jpeg.Pixels.Zip(png.Pixels, (one, other) => Math.Abs(one - other)).Average(), 0, 0.8);
    }

    [Fact]
    public void Decode_ReductionOfThousands_AveragesThePicture()
    {
        var pixels = new byte[2_000 * 2_000 * 3];
        for (var index = 0; index < pixels.Length; index++)
        {
            pixels[index] = (byte)(index / 3 % 2_000 / 10);
        }

        var file = Drawn.Encode(pixels, 2_000, 2_000, ".png[compression=1]");

        // 0 to 199 from left to right: 99.5 over all, and less than it left of the middle by as much as more right of it.
        Assert.All(Drawn.Decode(file, 1).Canvas?.Pixels ?? [], pixel => Assert.InRange(pixel, 98, 101));
        var two = Drawn.Decode(file, 2).Canvas?.Pixels ?? [];
        Assert.Equal(12, two.Length);
        Assert.InRange(two[0], 50, 75);
        Assert.InRange(two[0] + two[1], 198, 200);
    }

    [Fact]
    public void Decode_CmykWithoutProfile_GivesPlausibleColours()
    {
        // Ink-free paper, full black, and each ink alone, 8×8 each. No two programs print the same: wide bounds.
        byte[][] inks = [[0, 0, 0, 0], [0, 0, 0, 255], [255, 0, 0, 0], [0, 255, 0, 0], [0, 0, 255, 0]];
        (int Red, int Green, int Blue)[] expected = [(255, 255, 255), (30, 30, 30), (0, 170, 235), (235, 0, 140), (255, 240, 0)];
        foreach (var suffix in new[] { ".jpg[Q=100]", ".tif" })
        {
            for (var ink = 0; ink < inks.Length; ink++)
            {
                var pixels = Enumerable.Repeat(inks[ink], 64).SelectMany(pixel => pixel).ToArray();
                using var image = Image.NewFromMemory(pixels, 8, 8, 4, Enums.BandFormat.Uchar);
                using var cmyk = image.Copy(interpretation: Enums.Interpretation.Cmyk);

                var canvas = Drawn.Decode(cmyk.WriteToBuffer(suffix), 8).Canvas;

                Assert.NotNull(canvas);
                Assert.InRange(canvas.Pixels[0], expected[ink].Red - 40, expected[ink].Red + 40);
                Assert.InRange(canvas.Pixels[64], expected[ink].Green - 40, expected[ink].Green + 40);
                Assert.InRange(canvas.Pixels[128], expected[ink].Blue - 40, expected[ink].Blue + 40);
            }
        }
    }

    [Theory]
    [InlineData(".png")]
    [InlineData(".tif")]
    [InlineData(".avif[effort=0,bitdepth=10,lossless]")]
    public void Decode_DeepPictureWithAProfile_IsConvertedLikeThe8BitOne(string suffix)
    {
        var profile = Golden.Profiles.Single(each => each.Name == "Adobe RGB").File;
        using var drawn = Image.NewFromMemory(Drawn.Noise(40, 40), 40, 40, 3, Enums.BandFormat.Uchar);
        using var shallow = drawn.Copy(interpretation: Enums.Interpretation.Srgb)
            .Mutate(image => image.Set(GValue.BlobType, "icc-profile-data", profile));
        using var deep = shallow.Colourspace(Enums.Interpretation.Rgb16);

        var (expected, found) = (
            Drawn.Decode(shallow.WriteToBuffer(".png"), 40).Canvas, Drawn.Decode(deep.WriteToBuffer(suffix), 40).Canvas);

        Assert.NotNull(expected);
        Assert.NotNull(found);
        Assert.InRange(expected.Pixels.Zip(found.Pixels, (one, other) => Math.Abs(one - other)).Average(), 0, 1);
    }

    [Fact]
    public void Decode_AvifWithARotation_TurnsUpright()
    {
        using var drawn = Image.NewFromMemory(Drawn.Noise(60, 40), 60, 40, 3, Enums.BandFormat.Uchar);
        using var turned = drawn.Copy(interpretation: Enums.Interpretation.Srgb)
            .Mutate(image => image.Set(GValue.GIntType, "orientation", 6));

        var (expected, found) = (
            Drawn.Decode(turned.WriteToBuffer(".png"), 40).Canvas,
            Drawn.Decode(turned.WriteToBuffer(".avif[effort=0,lossless]"), 40).Canvas);

        Assert.NotNull(expected);
        Assert.NotNull(found);
        Assert.InRange(expected.Pixels.Zip(found.Pixels, (one, other) => Math.Abs(one - other)).Average(), 0, 1);
    }

    [Fact]
    public void DecodeTo_CallersMemory_HoldsWhatDecodeGives()
    {
        var file = Drawn.File(".jpg", 100, 80);
        var canvas = new byte[3 * 48 * 48];

        var fault = CanvasDecoder.DecodeTo(file, 48, canvas, cancellation: TestContext.Current.CancellationToken);

        Assert.Null(fault);
        Assert.Equal(Drawn.Decode(file, 48).Canvas?.Pixels, canvas);
    }

    [Fact]
    public void Decode_EightThreads_AllGetTheSame()
    {
        byte[][] files =
        [
            Drawn.File(".jpg", 300, 200), Drawn.File(".png", 90, 130), Drawn.File(".webp", 64, 64),
            Drawn.File(".gif", 50, 40), Drawn.File(".tif", 31, 77), [1, 2, 3],
        ];
        var alone = files.Select(file => Drawn.Decode(file, 61)).ToArray();
        var different = 0;

        Parallel.For(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 8 }, round =>
        {
            var (result, expected) = (Drawn.Decode(files[round % files.Length], 61), alone[round % files.Length]);
            var same = result.Fault == expected.Fault
                && (result.Canvas?.Pixels ?? []).AsSpan().SequenceEqual(expected.Canvas?.Pixels ?? []);
            Interlocked.Add(ref different, same ? 0 : 1);
        });

        Assert.Equal(0, different);
        Assert.Equal(5, alone.Count(result => result.Canvas is not null));
    }
}
