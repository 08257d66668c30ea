using System.Text;

namespace AlexNetService.Imaging.Tests;

public sealed class ImageFormatsTests
{
    [Fact]
    public void ContentTypes_OfAllFormats_AreThese() =>
        Assert.Equal(
            ["image/jpeg", "image/png", "image/webp", "image/gif", "image/tiff", "image/avif", "image/bmp"], ImageFormats.ContentTypes);

    [Theory]
    [InlineData(".jpg", "image/jpeg")]
    [InlineData(".png", "image/png")]
    [InlineData(".webp", "image/webp")]
    [InlineData(".gif", "image/gif")]
    [InlineData(".tif", "image/tiff")]
    [InlineData(".tif[bigtiff]", "image/tiff")]
    [InlineData(".avif[effort=0]", "image/avif")]
    [InlineData(".bmp", "image/bmp")]
    public void Recognise_FirstTwelveBytes_GiveTheFormat(string suffix, string contentType)
    {
        var file = Drawn.File(suffix, 8, 8);

        Assert.Equal(contentType, ImageFormats.Recognise(file.AsSpan(0, 12))?.ContentType);
        Assert.Null(Drawn.Decode(file, 8).Fault);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GIF88a")]
    [InlineData("RIFF\0\0\0\0WAVE")]
    [InlineData("MM*\0")]
    [InlineData("BM6\0\0\0")]
    public void Recognise_OtherBytes_GiveNone(string begin) => Assert.Null(ImageFormats.Recognise(Encoding.Latin1.GetBytes(begin)));

    [Theory]
    [InlineData("\0\0\0\u0018ftypheic", "a HEIC")]
    [InlineData("\0\0\0\u001cftypmif1", "a HEIF")]
    [InlineData("\0\0\0\u0020ftypavis", "an animated AVIF")]
    [InlineData("\0\0\0\x0cJXL \r\n", "a JPEG XL")]
    public void Fault_OfAKnownFormatThatIsNotRead_NamesIt(string begin, string name) =>
        Assert.StartsWith(
            $"The bytes are {name} picture and not a JPEG,",
            Drawn.Decode(Encoding.Latin1.GetBytes(begin), 8).Fault?.Reason,
            StringComparison.Ordinal);
}
