using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Data;

namespace AlexNetService.Training.Tests.Data;

public class ColourStatisticsTests
{
    private static readonly NetworkArchitecture OfAColour = new("table", Columns: 1, new CropGeometry(4, 2), []);
    private static readonly NetworkArchitecture OfAnImage = OfAColour with { MeanImage = true };

    [Fact]
    public void Colour_OfATableWithoutMeanImage_IsTheMean()
    {
        var statistics = ColourStatistics.OfMean([10, 20, 30], OfAColour);

        Assert.Null(statistics.MeanImage);
        Assert.Equal([10, 20, 30], statistics.MeanOfCrop(2));
    }

    [Fact]
    public void Colour_OfATableWithMeanImage_IsEverywhereInTheImage() =>
        Assert.Equal([10, 10, 10, 10, 20, 20, 20, 20, 30, 30, 30, 30], ColourStatistics.OfMean([10, 20, 30], OfAnImage).MeanOfCrop(2));

    [Fact]
    public void Image_OfACrop_IsInTheMiddleOfTheCanvas()
    {
        double[] image = [.. Enumerable.Range(0, 12)];

        var statistics = ColourStatistics.OfMean(image, OfAnImage);

        Assert.Equal([1.5, 5.5, 9.5], statistics.Mean);
        Assert.Equal(image, statistics.MeanOfCrop(2));
        Assert.Equal(1.5f, statistics.MeanImage?[0]);
    }
}
