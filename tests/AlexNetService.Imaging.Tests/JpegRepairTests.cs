namespace AlexNetService.Imaging.Tests;

/// <summary>Flaws of a JPEG that do not concern its pixels.</summary>
public sealed class JpegRepairTests
{
    // SOI and JFIF's APP0.
    private const int AfterFirstSegment = 20;

    private static readonly byte[] Whole = Drawn.File(".jpg[Q=90]", 64, 50);

    public static TheoryData<string, byte[]> Flawed => new()
    {
        { "no end marker", Whole[..^2] },
        { "half an end marker", Whole[..^1] },
        { "zeros for the end marker", [.. Whole[..^2], 0, 0, 0] },
        { "bytes after the end marker", [.. Whole, 1, 2, 3] },
        { "fill bytes", With([0xFF, 0xFF, 0xFF]) },
        { "stray bytes", With([0, 1, 2, 3]) },
        { "stray bytes twice", With([7, .. Segment(0xE5, [1, 2], length: 4), 8, 9]) },
        { "stray bytes with a stuffed 0xFF", With([5, 0xFF, 0, 5]) },
        { "stray bytes and no end marker", With([1, 2, 3])[..^2] },
        { "a segment longer than its length", With(Segment(0xE1, "Exif\0\0MM\0*\0\0\0\u0008"u8.ToArray(), length: 9)) },
        { "Exif cut short", With(Segment(0xE1, "Exif\0\0MM\0*\0\0"u8.ToArray(), length: 14)) },
        { "Exif of another kind", With(Segment(0xE1, [.. "Exif\0\0"u8, .. Enumerable.Repeat((byte)0xEE, 40)], length: 48)) },
        { "Exif of 65,535 entries", With(Segment(0xE1, [.. "Exif\0\0MM\0*\0\0\0\u0008"u8, 0xFF, 0xFF, 1, 0x12], length: 20)) },
    };

    [Theory, MemberData(nameof(Flawed))]
    public void Decode_FlawThatBrowsersIgnore_GivesThePixels(string flaw, byte[] file)
    {
        var (canvas, fault) = Drawn.Decode(file, 32);

        Assert.True(fault is null, $"{flaw} gave {fault}.");
        Assert.Equal(Drawn.Decode(Whole, 32).Canvas?.Pixels, canvas?.Pixels);
    }

    [Fact]
    public void Decode_ProgressiveJpegWithoutEndMarker_IsDamaged()
    {
        var whole = Drawn.File(".jpg[interlace]", 64, 50);

        Assert.Equal(DecodeFaultKind.Damaged, Drawn.Decode(whole.AsMemory(0, whole.Length - 2), 32).Fault?.Kind);
        Assert.Null(Drawn.Decode(whole, 32).Fault);
    }

    [Fact]
    public void Repair_WholeFile_CopiesNothing() => Assert.True(JpegRepair.Repair(Whole).IsEmpty);

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(22)]
    [InlineData(200)]
    public void Repair_HeaderCutShort_LeavesTheFile(int length) => Assert.True(JpegRepair.Repair(Whole.AsSpan(0, length)).IsEmpty);

    private static byte[] With(byte[] bytes) => [.. Whole[..AfterFirstSegment], .. bytes, .. Whole[AfterFirstSegment..]];

    private static byte[] Segment(byte marker, byte[] content, byte length) => [0xFF, marker, 0, length, .. content];
}
