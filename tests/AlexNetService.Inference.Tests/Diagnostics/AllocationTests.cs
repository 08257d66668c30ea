using AlexNetService.Imaging;
using AlexNetService.Inference.Batching;
using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Tests.Graphs;

namespace AlexNetService.Inference.Tests.Diagnostics;

/// <summary>Counts what the whole process allocates, so no other test may run meanwhile.</summary>
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
[Collection(nameof(AllocationTests))]
public sealed class AllocationTests
{
    private const long AllowedPerRequest = 16 * 1024;
    private const int Warm = 20;
    private const int Measured = 100;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Request_WarmTenCropsAtFullGeometry_AllocatesLittleAndNothingLarge(int members)
    {
        // The original's geometry and classes: canvases of 201 KB, maps of 31², a thousand classes. Only the weights are few.
        using var folder = new SplitFolder(canvas: 259, crop: 227, new TinyGraph.TinyPool(Window: 19, Step: 8), classes: 1000);
        var sessions = Enumerable.Range(0, members).Select(_ => SplitFolder.Open(folder.Package, maxCropsPerRun: 40)).ToList();
        var ensemble = Ensemble.Of([.. sessions.Select(session => new EnsembleMember(session))]).Ensemble
            ?? throw new InvalidOperationException("They do not fit.");
        using var decoders = new DecodeWorkers(new DecodingOptions { Threads = 1 });
        await using var engine = new CropEngine(new QueueOptions(), TimeProvider.System);
        var classifier = new PictureClassifier(engine, decoders, TimeProvider.System);
        var jpeg = CanvasEncoder.Jpeg(folder.RandomCanvas(1).Pixels, 259, quality: 90);

        // The decoder's own strips of rows are its own matter; canvases and all that follows are the engine's.
        var decoding = await Allocated(() => Decode(decoders, jpeg, ensemble));
        var requests = await Allocated(() => Classify(classifier, jpeg, ensemble));
        var large = await Large(() => Classify(classifier, jpeg, ensemble));

        Assert.InRange(requests - decoding, 0, AllowedPerRequest);
        Assert.Empty(large);
        sessions.ForEach(session => session.Dispose());
    }

    [Fact]
    public async Task Decode_EachCanvasGivenBackByAnotherThread_AllocatesNothingLarge()
    {
        using var folder = new SplitFolder(canvas: 259, crop: 227, new TinyGraph.TinyPool(Window: 19, Step: 8), classes: 10);
        var jpeg = CanvasEncoder.Jpeg(folder.RandomCanvas(1).Pixels, 259, quality: 90);
        GiveBack();

        using var large = new LargeAllocations();
        for (var i = 0; i < Warm; i++)
        {
            GiveBack();
        }

        Assert.Empty(await large.Types());

        void GiveBack()
        {
            var picture = Assert.IsType<PictureCanvases>(PictureCanvases.Decode(jpeg, [259]).Picture);
            var giver = new Thread(picture.Dispose);
            giver.Start();
            giver.Join();
        }
    }

    [Fact]
    public async Task Types_OneCanvas_IsTold()
    {
        using var large = new LargeAllocations();

        GC.KeepAlive(new byte[3 * 259 * 259]);

        Assert.Equal(["System.Byte[]"], await large.Types());
    }

    /// <returns>Managed bytes of a turn, on average.</returns>
    private static async Task<double> Allocated(Func<Task> turn)
    {
        long before = 0;
        for (var i = 0; i < Warm + Measured; i++)
        {
            if (i == Warm)
            {
                before = GC.GetTotalAllocatedBytes(precise: true);
            }

            await turn();
        }

        return (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Measured;
    }

    /// <returns>Types of what many turns put on the large-object heap.</returns>
    private static async Task<IReadOnlyCollection<string>> Large(Func<Task> turn)
    {
        using var large = new LargeAllocations();
        await Allocated(turn);
        return await large.Types();
    }

    private static async Task Decode(DecodeWorkers decoders, byte[] jpeg, Ensemble ensemble)
    {
        Assert.True(decoders.TryDecode(jpeg, ensemble.CanvasSides, CancellationToken.None, out var decoding));
        (await decoding).Picture?.Dispose();
    }

    private static async Task Classify(PictureClassifier classifier, byte[] jpeg, Ensemble ensemble)
    {
        using var result = await classifier.ClassifyAsync(jpeg, ensemble, TestViews.Ten, CancellationToken.None);
        Assert.IsType<ClassificationResult.Classified>(result);
    }
}
