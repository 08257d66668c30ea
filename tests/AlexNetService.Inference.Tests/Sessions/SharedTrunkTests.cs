using AlexNetService.Inference.Batching;
using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Ensembles;
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
        PictureCanvases[] pictures = [.. Enumerable.Range(0, 7).Select(seed => new PictureCanvases([folder.RandomCanvas(seed)]))];

        foreach (var views in Enum.GetValues<TestViews>())
        {
            var expected = Of(whole).Probabilities(pictures, views);
            var found = Of(split).Probabilities(pictures, views);

            Assert.All(expected.Zip(found), pair => Equal(pair.First, pair.Second, 1e-5f));
        }

        Assert.True(split.SharesTrunk);
        Assert.False(whole.SharesTrunk);
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
        var works = views.Select((view, seed) => Work(folder, session, seed, view)).ToArray();

        new CropBatch(TimeProvider.System, meters: null).Run(works, 0);

        for (var i = 0; i < works.Length; i++)
        {
            var alone = Work(folder, session, i, views[i]);
            new CropBatch(TimeProvider.System, meters: null).Run([alone], 0);
            Equal(alone.Targets.Probabilities.ToArray(), works[i].Targets.Probabilities.ToArray(), 1e-6f);
            Assert.Equal(1, works[i].Targets.Probabilities.ToArray().Sum(), 1e-5f);
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
    public void Open_OffsetsBetweenTheMaps_IsRefused()
    {
        using var folder = new SplitFolder(canvas: 7, crop: 5, Pool);

        var refused = Assert.Throws<InvalidPackageException>(() => SplitFolder.Open(folder.Package));

        Assert.Contains("offsets 0, 1 and 2", refused.Message, StringComparison.Ordinal);
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

    private static CanvasWork Work(SplitFolder folder, ModelSession session, int seed, TestViews views) => new(
        session, folder.RandomCanvas(seed).Pixels, views.Windows(session.Card.Preprocessing), new CropTargets { Probabilities = new float[TestFolder.Classes] });

    private static Ensemble Of(ModelSession session) =>
        Ensemble.Of([new EnsembleMember(session)]).Ensemble ?? throw new InvalidOperationException("It does not fit.");

    private static void Equal(float[] expected, float[] found, float tolerance) =>
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, tolerance));
}
