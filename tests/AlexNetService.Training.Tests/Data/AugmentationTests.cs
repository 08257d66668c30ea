using System.Runtime.InteropServices;
using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Data;
using static TorchSharp.torch;

namespace AlexNetService.Training.Tests.Data;

public class AugmentationTests
{
    private static readonly CropGeometry Geometry = new(6, 4);
    private static readonly ColourStatistics Plain = new([10, 20, 30], [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0, 0, 0]);

    /// <summary>Every value differs: the next column is 1 more, the next row 6 more, the next channel 36 more.</summary>
    private static readonly byte[] Canvas = [.. Enumerable.Range(0, 3 * 36).Select(i => (byte)i)];

    [Fact]
    public void CentreCrop_OfACanvas_IsItsMiddle()
    {
        var (crop, shift) = (new byte[48], new float[] { 1, 1, 1 });

        new Augmentation(Geometry, Plain, colourShift: 0.1).Window(Canvas, CropViews.Centre(Geometry)[0], crop, shift);

        // Row 1, column 1 of the red plane is pixel 7; channels lie last.
        Assert.Equal([7, 43, 79], crop[..3]);
        Assert.Equal([28, 64, 100], crop[^3..]);
        Assert.Equal([0, 0, 0], shift);
    }

    [Fact]
    public void RandomCrops_TurnedOff_AreTheCentreCrop()
    {
        var (drawn, centre) = (new byte[48], new byte[48]);
        var augmentation = new Augmentation(Geometry, Plain, colourShift: 0, randomCrops: false);

        augmentation.Draw(Canvas, new Random(1), drawn, new float[3]);
        augmentation.Window(Canvas, CropViews.Centre(Geometry)[0], centre, new float[3]);

        Assert.Equal(centre, drawn);
    }

    [Fact]
    public void RandomCrops_OverManyUses_ReachEveryWindowBothWaysRound()
    {
        var augmentation = new Augmentation(Geometry, Plain, colourShift: 0);
        var random = new Random(1);
        var seen = new HashSet<(byte, byte)>();
        var crop = new byte[48];
        for (var i = 0; i < 500; i++)
        {
            augmentation.Draw(Canvas, random, crop, new float[3]);
            seen.Add((crop[0], crop[3]));
        }

        // 3 × 3 places, each in two directions.
        Assert.Equal(18, seen.Count);
    }

    [Fact]
    public void CropsWithJitter_AreFloatsThatAreNotRounded()
    {
        var augmentation = new Augmentation(Geometry, Plain, colourShift: 0, scaleJitter: 0.3);
        var (drawn, centre) = (new float[48], new float[48]);

        augmentation.Draw(Canvas, new Random(1), MemoryMarshal.AsBytes(drawn.AsSpan()), new float[3]);
        augmentation.Window(Canvas, CropViews.Centre(Geometry)[0], MemoryMarshal.AsBytes(centre.AsSpan()), new float[3]);

        Assert.Equal(ScalarType.Float32, augmentation.Pixels);
        Assert.Contains(drawn, value => value != MathF.Round(value));
        Assert.Equal([7, 43, 79], centre[..3]);
    }

    [Fact]
    public void ColourShift_OnOneComponent_GoesAlongIt()
    {
        var colours = new ColourStatistics([0, 0, 0], [[0, 1, 0], [0, 0, 1], [0.6, 0, 0.8]], [0, 0, 50]);
        var augmentation = new Augmentation(new CropGeometry(4, 4), colours, colourShift: 0.1);
        var random = new Random(3);
        var (crop, shift) = (new byte[48], new float[3]);
        var shifts = new List<double>();
        for (var i = 0; i < 2000; i++)
        {
            augmentation.Draw(new byte[48], random, crop, shift);
            Assert.Equal(0, shift[1]);
            Assert.Equal(shift[2] * 0.75f, shift[0], 0.001f);
            shifts.Add(shift[2] / 0.8);
        }

        // Standard deviation 0.1 × 50 along the component.
        Assert.InRange(Math.Sqrt(shifts.Average(shift => shift * shift)), 4.7, 5.3);
    }

    [Fact]
    public void Statistics_OfKnownColours_AreTheirMeanAndComponents()
    {
        using var folder = new TemporaryFolder();
        Pictures.Write(folder.Path, classes: 3, perClass: 20);
        using var data = DataSetOpener.Open(folder.Path);
        var stop = TestContext.Current.CancellationToken;

        var statistics = ColourStatistics.Of(Canvases.Load(data, data.Photographs, side: 24, stop), stop);

        // A third of the pictures has 200, two thirds 40, in each channel; the noise is grey.
        Assert.All(statistics.Mean, mean => Assert.InRange(mean, 91, 97));
        Assert.Equal(3 * 24 * 24, statistics.MeanImage?.Length);
        Assert.Equal(statistics.Mean[1], statistics.MeanImage?.Skip(24 * 24).Take(24 * 24).Average(value => (double)value) ?? 0, 1e-4);
        Assert.All(statistics.Components, component => Assert.Equal(1, component.Sum(value => value * value), 1e-6));

        // Grey direction: the noise alone, √3·30 (a little less, since pixels end at 0 and 255). Across it: the classes, 160·√⅓ each.
        var grey = statistics.Components.Zip(statistics.Deviations, (component, deviation) => (Grey: Math.Abs(component.Sum()), deviation))
            .MaxBy(pair => pair.Grey);
        Assert.InRange(grey.Grey, 1.72, 1.7321);
        Assert.InRange(grey.deviation, 44, 52.5);
        Assert.Equal(2, statistics.Deviations.Count(deviation => deviation is > 88 and < 94.5));
    }
}
