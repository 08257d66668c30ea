using AlexNetService.Imaging;
using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Sessions;
using AlexNetService.Inference.Tests.Graphs;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Tests.Ensembles;

public sealed class EnsembleTests : IAsyncDisposable
{
    private readonly TestFolder folder = new();
    private readonly List<ModelSession> sessions = [];
    private readonly InferenceEngine engine = new(new QueueOptions(), new DecodingOptions { Threads = 1 }, TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        await engine.DisposeAsync();
        sessions.ForEach(session => session.Dispose());
        folder.Dispose();
    }

    [Theory]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(40)]
    public async Task Probabilities_TenCrops_AreTheMeanOfTenSingleRuns(int maxCropsPerRun)
    {
        var session = Open("a", seed: 1, maxCropsPerRun);
        var canvas = TestFolder.RandomCanvas(7);

        var found = await engine.ProbabilitiesAsync(TestEnsemble.Of(session), canvas);

        // Four corners, centre, mirrors: offsets 0, 1, 2 of a 6² canvas with 4² crops (Krizhevsky 2012 §4.1).
        var expected = new double[3];
        foreach (var (top, left) in new[] { (0, 0), (0, 2), (2, 0), (2, 2), (1, 1) })
        {
            foreach (var mirrored in new[] { false, true })
            {
                var single = new float[3];
                session.Run(Cut(canvas, top, left, mirrored), 1, single);
                for (var c = 0; c < 3; c++)
                {
                    expected[c] += single[c] / 10.0;
                }
            }
        }

        Assert.All(Enumerable.Range(0, 3), c => Assert.Equal(expected[c], found[c], 1e-6));
    }

    [Fact]
    public async Task Probabilities_CentreCrop_IsTheCentreAlone()
    {
        var session = Open("a", seed: 1);
        var canvas = TestFolder.RandomCanvas(7);
        var expected = new float[3];
        session.Run(Cut(canvas, 1, 1, mirrored: false), 1, expected);

        Assert.Equal(expected, await engine.ProbabilitiesAsync(TestEnsemble.Of(session), canvas, TestViews.Centre));
    }

    [Fact]
    public async Task Probabilities_OrderOfMembers_DoesNotMatter()
    {
        var (a, b, c) = (Open("a", 1), Open("b", 2), Open("c", 3));
        var canvas = TestFolder.RandomCanvas(7);
        EnsembleMember[] members = [new(a, 0.1), new(b, 0.3), new(c, 7)];
        var orders = await Task.WhenAll(
            ((int[][])[[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]).Select(order =>
                engine.ProbabilitiesAsync(TestEnsemble.Of([.. order.Select(i => members[i])]), canvas)));

        Assert.All(orders, answer => Assert.Equal(orders[0], answer));
        Assert.Equal(3, orders[0].Length);
        Assert.Equal(1, orders[0].Sum(), 1e-5f);
    }

    [Fact]
    public async Task Probabilities_Weights_AreRelativeShares()
    {
        var (a, b) = (Open("a", 1), Open("b", 2));
        var canvas = TestFolder.RandomCanvas(7);
        var onlyA = await engine.ProbabilitiesAsync(Ensemble.Alone(a), canvas);
        var onlyB = await engine.ProbabilitiesAsync(Ensemble.Alone(b), canvas);

        var found = await engine.ProbabilitiesAsync(TestEnsemble.Of(new EnsembleMember(a, 6), new EnsembleMember(b, 2)), canvas);

        Assert.Equal(3, found.Length);
        Assert.All(Enumerable.Range(0, 3), c => Assert.Equal((0.75 * onlyA[c]) + (0.25 * onlyB[c]), found[c], 1e-6));
    }

    [Fact]
    public void CanvasSides_MembersWithOneGeometry_AreDecodedOnce()
    {
        var other = TestFolder.Card("other") with { Preprocessing = new Preprocessing { Canvas = 9, Crop = TestFolder.Crop } };
        var session = folder.Open(other, TestFolder.Graph());
        sessions.Add(session);

        Assert.Equal([6, 9], TestEnsemble.Of(Open("a", 1), Open("b", 2), session).CanvasSides);
    }

    [Fact]
    public void Of_MemberNamedTwice_CountsOnceOrIsRefusedWithAnotherWeight()
    {
        var (a, b) = (Open("a", 1), Open("b", 2));

        var once = TestEnsemble.Of(new EnsembleMember(a, 2), new(b), new(a, 2));
        Assert.False(Ensemble.TryCreate([new(a, 2), new(b), new(a, 1)], out _, out var reason));

        Assert.Equal(["a", "b"], once.Members.Select(member => member.Session.Card.Name));
        Assert.Contains("'a' is named more than once", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_DifferentLabels_IsRefusedWithBothNames()
    {
        var stranger = folder.Open(TestFolder.Card("stranger", classes: 4), TestFolder.Graph(classes: 4));
        sessions.Add(stranger);

        Assert.False(Ensemble.TryCreate([new(Open("a", 1)), new(stranger)], out _, out var reason));
        Assert.Contains("'a' (3 classes) and 'stranger' (4 classes)", reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    public void Of_WeightNotAboveZero_IsRefused(double weight) =>
        Assert.False(Ensemble.TryCreate([new(Open("a", 1), weight)], out _, out _));

    private static byte[] Cut(Canvas canvas, int top, int left, bool mirrored)
    {
        var crop = new byte[3 * 4 * 4];
        for (var channel = 0; channel < 3; channel++)
        {
            for (var row = 0; row < 4; row++)
            {
                for (var column = 0; column < 4; column++)
                {
                    crop[(channel * 16) + (row * 4) + column] =
                        canvas.Pixels[(channel * 36) + ((top + row) * 6) + left + (mirrored ? 3 - column : column)];
                }
            }
        }

        return crop;
    }

    private ModelSession Open(string name, int seed, int maxCropsPerRun = 8)
    {
        var session = folder.Open(TestFolder.Card(name), TestFolder.Graph(seed), maxCropsPerRun);
        sessions.Add(session);
        return session;
    }
}
