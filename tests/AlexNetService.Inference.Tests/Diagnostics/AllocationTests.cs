using AlexNetService.Imaging;
using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Tests.Graphs;

namespace AlexNetService.Inference.Tests.Diagnostics;

/// <summary>Counts the allocations of the process, so no other test may run meanwhile.</summary>
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
        // The original's geometry and classes: canvases of 201 KB, maps of 31², a thousand classes. Only the weights are fewer.
        using var folder = new SplitFolder(canvas: 259, crop: 227, new TinyGraph.TinyPool(Window: 19, Step: 8), classes: 1000);
        var sessions = Enumerable.Range(0, members).Select(_ => SplitFolder.Open(folder.Package, maxCropsPerRun: 40)).ToList();
        var ensemble = TestEnsemble.Of([.. sessions]);
        var options = new DecodingOptions { Threads = 1 };
        using var decoders = new DecodeWorkers(options, TimeProvider.System, meters: null);
        await using var engine = new InferenceEngine(new QueueOptions(), options, TimeProvider.System);
        var jpeg = CanvasEncoder.Jpeg(folder.RandomCanvas(1).Pixels, 259, quality: 90);

        // The decoder's strips of rows are not counted; canvases and everything after them are.
        var decoding = await Allocated(() => Decode(decoders, jpeg, ensemble));
        var requests = await Allocated(() => Classify(engine, jpeg, ensemble));
        var large = await Large(() => Classify(engine, jpeg, ensemble));

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
            Assert.True(PictureCanvases.TryDecode(
                jpeg, [259], DecodeLimits.Default, out var picture, out _, TestContext.Current.CancellationToken));
            var giver = new Thread(picture.Dispose);
            giver.Start();
            giver.Join();
        }
    }

    [Fact]
    public async Task Warm_AgainAndAgain_GivesItsCanvasBack()
    {
        DecodeWorkers.Warm([259]);

        using var large = new LargeAllocations();
        for (var i = 0; i < Warm; i++)
        {
            DecodeWorkers.Warm([259]);
        }

        Assert.Empty(await large.Types());
    }

    [Fact]
    public async Task Types_OneCanvas_IsReported()
    {
        using var large = new LargeAllocations();

        GC.KeepAlive(new byte[3 * 259 * 259]);

        Assert.Equal(["System.Byte[]"], await large.Types());
    }

    /// <returns>Managed bytes a turn, on average.</returns>
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

    /// <returns>Types of the objects that many turns put on the large-object heap.</returns>
    private static async Task<IReadOnlyCollection<string>> Large(Func<Task> turn)
    {
        using var large = new LargeAllocations();
        await Allocated(turn);
        return await large.Types();
    }

    private static async Task Decode(DecodeWorkers decoders, byte[] jpeg, Ensemble ensemble)
    {
        var request = new PhotographRequest(jpeg, ensemble, TestViews.Ten);
        Assert.Null(await (decoders.DecodeAsync(request) ?? throw new InvalidOperationException("There is no room.")));
        Assert.NotNull(request.Canvases);
        request.Release();
    }

    private static async Task Classify(InferenceEngine engine, byte[] jpeg, Ensemble ensemble)
    {
        using var result = await engine.RunAsync(new PhotographRequest(jpeg, ensemble, TestViews.Ten));
        Assert.IsType<InferenceResult.Answered>(result);
    }
}
