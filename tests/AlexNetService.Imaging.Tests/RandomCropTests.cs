using AlexNetService.ModelSpec.Architecture;
using CsCheck;

namespace AlexNetService.Imaging.Tests;

public sealed class RandomCropTests
{
    [Fact]
    public void Draw_AnyGeometry_StaysOnTheCanvas() =>
        Gen.Select(Gen.Int[1, 300], Gen.Int[0, 300], Gen.Int).Sample((crop, more, seed) =>
        {
            var window = RandomCrop.Draw(new Random(seed), new CropGeometry(crop + more, crop));

            Assert.InRange(window.Top, 0, more);
            Assert.InRange(window.Left, 0, more);
        });

    [Fact]
    public void Draw_ManyTimes_ReachesEveryPlaceAboutEquallyOften()
    {
        var generator = new Random(2012);
        var drawn = Enumerable.Range(0, 50_000).Select(_ => RandomCrop.Draw(generator, new CropGeometry(32, 28))).ToArray();

        // 5 rows × 5 columns × 2: 1,000 expected of each, standard deviation 31.
        var counts = drawn.GroupBy(window => window).Select(group => group.Count()).ToArray();
        Assert.Equal(50, counts.Length);
        Assert.All(counts, count => Assert.InRange(count, 850, 1_150));
    }

    [Fact]
    public void Draw_SameSeed_GivesTheSame()
    {
        var geometry = new CropGeometry(259, 227);
        var (one, other) = (new Random(5), new Random(5));

        for (var round = 0; round < 20; round++)
        {
            Assert.Equal(RandomCrop.Draw(one, geometry), RandomCrop.Draw(other, geometry));
        }
    }
}
