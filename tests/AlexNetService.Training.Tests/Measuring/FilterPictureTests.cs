using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Weights;
using AlexNetService.Training.Measuring;
using NetVips;

namespace AlexNetService.Training.Tests.Measuring;

public sealed class FilterPictureTests
{
    [Fact]
    public void Filters_OfTwoColumns_AreTwoPicturesOfTheirOwnHalf()
    {
        var architecture = new NetworkArchitecture("two", 2, new CropGeometry(8, 8),
        [
            new Convolution("conv1", 4, 1, 1, 0, Reads.Image, 0.1, 0), new Classifier("fc2", 2, 0.1, 0),
        ]);
        // Four filters of one pixel: red, dark green, none; the last is blue and half as much red.
        float[] filters = [2, 0, 0, 0, -3, 0, 0, 0, 0, 0.5f, 0, 1];
        var weights = new NamedWeights(architecture, architecture.Weights().ToDictionary(
            shape => shape.Name,
            shape => new WeightTensor(
                shape.Dimensions, shape.Name == "conv1.weight" ? filters : new float[shape.Dimensions.Aggregate(1, (a, b) => a * b)])));

        var pictures = FilterPicture.OfColumns(architecture, weights);

        // Two filters need two places across: 1 + 2·(1 + 1) pixels; the first lies at (1, 1), the second at (1, 3).
        Assert.Equal([5, 5], pictures.Select(picture => picture.Side));
        Assert.Equal((255, 128, 128), Pixel(pictures[0].Pixels, 6));
        Assert.Equal((128, 0, 128), Pixel(pictures[0].Pixels, 8));
        Assert.Equal((128, 128, 128), Pixel(pictures[1].Pixels, 6));
        Assert.Equal((191, 128, 255), Pixel(pictures[1].Pixels, 8));
        Assert.Equal((255, 255, 255), Pixel(pictures[0].Pixels, 7));
    }

    [Fact]
    public void Png_OfTwoColumns_HasThemSideBySideAndApartAndLarge()
    {
        // Two columns of one black or white filter of one pixel: squares of 3 pixels, 6 pixels apart, each 128 times as large.
        var architecture = new NetworkArchitecture("two", 2, new CropGeometry(8, 8),
        [
            new Convolution("conv1", 2, 1, 1, 0, Reads.Image, 0.1, 0), new Classifier("fc2", 2, 0.1, 0),
        ]);
        var weights = new NamedWeights(architecture, architecture.Weights().ToDictionary(
            shape => shape.Name,
            shape => new WeightTensor(
                shape.Dimensions,
                shape.Name == "conv1.weight" ? [-1, -1, -1, 1, 0, 0] : new float[shape.Dimensions.Aggregate(1, (a, b) => a * b)])));

        using var picture = Image.NewFromBuffer(FilterPicture.Png(architecture, weights) ?? []);

        Assert.Equal((12 * 128, 3 * 128), (picture.Width, picture.Height));
        Assert.Equal([0, 0, 0], picture.Getpoint(128, 128));
        Assert.Equal([0, 0, 0], picture.Getpoint(255, 255));
        Assert.Equal([255, 255, 255], picture.Getpoint(6 * 128, 128));
        Assert.Equal([255, 128, 128], picture.Getpoint(10 * 128, 128));
    }

    private static (int Red, int Green, int Blue) Pixel(byte[] pixels, int place) =>
        (pixels[place], pixels[25 + place], pixels[50 + place]);
}
