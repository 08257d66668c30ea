using AlexNetService.Training.Loop;
using static TorchSharp.torch;

namespace AlexNetService.Training.Tests.Loop;

[Collection("torch")]
public sealed class CutMixTests
{
    private const int Side = 9;

    [Fact]
    public void Mix_OfCropsThatColumnsShare_CopiesTheRectangleOfTheNextCropOnce()
    {
        using var scope = NewDisposeScope();
        var before = rand([4, 3, Side, Side]);
        var crops = before.clone();

        var share = new CutMix(Top: 2, Left: 3, Height: 4, Width: 5).Mix([crops, crops]);

        Assert.Equal(20.0 / 81, share);
        for (var crop = 0; crop < 4; crop++)
        {
            for (var (row, column) = (0, 0); row < Side; (row, column) = column < Side - 1 ? (row, column + 1) : (row + 1, 0))
            {
                var source = row is >= 2 and < 6 && column is >= 3 and < 8 ? (crop + 1) % 4 : crop;
                Assert.True(before[source, .., row, column].equal(crops[crop, .., row, column]).all().item<bool>());
            }
        }
    }

    [Fact]
    public void Draw_OfManySteps_MixesTheGivenShareWithRectanglesInsideTheCrop()
    {
        var drawn = Enumerable.Range(0, 2000).Select(step => CutMix.Draw(0.25, Side, Seeds.OfStep(1, 0, step))).OfType<CutMix>().ToArray();

        Assert.InRange(drawn.Length, 420, 580);
        Assert.All(drawn, rectangle =>
        {
            Assert.InRange(rectangle.Top, 0, Side - rectangle.Height);
            Assert.InRange(rectangle.Left, 0, Side - rectangle.Width);
            Assert.InRange(rectangle.Height, 0, Side);
            Assert.InRange(rectangle.Width, 0, Side);
        });
        Assert.Contains(drawn, rectangle => rectangle.Height == Side && rectangle.Width == Side);
        Assert.Null(CutMix.Draw(0, Side, 1));
    }

    [Fact]
    public void Draw_OfTheSameStep_IsTheSame() => Assert.Equal(CutMix.Draw(1, 56, 7), CutMix.Draw(1, 56, 7));
}
