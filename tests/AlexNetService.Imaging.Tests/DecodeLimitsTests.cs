using System.Buffers.Binary;
using System.IO.Hashing;

namespace AlexNetService.Imaging.Tests;

public sealed class DecodeLimitsTests
{
    [Fact]
    public void Decode_WebPOf34BytesAnd48Megapixels_NamesMemoryAndLimit()
    {
        var file = Convert.FromBase64String("UklGRhoAAABXRUJQVlA4TA4AAAAvnpvnBgcQEf0PRET/Aw==");

        var fault = Drawn.Decode(file, 64).Fault;

        Assert.Equal(DecodeFaultKind.TooCostly, fault?.Kind);
        Assert.Contains("7071 × 7071", fault?.Reason, StringComparison.Ordinal);
        Assert.Contains("256 MiB", fault?.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(".webp[Q=90]", true)]
    [InlineData(".gif", true)]
    [InlineData(".jpg[Q=90,interlace]", true)]
    [InlineData(".png[interlace]", true)]
    [InlineData(".jpg[Q=90]", false)]
    [InlineData(".png", false)]
    [InlineData(".tif", false)]
    public void Decode_PictureThatIsKeptWhole_CountsWhole(string suffix, bool isKeptWhole)
    {
        // 640 rows of 64 × 3 bytes are 123 kB; the whole picture has 384 kB and more.
        var limits = new DecodeLimits { MaxMemory = 300_000 };

        var fault = Drawn.Decode(Drawn.File(suffix, 64, 2000), 16, limits).Fault;

        Assert.Equal(isKeptWhole ? DecodeFaultKind.TooCostly : null, fault?.Kind);
    }

    [Fact]
    public void Decode_BitmapWithoutTransparency_CountsThreeBands()
    {
        // Its pixels twice as RGB and 640 rows are 1.02 MB; as RGBA they would be 1.32 MB.
        var limits = new DecodeLimits { MaxMemory = 1_100_000 };

        Assert.Null(Drawn.Decode(Drawn.File(".bmp", 64, 2000), 16, limits).Fault);
    }

    [Fact]
    public void Decode_JpegThatIsReducedWhileDecoded_MayHaveFourTimesThePixels()
    {
        Assert.Null(Drawn.Decode(Drawn.File(".jpg", 200, 200), 8, new DecodeLimits { MaxPixels = 10_000 }).Fault);
        Assert.Contains(
            "40000 × 4 pixels", Drawn.Decode(Drawn.File(".png", 40_000, 4), 8, new DecodeLimits { MaxPixels = 40_000 }).Fault?.Reason,
            StringComparison.Ordinal);
        Assert.Equal(
            DecodeFaultKind.TooManyPixels,
            Drawn.Decode(Drawn.File(".jpg", 200, 200), 8, new DecodeLimits { MaxPixels = 9_999 }).Fault?.Kind);
    }

    [Theory]
    [InlineData(50, false)]
    [InlineData(101, true)]
    public void Decode_JpegOfManyScans_IsTooCostlyAboveTheLimit(int more, bool isTooCostly)
    {
        var file = Drawn.File(".jpg[interlace]", 32, 32);
        var lastScan = file.AsSpan().LastIndexOf([(byte)0xFF, (byte)0xDA]);
        byte[] scans = [.. file[..^2], .. Enumerable.Repeat(file[lastScan..^2], more).SelectMany(scan => scan), 0xFF, 0xD9];

        var fault = Drawn.Decode(scans, 16).Fault;

        // The repeated scan refines nothing, so the decoder warns where it reads it.
        Assert.Equal(isTooCostly ? DecodeFaultKind.TooCostly : DecodeFaultKind.Damaged, fault?.Kind);
    }

    [Fact]
    public void Decode_LargeJpegOfScansWithinTheLimit_CountsScansTimesPixels()
    {
        var file = Drawn.File(".jpg[interlace]", 300, 300);

        Assert.Null(Drawn.Decode(file, 8, new DecodeLimits { MaxPixels = 90_000 }).Fault);
        Assert.Equal(DecodeFaultKind.TooCostly, Drawn.Decode(file, 8, new DecodeLimits { MaxPixels = 30_000 }).Fault?.Kind);
    }

    [Theory]
    [InlineData(8, null)]
    [InlineData(9, DecodeFaultKind.TooCostly)]
    public void Decode_PngWithCompressedTexts_IsTooCostlyAboveTheLimit(int texts, DecodeFaultKind? expected)
    {
        var file = Drawn.File(".png", 16, 16);
        var chunks = Enumerable.Range(0, texts).SelectMany(_ => Chunk("zTXt"u8, [(byte)'k', 0, 0, 0x78, 0x9C, 3, 0, 0, 0, 0, 1]));

        Assert.Equal(expected, Drawn.Decode((byte[])[.. file[..33], .. chunks, .. file[33..]], 16).Fault?.Kind);
    }

    [Theory]
    [InlineData(10_000, null)]
    [InlineData(10_001, DecodeFaultKind.TooCostly)]
    public void Decode_AnimatedWebP_IsTooCostlyAboveTheLimit(int frames, DecodeFaultKind? expected) =>
        Assert.Equal(expected, Drawn.Decode(Animation(frames), 16).Fault?.Kind);

    [Theory]
    [InlineData(".tif", 2, null)]
    [InlineData(".tif", 6, DecodeFaultKind.Damaged)]
    [InlineData(".tif[bigtiff]", 2, null)]
    [InlineData(".tif[bigtiff]", 6, DecodeFaultKind.Damaged)]
    [InlineData(".tif[compression=jpeg]", 6, null)]
    public void Decode_TiffOfPlainYCbCr_IsOfAnUnsupportedKind(string suffix, byte photometric, DecodeFaultKind? expected)
    {
        var file = Drawn.File(suffix, 32, 32);

        // The directory's entry of tag 262, a short (3); libvips writes little endian.
        var entry = file.AsSpan().LastIndexOf("\u0006\u0001\u0003\0\u0001\0\0\0"u8);
        file[entry + (suffix.Contains("big", StringComparison.Ordinal) ? 12 : 8)] = photometric;

        Assert.Equal(expected, Drawn.Decode(file, 16).Fault?.Kind);
    }

    [Fact]
    public void Decode_Cancelled_Throws()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();

        Assert.Throws<OperationCanceledException>(
            () => CanvasDecoder.DecodeTo(Drawn.File(".png", 30, 20), 8, new byte[192], cancellation: cancelled.Token));
    }

