using System.Diagnostics;
using AlexNetService.Inference.Sessions;
using AlexNetService.Inference.Tests.Graphs;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Tests.Sessions;

public sealed class ModelSessionTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Run_UInt8Crops_GivesTheLogitsAndProbabilitiesComputedByHand()
    {
        var graph = TestFolder.Graph();
        using var session = folder.Open(TestFolder.Card(), graph);
        var crops = TestFolder.Crops(5);
        var (logits, probabilities) = (new float[5 * 3], new float[5 * 3]);

        session.Run(crops, 5, new CropOutputs { Logits = logits, Probabilities = probabilities });

        for (var i = 0; i < 5; i++)
        {
            var pixels = crops.Skip(i * session.CropBytes).Take(session.CropBytes);
            var expected = ByHand.Logits(graph, [.. pixels.Select(pixel => (double)pixel)]);
            for (var c = 0; c < 3; c++)
            {
                Assert.Equal(expected[c], logits[(i * 3) + c], 1e-4);
                Assert.Equal(ByHand.Softmax(expected)[c], probabilities[(i * 3) + c], 1e-5);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(19)]
    public void Run_Batch_EqualsItsSingles(int count)
    {
        using var session = folder.Open(TestFolder.Card(), TestFolder.Graph());
        var crops = TestFolder.Crops(count);
        var together = new float[count * 3];
        session.Run(crops, count, together);

        for (var i = 0; i < count; i++)
        {
            var alone = new float[3];
            session.Run(crops.AsSpan(i * session.CropBytes, session.CropBytes), 1, alone);
            for (var c = 0; c < 3; c++)
            {
                Assert.Equal(alone[c], together[(i * 3) + c], 1e-6f);
            }
        }
    }

    [Fact]
    public void Run_Features_GivesTheTensorTheCardNames()
    {
        var card = TestFolder.Card() with { Tensors = new TensorNames("image", "logits", "probabilities", "features") };
        using var session = folder.Open(card, TestFolder.Graph() with { WithFeatures = true });
        var crops = TestFolder.Crops(2);
        var features = new float[2 * session.Features];

        session.Run(crops, 2, new CropOutputs { Features = features });

        Assert.Equal(48, session.Features);
        Assert.Equal(crops.Select(pixel => (float)pixel), features);
    }

    [Fact]
    public void Run_SpanOfTheWrongLength_IsRefused()
    {
        using var session = folder.Open(TestFolder.Card(), TestFolder.Graph());

        Assert.Throws<ArgumentException>(() => session.Run(TestFolder.Crops(2), 2, new float[5]));
        Assert.Throws<ArgumentException>(() => session.Run(TestFolder.Crops(1), 2, new float[6]));
        Assert.Throws<ArgumentException>(() => session.Run(TestFolder.Crops(1), 1, new CropOutputs { Features = new float[3] }));
    }

    [Fact]
    public void Run_FromManyThreads_GivesEachItsOwnAnswer()
    {
        using var session = folder.Open(TestFolder.Card(), TestFolder.Graph());
        var crops = TestFolder.Crops(16);
        var expected = new float[16 * 3];
        session.Run(crops, 16, expected);
        var found = new float[16 * 3];

        Parallel.For(0, 400, turn =>
        {
            var i = turn % 16;
            var row = new float[3];
            session.Run(crops.AsSpan(i * session.CropBytes, session.CropBytes), 1, row);
            row.CopyTo(found, i * 3);
        });

        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
    }

    [Fact]
    public void Open_OnTheCpu_ReportsProviderAndDevice()
    {
        using var session = folder.Open(TestFolder.Card(), TestFolder.Graph());

        Assert.Equal(("cpu", "CPUExecutionProvider"), (session.Device, session.Provider));
    }

    [Fact]
    public void Open_CudaWithoutADriverOrInACpuBuild_IsRefusedAndSaysWhatToDo()
    {
#if CUDA
        Assert.SkipWhen(File.Exists("/dev/nvidiactl"), "This machine has an NVIDIA GPU.");
        const string Remedy = "CUDA 13";
#else
        const string Remedy = "Accelerator=cuda";
#endif
        var package = folder.Publish(TestFolder.Card(), TestFolder.Graph());

        var refused = Assert.Throws<DeviceUnavailableException>(() => ModelSession.Open(package, new RuntimeOptions { Device = "cuda:0" }));

        Assert.Contains(Remedy, refused.Message, StringComparison.Ordinal);
        Assert.EndsWith("or set Inference:Device to cpu.", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Fact]
    public void Run_AfterDispose_Throws()
    {
        var session = folder.Open(TestFolder.Card(), TestFolder.Graph());
        session.Dispose();

        Assert.Throws<ObjectDisposedException>(() => session.Run(TestFolder.Crops(1), 1, new float[3]));
    }

    [Fact]
    public void Open_AndDisposeOrRefuse_LeavesNoSessionBehind()
    {
        // 3 × 4 × 4 × 100,000 weights: 19 MB a session, so that 60 leaked ones would be more than 1 GB.
        var large = TestFolder.Graph(classes: 100_000);
        var good = folder.Publish(TestFolder.Card("good", 100_000), large);
        var bad = folder.Publish(TestFolder.Card("bad", 99_999), large);
        long before = 0;
        for (var turn = 0; turn < 40; turn++)
        {
            if (turn == 10)
            {
                before = Resident();
            }

            using (var session = ModelSession.Open(good, TestFolder.Options(1)))
            {
                session.Run(TestFolder.Crops(1), 1, new float[100_000]);
            }

            Assert.Throws<InvalidPackageException>(() => ModelSession.Open(bad, TestFolder.Options(1)));
        }

        Assert.InRange(Resident() - before, long.MinValue, 200_000_000);
    }

    private static long Resident()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
