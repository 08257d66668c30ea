using AlexNetService.Inference.Tests.Graphs;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Tests.Sessions;

public sealed class GoldenCropTests : IDisposable
{
    private const uint Seed = 9;

    private readonly TestFolder folder = new();
    private readonly TinyGraph graph = TestFolder.Graph();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void RequireGolden_TheAnswerThatWasNoted_Passes()
    {
        using var session = folder.Open(TestFolder.Card() with { Golden = Golden(wrongBy: 0) }, graph);

        session.RequireGolden();
    }

    [Fact]
    public void RequireGolden_NothingNoted_Passes()
    {
        using var session = folder.Open(TestFolder.Card(), graph);

        session.RequireGolden();
    }

    [Fact]
    public void RequireGolden_AnotherAnswer_IsRefusedWithTheDifference()
    {
        using var session = folder.Open(TestFolder.Card() with { Golden = Golden(wrongBy: 0.01) }, graph);

        var refused = Assert.Throws<InvalidPackageException>(session.RequireGolden);

        Assert.Contains("differ by 0.0", refused.Message, StringComparison.Ordinal);
        Assert.Contains("0.001 is allowed", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>The logits of the crop, computed by hand; one of them is wrong by a share of the largest.</summary>
    private GoldenCrop Golden(double wrongBy)
    {
        var crop = new byte[3 * TestFolder.Crop * TestFolder.Crop];
        GoldenCrop.Pixels(Seed, crop);
        var logits = ByHand.Logits(graph, [.. crop.Select(pixel => (double)pixel)]);
        logits[1] += wrongBy * logits.Max(Math.Abs);
        return new GoldenCrop(Seed, [.. logits.SelectMany(logit => BitConverter.GetBytes((float)logit))], 1e-3);
    }
}
