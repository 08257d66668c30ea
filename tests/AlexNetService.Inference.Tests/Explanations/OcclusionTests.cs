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
    private const int Side = TestFolder.Canvas;

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
    public void Over_ACanvas_ReachesFromEdgeToEdge(int canvas, int? window, int? stride, int expectedWindow, int expectedStride, int count)
    {
        var grid = OcclusionGrid.Over(canvas, window, stride);

        Assert.Equal((expectedWindow, expectedStride, count), (grid.Window, grid.Stride, grid.Count));
        Assert.Equal((0, canvas - expectedWindow), (grid.Offsets[0], grid.Offsets[^1]));
        Assert.Equal(grid.Offsets.Distinct().Order(), grid.Offsets);
    }

    [Theory]
    [InlineData(null, TestViews.Ten)]
    [InlineData(1, TestViews.Ten)]
    [InlineData(null, TestViews.Centre)]
    public async Task RunAsync_EveryPlace_EqualsTheAnswerToACanvasCoveredByHand(int? index, TestViews views)
    {
        await using var engine = Engine(limit: 20);
        using var other = folder.Open(TestFolder.Card("other"), TestFolder.Graph(2), maxCropsPerRun: 4);
        var ensemble = TestEnsemble.Of(new EnsembleMember(session, 1), new EnsembleMember(other, 3));
        var canvas = TestFolder.RandomCanvas(1);

        var result = await engine.RunAsync(Request(TestEnsemble.Png(canvas), OcclusionGrid.Over(Side, 2, 1), index, ensemble, views));

        var (map, timing) = Assert.IsType<InferenceResult.Explained>(result);
        var plain = Mean(canvas);
        var label = index ?? Array.IndexOf(plain, plain.Max());
        Assert.Equal(label, map.Label.Index);
        Assert.Equal(plain[label], map.Probability, 1e-6f);
        Assert.Equal(canvas.Pixels, map.Canvas.ToArray());
        byte[] fill = [.. canvas.Pixels.Chunk(Side * Side).Select(plane => (byte)Math.Round(plane.Average(value => (double)value)))];
        Assert.Equal(fill, map.Fill.ToArray());
        Assert.Equal(25, map.Falls.Length);
        for (var place = 0; place < 25; place++)
        {
            var covered = Covered(canvas, fill, place / 5, place % 5, 2);
            Assert.Equal(plain[label] - Mean(covered)[label], map.Falls.Span[place], 1e-5f);
        }

        Assert.Equal(Math.Max(0, map.Falls.ToArray().Max()), map.LargestFall);
        Assert.Equal(0, engine.WaitingCrops);
        Assert.True(timing.Infer > TimeSpan.Zero);

        float[] Mean(Canvas picture) =>
        [
            .. TestEnsemble.CropByCrop(session, picture, views).Zip(
                TestEnsemble.CropByCrop(other, picture, views), (x, y) => (x + (3 * y)) / 4),
        ];
    }

    [Fact]
    public async Task RunAsync_AnotherModelWithALargerCanvas_CoversTheSamePartOfIt()
    {
        await using var engine = Engine(limit: 20);
        using var large = folder.Open(
            TestFolder.Card("large") with { Preprocessing = new() { Canvas = 2 * Side, Crop = TestFolder.Crop } }, TestFolder.Graph(2));
        var file = TestEnsemble.Png(TestFolder.RandomCanvas(1));
        var (small, wide) = (TestFolder.RandomCanvas(1), new Canvas(2 * Side, new byte[12 * Side * Side]));
        Assert.Null(CanvasDecoder.DecodeTo(file, wide.Side, wide.Pixels, cancellation: TestContext.Current.CancellationToken));

        var result = await engine.RunAsync(
            Request(file, OcclusionGrid.Over(Side, 3, 3), 1, TestEnsemble.Of(session, large), TestViews.Ten));

        var (map, _) = Assert.IsType<InferenceResult.Explained>(result);
        var fill = map.Fill.ToArray();
        Assert.Equal(4, map.Falls.Length);
        for (var place = 0; place < 4; place++)
        {
            var (row, column) = (place / 2 * 3, place % 2 * 3);
            var ofSmall = TestEnsemble.CropByCrop(session, Covered(small, fill, row, column, 3), TestViews.Ten);
            var ofLarge = TestEnsemble.CropByCrop(large, Covered(wide, fill, 2 * row, 2 * column, 6), TestViews.Ten);
            Assert.Equal(map.Probability - ((ofSmall[1] + ofLarge[1]) / 2), map.Falls.Span[place], 1e-5f);
        }
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
    public void Request_AnotherCanvasOrNoSuchClass_Throws()
    {
        Assert.Throws<ArgumentException>(() => Request([], OcclusionGrid.Over(9)));
        Assert.Throws<ArgumentException>(() => Request([], OcclusionGrid.Over(Side), 3));
    }

    [Fact]
    public void Png_AFallAndARise_AreRedAndBlueOverGrey()
    {
        // A black canvas of two pixels by two, each covered by its own square: a fall, nothing, nothing, and a rise half as large.
        var picture = Picture([0.4f, 0, 0, -0.2f]);

        Assert.Equal((138, 24, 12), Pixel(picture, 10, 10));
        Assert.Equal((0, 0, 0), Pixel(picture, 10, 200));
        Assert.Equal((9, 27, 69), Pixel(picture, 200, 200));
    }

    [Fact]
    public void Png_FallOfAThousandth_IsHardlyPainted() =>
        Assert.Equal((0, 0, 0), Pixel(Picture([0.0005f, 0, 0, 0]), 10, 10));

    private static Canvas Picture(float[] falls)
    {
        var map = new OcclusionMap(new(0, "id", "name"), 0.5f, OcclusionGrid.Over(2, 1, 1), new byte[3], falls, new byte[12]);
        var picture = new Canvas(256, new byte[3 * 256 * 256]);
        Assert.Null(CanvasDecoder.DecodeTo(map.ToPng(), 256, picture.Pixels, cancellation: TestContext.Current.CancellationToken));
        return picture;
    }

    private static Canvas Covered(Canvas canvas, byte[] fill, int top, int left, int window)
    {
        var pixels = canvas.Pixels.ToArray();
        for (var i = 0; i < 3 * window * window; i++)
        {
            var (channel, row, column) = (i / window / window, i / window % window, i % window);
            pixels[(((channel * canvas.Side) + top + row) * canvas.Side) + left + column] = fill[channel];
        }

        return new Canvas(canvas.Side, pixels);
    }

    private static (int Red, int Green, int Blue) Pixel(Canvas picture, int row, int column)
    {
        var (place, plane) = ((row * picture.Side) + column, picture.Side * picture.Side);
        return (picture.Pixels[place], picture.Pixels[plane + place], picture.Pixels[(2 * plane) + place]);
    }

    private static InferenceEngine Engine(int limit) =>
        new(new QueueOptions { LimitCrops = limit }, new DecodingOptions { Threads = 1 }, TimeProvider.System);

    private OcclusionRequest Request(
        byte[] photograph, OcclusionGrid grid, int? index = null, Ensemble? ensemble = null, TestViews views = TestViews.Centre) =>
        new(photograph, ensemble ?? Ensemble.Alone(session), views, grid, index);
}
