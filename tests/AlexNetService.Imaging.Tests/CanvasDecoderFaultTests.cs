using AlexNetService.Imaging.Tests.Goldens;

namespace AlexNetService.Imaging.Tests;

public sealed class CanvasDecoderFaultTests
{
    public static TheoryData<string> Faults => [.. Golden.Faults.Select(fault => fault.Name)];

    [Theory, MemberData(nameof(Faults))]
    public void Decode_NoPictureOfOurs_SaysWhatIsWrong(string name)
    {
        var golden = Golden.Faults.Single(fault => fault.Name == name);

        var result = Drawn.Decode(golden.File, 259);

        Assert.Null(result.Canvas);
        Assert.NotNull(result.Fault);
        Assert.Equal(golden.Kind, result.Fault.Kind);
        AssertOurSentence(result.Fault);
    }

    [Theory]
    [InlineData(".jpg[Q=90]")]
    [InlineData(".jpg[Q=90,interlace]")]
    [InlineData(".png")]
    [InlineData(".png[interlace]")]
    [InlineData(".webp[Q=90]")]
    [InlineData(".webp[lossless]")]
    [InlineData(".gif")]
    [InlineData(".tif")]
    [InlineData(".tif[compression=lzw]")]
    [InlineData(".tif[tile,tile_width=16,tile_height=16]")]
    [InlineData(".avif[effort=0]")]
    [InlineData(".bmp")]
    public void Decode_TruncatedAnywhere_IsDamaged(string suffix)
    {
        // Wide, square and tall: most of the tall one's missing part lies below the canvas.
        foreach (var (width, height) in new[] { (90, 40), (64, 64), (40, 200) })
        {
            var whole = Drawn.File(suffix, width, height);
            foreach (var share in new[] { 0.05, 0.3, 0.6, 0.9, 0.97 })
            {
                var fault = Drawn.Decode(whole.AsMemory(0, (int)(share * whole.Length)), 32).Fault;

                Assert.NotNull(fault);
                Assert.True(fault.Kind == DecodeFaultKind.Damaged, $"{width}×{height} cut at {share} gave {fault.Kind}.");
                AssertOurSentence(fault);
            }

            Assert.Null(Drawn.Decode(whole, 32).Fault);
        }
    }

    // Heights of whole and of partial blocks: libvips reads strips of 8 rows, and hears of the last one's warnings too late.
    [Theory]
    [InlineData(".jpg[Q=75]", 256)]
    [InlineData(".jpg[Q=75]", 257)]
    [InlineData(".jpg[Q=75]", 264)]
    [InlineData(".jpg[Q=75,subsample_mode=off]", 256)]
    [InlineData(".jpg[Q=75,restart_interval=50]", 264)]
    public void Decode_JpegWithBytesCutFromItsMiddle_IsDamaged(string suffix, int height)
    {
        var (whole, random, answered) = (Drawn.Waves(suffix, 400, height), new Random(5), 0);
        var scan = whole.AsSpan().IndexOf([(byte)0xFF, (byte)0xDA]) + 20;
        for (var round = 0; round < 40; round++)
        {
            var at = random.Next(scan, whole.Length - 600);

            // At this side libjpeg does not reduce, so no row is left out.
            var fault = Drawn.Decode((byte[])[.. whole[..at], .. whole[(at + 500)..]], 100).Fault;
            answered += fault is null ? 1 : 0;
            Assert.Equal(fault is null ? null : DecodeFaultKind.Damaged, fault?.Kind);
        }

        // JPEG has no checksum: where the codes fall into step again after the usual number of blocks, nothing is missing.
        Assert.InRange(answered, 0, 1);
        Assert.Null(Drawn.Decode(whole, 100).Fault);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(60)]
    public void Decode_JpegWithoutTheEndOfItsLastRows_IsDamaged(int missing)
    {
        var whole = Drawn.File(".jpg[Q=90]", 64, 64);

        Assert.Equal(DecodeFaultKind.Damaged, Drawn.Decode((byte[])[.. whole[..^(2 + missing)], 0xFF, 0xD9], 32).Fault?.Kind);
        Assert.Equal(DecodeFaultKind.Damaged, Drawn.Decode(whole.AsMemory(0, whole.Length - 2 - missing), 32).Fault?.Kind);
        Assert.Null(Drawn.Decode(whole, 32).Fault);
    }

    [Fact]
    public void Decode_FlippedBits_GiveACanvasOrAFaultOfTheFile()
    {
        var random = new Random(7);
        string[] suffixes = [".jpg", ".png", ".webp", ".gif", ".tif[compression=lzw]", ".avif[effort=0]", ".bmp"];
        var files = suffixes.Select(suffix => Drawn.File(suffix, 60, 50)).ToArray();
        for (var round = 0; round < 500; round++)
        {
            var file = files[round % files.Length].ToArray();
            for (var flips = random.Next(1, 8); flips > 0; flips--)
            {
                file[random.Next(file.Length)] ^= (byte)(1 << random.Next(8));
            }

            if (Drawn.Decode(file, 32).Fault is { } fault)
            {
                Assert.NotEqual(DecodeFaultKind.Empty, fault.Kind);
                AssertOurSentence(fault);
            }
        }
    }

    [Fact]
    public void Decode_MorePixelsThanTheLimit_NamesBoth()
    {
        var file = Drawn.File(".png", 30, 20);

        Assert.Null(Drawn.Decode(file, 8, new DecodeLimits { MaxPixels = 600 }).Fault);
        var fault = Drawn.Decode(file, 8, new DecodeLimits { MaxPixels = 599 }).Fault;

        Assert.Equal(DecodeFaultKind.TooManyPixels, fault?.Kind);
        Assert.Contains("30 × 20", fault?.Reason, StringComparison.Ordinal);
        Assert.Contains("599", fault?.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_SenseLessArguments_Throw()
    {
        var file = Drawn.File(".png", 8, 8);
        var test = TestContext.Current.CancellationToken;

        Assert.Throws<ArgumentOutOfRangeException>("side", () => CanvasDecoder.DecodeTo(file, 0, [], cancellation: test));
        Assert.Throws<ArgumentOutOfRangeException>(
            "side", () => CanvasDecoder.DecodeTo(file, CanvasDecoder.MaxCanvasSide + 1, [], cancellation: test));
        Assert.Throws<ArgumentOutOfRangeException>("value", () => new DecodeLimits { MaxPixels = 0 });
        Assert.Throws<ArgumentOutOfRangeException>("value", () => new DecodeLimits { MaxMemory = 0 });
        Assert.Throws<ArgumentException>("canvas", () => CanvasDecoder.DecodeTo(file, 8, new byte[191], cancellation: test));
    }

    // libvips's own text names operations (VipsJpeg: …) and is several lines long.
    private static void AssertOurSentence(DecodeFault fault)
    {
        Assert.DoesNotContain("vips", fault.Reason, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain('\n', fault.Reason);
        Assert.EndsWith(".", fault.Reason, StringComparison.Ordinal);
    }
}
