namespace AlexNetService.Imaging.Tests;

public class CanvasEncoderTests
{
    private const int Side = 37;

    [Fact]
    public void Png_OfACanvas_DecodesToItsVeryPixels()
    {
        var canvas = Noise();

        var decoded = Drawn.Decode(CanvasEncoder.Png(canvas, Side), Side);

        Assert.Equal(canvas, decoded.Canvas?.Pixels);
    }

    [Fact]
    public void Jpeg_OfASmoothCanvas_DecodesToNearlyItsPixels()
    {
        var canvas = new byte[3 * Side * Side];
        for (var i = 0; i < canvas.Length; i++)
        {
            var (channel, row, column) = (i / (Side * Side), i / Side % Side, i % Side);
            canvas[i] = (byte)(channel == 0 ? 5 * row : channel == 1 ? 5 * column : 200 - (2 * row));
        }

        var decoded = Drawn.Decode(CanvasEncoder.Jpeg(canvas, Side, quality: 95), Side).Canvas?.Pixels ?? [];

        Assert.Equal(canvas.Length, decoded.Length);
        Assert.InRange(canvas.Zip(decoded, (one, other) => Math.Abs(one - other)).Max(), 0, 8);
    }

    [Fact]
    public void Jpeg_OfColouredColumns_KeepsColoursAtFullSize()
    {
        // Columns of red and blue, one pixel wide: with halved colours all would be purple.
        var canvas = new byte[3 * 16 * 16];
        for (var pixel = 0; pixel < 256; pixel++)
        {
            canvas[pixel % 2 == 0 ? pixel : 512 + pixel] = 200;
        }

        var decoded = Drawn.Decode(CanvasEncoder.Jpeg(canvas, 16, quality: 95), 16).Canvas?.Pixels ?? [];

        Assert.InRange(decoded[100], 180, 220);
        Assert.InRange(decoded[101], 0, 20);
    }

    [Fact]
    public void Jpeg_OfTheSamePixels_IsTheSameBytes() =>
        Assert.Equal(CanvasEncoder.Jpeg(Noise(), Side, quality: 95), CanvasEncoder.Jpeg(Noise(), Side, quality: 95));

    [Fact]
    public void Encoder_GivenAnotherSize_RefusesIt()
    {
        Assert.Throws<ArgumentException>(() => CanvasEncoder.Png(new byte[100], Side));
        Assert.Throws<ArgumentOutOfRangeException>(() => CanvasEncoder.Jpeg(Noise(), Side, quality: 101));
    }

    private static byte[] Noise()
    {
        var canvas = new byte[3 * Side * Side];
        new Random(5).NextBytes(canvas);
        return canvas;
    }
}