    [Fact]
    public async Task Decode_ManyAtOnceThatFitOneByOne_AllSucceed()
    {
        var file = Drawn.File(".webp", 64, 64);
        var limits = new DecodeLimits { MaxMemory = 80_000 };

        var faults = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Drawn.Decode(file, 16, limits).Fault)));

        Assert.All(faults, Assert.Null);
    }

    [Fact]
    public async Task Decode_WaitsForMemory_EndsWhenItIsCancelled()
    {
        var file = Drawn.File(".png", 30, 20);
        var limits = new DecodeLimits { MaxMemory = 2000 };
        limits.Hold(2000, CancellationToken.None);
        using var leaving = new CancellationTokenSource();

        var decoding = Task.Run(() => CanvasDecoder.DecodeTo(file, 8, new byte[192], limits, leaving.Token), CancellationToken.None);
        await leaving.CancelAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(() => decoding);
        limits.Release(2000);
        Assert.Null(Drawn.Decode(file, 8, limits).Fault);
    }

    private static byte[] Chunk(ReadOnlySpan<byte> type, ReadOnlySpan<byte> content)
    {
        byte[] body = [.. type, .. content];
        byte[] chunk = [0, 0, 0, 0, .. body, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(chunk, content.Length);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(4 + body.Length), Crc32.HashToUInt32(body));
        return chunk;
    }

    /// <summary>Frames of 16×16 pixels, all alike.</summary>
    private static byte[] Animation(int frames)
    {
        byte[] size = [15, 0, 0, 15, 0, 0];
        var picture = Drawn.File(".webp[lossless,strip]", 16, 16)[12..];
        byte[] frame = [.. Riff("ANMF"u8, [0, 0, 0, 0, 0, 0, .. size, 10, 0, 0, 0, .. picture])];
        byte[] head = [.. "WEBP"u8, .. Riff("VP8X"u8, [2, 0, 0, 0, .. size]), .. Riff("ANIM"u8, [0, 0, 0, 0, 0, 0])];
        return Riff("RIFF"u8, [.. head, .. Enumerable.Repeat(frame, frames).SelectMany(bytes => bytes)]);
    }

    private static byte[] Riff(ReadOnlySpan<byte> type, ReadOnlySpan<byte> content)
    {
        byte[] chunk = [.. type, 0, 0, 0, 0, .. content, .. content.Length % 2 == 0 ? Array.Empty<byte>() : [0]];
        BinaryPrimitives.WriteInt32LittleEndian(chunk.AsSpan(4), content.Length);
        return chunk;
    }
}
