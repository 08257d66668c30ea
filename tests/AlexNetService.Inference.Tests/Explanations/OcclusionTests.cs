using AlexNetService.Imaging;
using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Explanations;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Sessions;
using AlexNetService.Inference.Tests.Graphs;

namespace AlexNetService.Inference.Tests.Explanations;

public sealed class OcclusionTests : IDisposable
{
    private const int Side = TestFolder.Crop;

    private readonly TestFolder folder = new();
    private readonly ModelSession session;

    public OcclusionTests() => session = folder.Open(TestFolder.Card(), TestFolder.Graph(), maxCropsPerRun: 4);

    public void Dispose()
    {
        session.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData(227, null, null, 45, 16, 169)]
    [InlineData(24, null, null, 5, 2, 121)]
    [InlineData(1, null, null, 1, 1, 1)]
    [InlineData(10, 4, 3, 4, 3, 9)]
    [InlineData(10, 4, 4, 4, 4, 9)]
    [InlineData(10, 10, 1, 10, 1, 1)]
    public void Over_ACrop_ReachesFromEdgeToEdge(int crop, int? window, int? stride, int expectedWindow, int expectedStride, int count)
    {
        var grid = OcclusionGrid.Over(crop, window, stride);

        Assert.Equal((expectedWindow, expectedStride, count), (grid.Window, grid.Stride, grid.Count));
        Assert.Equal((0, crop - expectedWindow), (grid.Offsets[0], grid.Offsets[^1]));
        Assert.Equal(grid.Offsets.Distinct().Order(), grid.Offsets);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1)]
    public async Task RunAsync_EveryPlace_EqualsACropCoveredByHand(int? index)
    {
        await using var engine = Engine(limit: 4);
        var canvas = TestFolder.RandomCanvas(1);

        var result = await engine.RunAsync(Request(TestEnsemble.Png(canvas), OcclusionGrid.Over(Side, 2, 1), index));

        var (map, timing) = Assert.IsType<InferenceResult.Explained>(result);
        var crop = new byte[session.CropBytes];
        CropViews.Centre(new(TestFolder.Canvas, Side))[0].CopyTo(canvas.Pixels, TestFolder.Canvas, crop, Side);
        var plain = Probabilities(crop);
        var label = index ?? Array.IndexOf(plain, plain.Max());
        Assert.Equal(label, map.Label.Index);
        Assert.Equal(plain[label], map.Probability, 1e-6f);
        byte[] fill = [.. crop.Chunk(Side * Side).Select(plane => (byte)Math.Round(plane.Average(value => (double)value)))];
        Assert.Equal(fill, map.Fill.ToArray());
        Assert.Equal(9, map.Falls.Length);
        for (var place = 0; place < 9; place++)
        {
            var covered = crop.ToArray();
            for (var i = 0; i < 12; i++)
            {
                var (channel, row, column) = (i / 4, i / 2 % 2, i % 2);
                covered[(((channel * Side) + (place / 3) + row) * Side) + (place % 3) + column] = fill[channel];
            }

            Assert.Equal(plain[label] - Probabilities(covered)[label], map.Falls.Span[place], 1e-5f);
        }

        Assert.Equal(0, engine.WaitingCrops);
        Assert.True(timing.Infer > TimeSpan.Zero);
    }

    [Fact]
    public async Task RunAsync_NoPhotographOrNoRoom_SaysWhy()
    {
        await using var engine = Engine(limit: 4);
        var grid = OcclusionGrid.Over(Side);

        var text = await engine.RunAsync(Request(new byte[100], grid));
        Assert.Null(engine.Queue.Reserve(1, TimeSpan.Zero));
        var full = await engine.RunAsync(Request(TestEnsemble.Png(1), grid));
        engine.Queue.Release(1, TimeSpan.Zero);

        Assert.IsType<InferenceResult.Undecodable>(text);
        Assert.Equal(Refusal.QueueFull, Assert.IsType<InferenceResult.Refused>(full).Reason);
    }

    [Fact]
    public void Request_AnotherCropNoSuchClassOrTwoModels_Throws()
    {
        using var other = folder.Open(TestFolder.Card("other"), TestFolder.Graph());

        Assert.Throws<ArgumentException>(() => Request([], OcclusionGrid.Over(9)));
        Assert.Throws<ArgumentException>(() => Request([], OcclusionGrid.Over(Side), 3));
        var both = TestEnsemble.Of(session, other);
        Assert.Throws<ArgumentException>(() => new OcclusionRequest(default, both, OcclusionGrid.Over(Side), null));
    }

    [Fact]
    public void Png_AFallAndARise_AreRedAndBlueOverGrey()
    {
        // A black crop of two pixels by two, each covered by its own square: a fall, nothing, nothing, and a rise half as large.
        var map = new OcclusionMap(
            new(0, "id", "name"), 0.5f, OcclusionGrid.Over(2, 1, 1), new byte[3], new[] { 0.4f, 0, 0, -0.2f }, new byte[12]);

        var picture = new Canvas(256, new byte[3 * 256 * 256]);
        Assert.Null(CanvasDecoder.DecodeTo(map.ToPng(), 256, picture.Pixels, cancellation: TestContext.Current.CancellationToken));

        Assert.Equal((172, 30, 15), Pixel(picture, 10, 10));
        Assert.Equal((0, 0, 0), Pixel(picture, 10, 200));
        Assert.Equal((11, 34, 86), Pixel(picture, 200, 200));
    }

    private static (int Red, int Green, int Blue) Pixel(Canvas picture, int row, int column)
    {
        var (place, plane) = ((row * picture.Side) + column, picture.Side * picture.Side);
        return (picture.Pixels[place], picture.Pixels[plane + place], picture.Pixels[(2 * plane) + place]);
    }

    private static InferenceEngine Engine(int limit) =>
        new(new QueueOptions { LimitCrops = limit }, new DecodingOptions { Threads = 1 }, TimeProvider.System);

    private float[] Probabilities(byte[] crop)
    {
        var found = new float[TestFolder.Classes];
        session.Run(crop, 1, found);
        return found;
    }

    private OcclusionRequest Request(byte[] photograph, OcclusionGrid grid, int? index = null) =>
        new(photograph, Ensemble.Alone(session), grid, index);
}
