using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Data;

namespace AlexNetService.Training.Tests.Data;

public class AugmentationTests
{
    private static readonly CropGeometry Geometry = new(6, 4);
    private static readonly ColourStatistics Plain = new([10, 20, 30], [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0, 0, 0]);

    /// <summary>Every value differs: the next column is 1 more, the next row 6 more, the next channel 36 more.</summary>
    private static readonly byte[] Canvas = [.. Enumerable.Range(0, 3 * 36).Select(i => (byte)i)];

    [Fact]
    public void CentreCrop_OfACanvas_IsItsMiddleLessTheMean()
    {
        var crop = new float[48];

        new Augmentation(Geometry, Plain, colourShift: 0.1).Centre(Canvas, crop);

        // Row 1, column 1 of the red plane is pixel 7; channels lie last.
        Assert.Equal([7 - 10, 43 - 20, 79 - 30], crop[..3]);
        Assert.Equal([28 - 10, 64 - 20, 100 - 30], crop[^3..]);
    }

    [Fact]
    public void MeanImage_OfAMirroredCrop_IsTakenOffWhereThePixelsGo()
    {
        var colours = Plain with { MeanImage = [.. Enumerable.Range(0, 3 * 36).Select(i => i % 6 / 4f)] };
        var (crop, mirrored) = (new float[48], new float[48]);
        var augmentation = new Augmentation(Geometry, colours, colourShift: 0);

        augmentation.Window(Canvas, new CropWindow(1, 1, Mirrored: false), crop);
        augmentation.Window(Canvas, new CropWindow(1, 1, Mirrored: true), mirrored);

        // Row 1 of the red plane is 7, 8, 9, 10; the mean's centre crop is 0.25, 0.5, 0.75, 1 in every row.
        Assert.Equal([6.75f, 7.5f, 8.25f, 9], [crop[0], crop[3], crop[6], crop[9]]);
        Assert.Equal([9.75f, 8.5f, 7.25f, 6], [mirrored[0], mirrored[3], mirrored[6], mirrored[9]]);
    }

    [Fact]
    public void RandomCrops_TurnedOff_AreTheCentreCrop()
    {
        var (drawn, centre) = (new float[48], new float[48]);
        var augmentation = new Augmentation(Geometry, Plain, colourShift: 0, randomCrops: false);

        augmentation.Draw(Canvas, new Random(1), drawn);
        augmentation.Centre(Canvas, centre);

        Assert.Equal(centre, drawn);
    }

    [Fact]
    public void RandomCrops_OverManyUses_ReachEveryWindowBothWaysRound()
    {
        var augmentation = new Augmentation(Geometry, Plain, colourShift: 0);
        var random = new Random(1);
        var seen = new HashSet<(float, float)>();
        var crop = new float[48];
        for (var i = 0; i < 500; i++)
        {
            augmentation.Draw(Canvas, random, crop);
            seen.Add((crop[0], crop[3]));
        }

        // 3 × 3 places, each in two directions.
        Assert.Equal(18, seen.Count);
    }

    [Fact]
    public void ColourShift_OnOneComponent_MovesAllPixelsTogetherAlongIt()
    {
        var colours = new ColourStatistics([0, 0, 0], [[0, 1, 0], [0, 0, 1], [0.6, 0, 0.8]], [0, 0, 50]);
        var augmentation = new Augmentation(new CropGeometry(4, 4), colours, colourShift: 0.1);
        var random = new Random(3);
        var grey = new byte[48];
        Array.Fill(grey, (byte)100);
        var shifts = new List<double>();
        var crop = new float[48];
        for (var i = 0; i < 2000; i++)
        {
            augmentation.Draw(grey, random, crop);
            var (red, green, blue) = (crop[0] - 100, crop[1] - 100, crop[2] - 100);
            Assert.Equal(0, green);
            Assert.Equal(blue * 0.75f, red, 0.001f);
            Assert.All(crop.Chunk(3), pixel => Assert.Equal(crop[..3], pixel));
            shifts.Add(blue / 0.8);
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
