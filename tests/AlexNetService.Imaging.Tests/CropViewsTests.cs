using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.Imaging.Tests;

public sealed class CropViewsTests
{
    [Fact]
    public void Ten_Of259And227_AreAt0And16And32() =>
        Assert.Equal(
            [
                (0, 0, false), (0, 32, false), (32, 0, false), (32, 32, false), (16, 16, false),
                (0, 0, true), (0, 32, true), (32, 0, true), (32, 32, true), (16, 16, true),
            ],
            Tuples(CropViews.Ten(new CropGeometry(259, 227))));

    [Fact]
    public void Ten_Of32And28_AreAt0And2And4() =>
        Assert.Equal(
            [
                (0, 0, false), (0, 4, false), (4, 0, false), (4, 4, false), (2, 2, false),
                (0, 0, true), (0, 4, true), (4, 0, true), (4, 4, true), (2, 2, true),
            ],
            Tuples(CropViews.Ten(new CropGeometry(32, 28))));

    [Fact]
    public void Of_OneAndTen_AreCentreAndTen()
    {
        var geometry = new CropGeometry(259, 227);

        Assert.Equal([(16, 16, false)], Tuples(CropViews.Of(1, geometry)));
        Assert.Equal(CropViews.Ten(geometry), CropViews.Of(10, geometry));
        Assert.Equal([1, 10], CropViews.Counts);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(11)]
    public void Of_AnotherNumber_Throws(int crops) =>
        Assert.Throws<ArgumentOutOfRangeException>(nameof(crops), () => CropViews.Of(crops, new CropGeometry(32, 28)));

    [Fact]
    public void Ten_CropLargerThanCanvas_Throws()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => CropViews.Ten(new CropGeometry(28, 32)));
        Assert.Throws<ArgumentOutOfRangeException>(() => CropViews.Centre(new CropGeometry(28, 0)));
    }

    private static IEnumerable<(int Top, int Left, bool Mirrored)> Tuples(CropWindow[] windows) =>
        windows.Select(window => (window.Top, window.Left, window.Mirrored));
}
