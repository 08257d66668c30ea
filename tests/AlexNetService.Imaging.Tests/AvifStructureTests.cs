using System.Buffers.Binary;
using NetVips;

namespace AlexNetService.Imaging.Tests;

/// <summary>What an AVIF's structure says, and hostile files whose boxes say less than their data.</summary>
public sealed class AvifStructureTests
{
    private const string Suffix = ".avif[effort=0,strip]";

    private static readonly byte[] Small = Drawn.File(Suffix, 40, 30);

    [Theory]
    [InlineData(".avif[effort=0]", 3, 21)]
    [InlineData(".avif[effort=0,subsample_mode=off]", 3, 21)]
    [InlineData(".avif[effort=0,bitdepth=10]", 3, 28)]
    [InlineData(".avif[effort=0,bitdepth=12]", 3, 28)]
    [InlineData(".avif[effort=0]", 4, 25)]
    public void Of_PictureThatLibvipsWrote_TellsPixelsAndMemory(string suffix, int bands, double memory)
    {
        using var drawn = Image.NewFromMemory(Drawn.Noise(40, 40), 30, 40, bands, Enums.BandFormat.Uchar);
        using var tagged = drawn.Copy(interpretation: Enums.Interpretation.Srgb);

        var structure = AvifStructure.Of(tagged.WriteToBuffer(suffix));

        Assert.False(structure.IsUnsupported);
        Assert.Equal((memory, 30 * 40), (structure.WholePicture, structure.CodedPixels));
    }

    [Fact]
    public void Decode_DataOfALargerPictureThanTheBoxesSay_CountsTheData()
    {
        var file = WithData(Small, DataOf(Drawn.File(Suffix, 200, 200)));

        Assert.Equal(40_000, AvifStructure.Of(file).CodedPixels);
        Assert.Equal(DecodeFaultKind.TooManyPixels, Drawn.Decode(file, 16, new DecodeLimits { MaxPixels = 39_999 }).Fault?.Kind);
        Assert.Equal(DecodeFaultKind.TooCostly, Drawn.Decode(file, 16, new DecodeLimits { MaxMemory = 800_000 }).Fault?.Kind);
        Assert.Equal(DecodeFaultKind.Damaged, Drawn.Decode(file, 16).Fault?.Kind);
    }

    [Theory]
    [InlineData(4, false)]
    [InlineData(5, true)]
    public void Of_DataOfManyFrames_IsUnsupportedAboveFour(int frames, bool isUnsupported)
    {
        var file = WithData(Small, [.. Enumerable.Repeat(DataOf(Small), frames).SelectMany(data => data)]);

        Assert.Equal(isUnsupported, AvifStructure.Of(file).IsUnsupported);
    }

    [Theory]
    [InlineData("av01", "hvc1")]
    [InlineData("av01", "grid")]
    [InlineData("meta", "moov")]
    [InlineData("mdat", "mini")]
    [InlineData("iloc", "free")]
    [InlineData("ispe", "cmpC")]
    public void Of_BoxesOfAnotherKind_IsUnsupported(string name, string other)
    {
        var file = Small.ToArray();
        for (var at = 0; (at = file.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(name))) >= 0;)
        {
            System.Text.Encoding.ASCII.GetBytes(other).CopyTo(file, at);
        }

        Assert.True(AvifStructure.Of(file).IsUnsupported);
        Assert.Equal(DecodeFaultKind.Damaged, Drawn.Decode(file, 16).Fault?.Kind);
    }

    [Fact]
    public void Of_AnyFlippedBytes_EndsWithAStructure()
    {
        var random = new Random(3);
        for (var round = 0; round < 2000; round++)
        {
            var file = Small.ToArray();
            for (var flips = random.Next(1, 6); flips > 0; flips--)
            {
                file[random.Next(file.Length)] = (byte)random.Next(256);
            }

            Assert.InRange(AvifStructure.Of(file).CodedPixels, 0, 1L << 32);
        }
    }

    /// <summary>The AV1 data, which is the rest of the file.</summary>
    private static byte[] DataOf(byte[] file) => file[(file.AsSpan().LastIndexOf("mdat"u8) + 4)..];

    /// <summary>A file with other data, and its length in the table of places.</summary>
    private static byte[] WithData(byte[] file, byte[] data)
    {
        var start = file.AsSpan().LastIndexOf("mdat"u8) - 4;
        byte[] made = [.. file[..start], .. BigEndian(8 + data.Length), .. "mdat"u8, .. data];
        var places = made.AsSpan().IndexOf("iloc"u8);
        var length = places + made.AsSpan(places, start - places).IndexOf(BigEndian(DataOf(file).Length));
        BigEndian(data.Length).CopyTo(made, length);
        return made;
    }

    private static byte[] BigEndian(int number)
    {
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        return bytes;
    }
}
