using AlexNetService.Imaging.Tests.Goldens;

namespace AlexNetService.Imaging.Tests;

/// <summary>What Pillow makes of the same files.</summary>
public sealed class CanvasDecoderGoldenTests
{
    public static TheoryData<string> Exact => Names("exact");

    public static TheoryData<string> Types => Names("type");

    public static TheoryData<string> FirstFrames => Names("first");

    public static TheoryData<string> Orientations => Names("orientation");

    public static TheoryData<string> Scaled => Names("scaled");

    public static TheoryData<string> Profiled => Names("profile");

    [Theory, MemberData(nameof(Exact))]
    public void Decode_PictureOfCanvasSize_GivesTheDecodersPixels(string name) => AssertPixels(name, tolerance: 0);

    [Theory, MemberData(nameof(Types))]
    public void Decode_AnyPixelType_GivesRgbOnWhite(string name) =>
        AssertPixels(name, name.Contains("alpha", StringComparison.Ordinal) ? 1 : 0);

    [Theory, MemberData(nameof(FirstFrames))]
    public void Decode_ManyFrames_GivesTheFirst(string name) => AssertPixels(name, tolerance: 0);

    [Theory, MemberData(nameof(Orientations))]
    public void Decode_ExifOrientation_TurnsUpright(string name) => AssertPixels(name, tolerance: 0);

    // Inside 1 of 255. Where the filter reaches over the edge libvips repeats the last pixel and Pillow leaves it out: 15 in noise.
    [Theory, MemberData(nameof(Scaled))]
    public void Decode_OtherSize_ScalesTheCentreSquare(string name) => AssertPixels(name, tolerance: 1, onTheEdge: 15);

    [Theory, MemberData(nameof(Profiled))]
    public void Decode_IccProfile_GivesSrgb(string name) =>
        AssertPixels(name, name is "profile sRGB" or "profile sRGB of lcms" or "profile broken" ? 0 : 1);

    private static TheoryData<string> Names(string prefix) => [.. Golden.Pictures(prefix).Select(picture => picture.Name)];

    private static void AssertPixels(string name, int tolerance, int? onTheEdge = null)
    {
        var golden = Golden.Picture(name);

        var result = Drawn.Decode(golden.File, golden.Side);

        Assert.Null(result.Fault);
        Assert.NotNull(result.Canvas);
        var pixels = Drawn.Interleave(result.Canvas.Pixels);
        Assert.Equal(golden.Pixels.Length, pixels.Length);
        for (var index = 0; index < pixels.Length; index++)
        {
            var (row, column) = (index / 3 / golden.Side, index / 3 % golden.Side);
            var isEdge = row == 0 || column == 0 || row == golden.Side - 1 || column == golden.Side - 1;
            var allowed = isEdge ? onTheEdge ?? tolerance : tolerance;
            var difference = Math.Abs(pixels[index] - golden.Pixels[index]);
            Assert.True(difference <= allowed, $"{name}: row {row}, column {column} differs by {difference}, more than {allowed}.");
        }
    }
}
