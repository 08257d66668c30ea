using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Data;
using AlexNetService.Training.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace AlexNetService.Training.Tests.Data;

[Collection("torch")]
public class PixelCentringTests
{
    private static readonly ColourStatistics Plain = new([10, 20, 30], [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0, 0, 0]);

    /// <summary>Every value differs: the next column is 1 more, the next row 6 more, the next channel 36 more.</summary>
    private static readonly byte[] Canvas = [.. Enumerable.Range(0, 3 * 36).Select(i => (byte)i)];

    [Fact]
    public void Crops_OfBytesAndOfFloats_AreShiftedAndLessTheMeanToTheLastBit()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        using var centring = new PixelCentring(
            Plain with { Mean = [123.675, 116.28, 103.53] }, crop: 5, new ColumnPlacement([CPU, CPU]));
        var pixels = randint(0, 256, [7, 5, 5, 3], ScalarType.Byte, generator: generator);
        var shifts = randn(7, 3, generator: generator);

        var ofBytes = centring.Of(pixels, shifts);
        var ofFloats = centring.Of(pixels.to(ScalarType.Float32), shifts);

        Assert.Same(ofBytes[0], ofBytes[1]);
        Assert.Equal([7, 3, 5, 5], ofBytes[0].shape);
        Assert.True(ofBytes[0].permute(0, 2, 3, 1).is_contiguous());
        float[] mean = [123.675f, 116.28f, 103.53f];
        for (var i = 0; i < 7 * 3 * 25; i++)
        {
            var (crop, channel, row, column) = (i / 75, i / 25 % 3, i / 5 % 5, i % 5);
            var expected = pixels[crop, row, column, channel].item<byte>() + shifts[crop, channel].item<float>() - mean[channel];
            Assert.Equal(expected, ofBytes[0][crop, channel, row, column].item<float>());
            Assert.Equal(expected, ofFloats[0][crop, channel, row, column].item<float>());
        }
    }

    [Fact]
    public void MeanImage_OfAMirroredCrop_IsSubtractedWhereThePixelsGo()
    {
        using var scope = NewDisposeScope();
        var colours = Plain with { MeanImage = [.. Enumerable.Range(0, 3 * 36).Select(i => i % 6 / 4f)] };
        var augmentation = new Augmentation(new CropGeometry(6, 4), colours, colourShift: 0);
        using var centring = new PixelCentring(colours, crop: 4, new ColumnPlacement([CPU]));
        var pixels = empty(2, 4, 4, 3, ScalarType.Byte);

        augmentation.Window(Canvas, new CropWindow(1, 1, Mirrored: false), pixels.bytes[..48], new float[3]);
        augmentation.Window(Canvas, new CropWindow(1, 1, Mirrored: true), pixels.bytes[48..], new float[3]);
        var crops = centring.Of(pixels, zeros(2, 3))[0];

        // Row 1 of the red plane is 7, 8, 9, 10; the mean's centre crop is 0.25, 0.5, 0.75, 1 in every row.
        Assert.Equal([6.75f, 7.5f, 8.25f, 9], crops[0, 0, 0].data<float>().ToArray());
        Assert.Equal([9.75f, 8.5f, 7.25f, 6], crops[1, 0, 0].data<float>().ToArray());
    }

    [Fact]
    public void Crops_OfTwoDevices_GoToBothAndLeaveTheBufferAsItWas()
    {
        using var scope = NewDisposeScope();
        using var centring = new PixelCentring(Plain, crop: 4, new ColumnPlacement([CPU, device("meta")]));
        var pixels = full([2, 4, 4, 3], 100f);

        var crops = centring.Of(pixels, zeros(2, 3));

        Assert.Equal([DeviceType.CPU, DeviceType.META], crops.Select(crop => crop.device_type));
        Assert.Equal(90, crops[0][1, 0, 3, 3].item<float>());
        Assert.Equal(100, pixels[1, 3, 3, 0].item<float>());
    }
}
