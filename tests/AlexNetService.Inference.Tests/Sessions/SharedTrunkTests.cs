using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Sessions;
using AlexNetService.Inference.Tests.Graphs;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Tests.Sessions;

public sealed class SharedTrunkTests
{
    private static readonly TinyGraph.TinyPool Pool = new(Window: 3, Step: 2);

    [Theory]
    [InlineData(MapType.Float32, false, 16)]
    [InlineData(MapType.Float32, false, 4)]
    [InlineData(MapType.Float32, false, 40)]
    [InlineData(MapType.Float32, true, 16)]
    [InlineData(MapType.UInt8, false, 16)]
    [InlineData(MapType.Float16, false, 16)]
    public void Probabilities_OfTrunkAndRest_EqualTheWholeGraphCropByCrop(MapType type, bool floats, int maxCropsPerRun)
    {
        using var folder = new SplitFolder(canvas: 9, crop: 5, Pool with { Type = type }, floats: floats);
        using var whole = SplitFolder.Open(folder.Whole);
        using var split = SplitFolder.Open(folder.Package, maxCropsPerRun);

        foreach (var views in Enum.GetValues<TestViews>())
        {
            var expected = Run(folder, whole, 7, _ => views);
            var found = Run(folder, split, 7, _ => views);

            Assert.All(expected.Zip(found), pair => Equal(pair.First, pair.Second, 1e-5f));
        }
    }

    [Theory]
    [InlineData(TestViews.Centre)]
    [InlineData(TestViews.Ten)]
    public void Run_WindowsOfACanvas_EqualTheWholeGraphsRows(TestViews views)
    {
        using var folder = new SplitFolder(canvas: 9, crop: 5, Pool);
        using var whole = SplitFolder.Open(folder.Whole);
        using var split = SplitFolder.Open(folder.Package, maxCropsPerRun: 4);
        var (canvas, windows) = (folder.RandomCanvas(1), TestEnsemble.Windows(whole, views));
        var (expected, found) = (new float[3 * windows.Length], new float[3 * windows.Length]);

        whole.Run(canvas.Pixels, windows, new CropOutputs { Logits = expected });
        split.Run(canvas.Pixels, windows, new CropOutputs { Logits = found });

        Equal(expected, found, 1e-4f);
        Assert.Throws<ArgumentException>(() => whole.Run(canvas.Pixels.AsSpan(1), windows, new CropOutputs { Logits = found }));
        Assert.Throws<ArgumentException>(() => whole.Run(canvas.Pixels, windows, new CropOutputs { Logits = new float[1] }));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(11)]
    [InlineData(37)]
    public void Run_Crops_EqualTheWholeGraphAndEachAlone(int count)
    {
        using var folder = new SplitFolder(canvas: 9, crop: 5, Pool);
        using var whole = SplitFolder.Open(folder.Whole);
        using var split = SplitFolder.Open(folder.Package);
        var crops = new byte[count * split.CropBytes];
        new Random(4).NextBytes(crops);
        var (expected, found, alone) = (new float[count * 3], new float[count * 3], new float[3]);

        whole.Run(crops, count, new CropOutputs { Logits = expected });
        split.Run(crops, count, new CropOutputs { Logits = found });

        Equal(expected, found, 1e-4f);
        for (var i = 0; i < count; i++)
        {
            split.Run(crops.AsSpan(i * split.CropBytes, split.CropBytes), 1, new CropOutputs { Logits = alone });
            Equal(alone, found.AsSpan(3 * i, 3).ToArray(), 1e-6f);
        }
    }

    [Fact]
    public void Run_OneAndTenCropsInOneBatch_EachGetsWhatItGetsAlone()
    {
        using var folder = new SplitFolder(canvas: 9, crop: 5, Pool);
        using var session = SplitFolder.Open(folder.Package, maxCropsPerRun: 23);
        TestViews[] views = [TestViews.Centre, TestViews.Ten, TestViews.Centre, TestViews.Centre, TestViews.Ten, TestViews.Ten];

        var together = Run(folder, session, views.Length, seed => views[seed]);

        for (var i = 0; i < views.Length; i++)
        {
            var alone = new float[TestFolder.Classes];
            TestBatch.Run(Work(folder, session, i, views[i], alone));
            Equal(alone, together[i], 1e-6f);
            Assert.Equal(1, together[i].Sum(), 1e-5f);
        }
    }

    [Theory]
    [InlineData("1,3,10,16")]
    [InlineData("7")]
    public void Run_PaddedToBatchSizes_EqualsAnyNumber(string sizes)
    {
        using var folder = new SplitFolder(canvas: 9, crop: 5, Pool);
        foreach (var package in new[] { folder.Whole, folder.Package })
        {
            using var free = SplitFolder.Open(package);
            using var padded = SplitFolder.Open(package, batchSizes: sizes);
            padded.Warm();
            foreach (var count in new[] { 1, 2, 9, 16, 20 })
            {
                var crops = new byte[count * free.CropBytes];
                new Random(count).NextBytes(crops);
                var (expected, found) = (new float[count * 3], new float[count * 3]);
                free.Run(crops, count, expected);
                padded.Run(crops, count, found);
                Equal(expected, found, 1e-6f);
            }
        }
    }

    [Fact]
    public void Open_TrunkWithZerosAtItsEdges_IsRefused()
    {
        using var folder = new SplitFolder(canvas: 9, crop: 5, Pool with { Padding = 1 });

        var refused = Assert.Throws<InvalidPackageException>(() => SplitFolder.Open(folder.Package));

        Assert.Contains("depends on the place", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_MapsOfAnotherShape_IsRefusedWithBoth()
    {
        using var folder = new SplitFolder(canvas: 9, crop: 5, Pool);
        var split = folder.Package.Card.Split ?? throw new InvalidOperationException("No split.");
        var package = folder.Package with { Card = folder.Package.Card with { Split = split with { Count = 4 } } };

        var refused = Assert.Throws<InvalidPackageException>(() => SplitFolder.Open(package));

        Assert.Contains("[1,3,4,4] where the card says Float32 [1,4,4,4]", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Runs photographs together.</summary>
    private static float[][] Run(SplitFolder folder, ModelSession session, int count, Func<int, TestViews> views)
    {
        float[][] answers = [.. Enumerable.Range(0, count).Select(_ => new float[TestFolder.Classes])];
        TestBatch.Run([.. answers.Select((answer, seed) => Work(folder, session, seed, views(seed), answer))]);
        return answers;
    }

    private static CropJob Work(SplitFolder folder, ModelSession session, int seed, TestViews views, float[] probabilities) => new(
        TestBatch.Request(session),
        session,
        folder.RandomCanvas(seed).Pixels,
        TestEnsemble.Windows(session, views),
        areTensor: false,
        new CropOutputs { Probabilities = probabilities });

    private static void Equal(float[] expected, float[] found, float tolerance) => TestEnsemble.Equal(expected, found, tolerance);
}
