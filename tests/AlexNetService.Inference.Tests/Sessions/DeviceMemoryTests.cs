using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Sessions;
using AlexNetService.Inference.Tests.Graphs;
using AlexNetService.ModelSpec.Package;
using Microsoft.ML.OnnxRuntime;

namespace AlexNetService.Inference.Tests.Sessions;

/// <summary>
/// The code for GPUs on the CPU provider: maps between trunk and rest in memory that counts as the device's. A tensor there has no rows
/// for the host, so code that reads or writes one throws.
/// </summary>
public sealed class DeviceMemoryTests
{
    private static readonly TinyGraph.TinyPool Pool = new(Window: 3, Step: 2);

    private static readonly TestViews[] Views =
    [
        TestViews.Centre, TestViews.Ten, TestViews.Centre, TestViews.Centre, TestViews.Ten, TestViews.Centre, TestViews.Ten,
    ];

    [Theory]
    [InlineData(MapType.Float32, false, 16, null)]
    [InlineData(MapType.Float32, false, 4, null)]
    [InlineData(MapType.Float32, false, 40, "1,10,20,40")]
    [InlineData(MapType.Float32, true, 16, null)]
    [InlineData(MapType.UInt8, false, 16, null)]
    [InlineData(MapType.Float16, false, 16, "1,10,20,40")]
    public void Run_PhotographsWithOneAndTenCropsOnADevice_AnswersAsOnTheHost(MapType type, bool floats, int maxCropsPerRun, string? sizes)
    {
        using var folder = new SplitFolder(canvas: 9, crop: 5, Pool with { Type = type }, floats: floats);
        using var host = SplitFolder.Open(folder.Package, maxCropsPerRun);
        using var device = SplitFolder.OpenElsewhere(folder.Package, maxCropsPerRun, sizes);
        device.Warm();

        // Twice, so that the second round uses memory and bindings of the first again.
        for (var round = 0; round < 2; round++)
        {
            var (expected, found) = (Run(folder, host, round), Run(folder, device, round));
            Assert.All(expected.Zip(found), pair => TestEnsemble.Equal(pair.First, pair.Second, 1e-6f));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(11)]
    [InlineData(37)]
    public void Run_CropsOnADevice_AnswersAsOnTheHost(int count)
    {
        using var folder = new SplitFolder(canvas: 9, crop: 5, Pool);
        foreach (var package in new[] { folder.Whole, folder.Package })
        {
            using var host = SplitFolder.Open(package);
            using var device = SplitFolder.OpenElsewhere(package, batchSizes: "1,10,20,40");
            var crops = new byte[count * host.CropBytes];
            new Random(4).NextBytes(crops);
            var (expected, found) = (new float[count * 3], new float[count * 3]);

            host.Run(crops, count, new CropOutputs { Logits = expected });
            device.Run(crops, count, new CropOutputs { Logits = found });

            TestEnsemble.Equal(expected, found, 1e-4f);
        }
    }

    [Fact]
    public async Task Run_ThreadsOnADevice_EachHasMemoryOfItsOwn()
    {
        using var folder = new SplitFolder(canvas: 9, crop: 5, Pool);
        using var host = SplitFolder.Open(folder.Package);
        using var device = SplitFolder.OpenElsewhere(folder.Package);
        float[][][] expected = [.. Enumerable.Range(0, 4).Select(seed => Run(folder, host, seed))];

        await Task.WhenAll(Enumerable.Range(0, 4).Select(seed => Task.Run(() =>
        {
            for (var round = 0; round < 20; round++)
            {
                Assert.All(expected[seed].Zip(Run(folder, device, seed)), pair => TestEnsemble.Equal(pair.First, pair.Second, 1e-6f));
            }
        })));
    }

    [Fact]
    public void Row_OfATensorOnTheDevice_Throws()
    {
        using var folder = new SplitFolder(canvas: 9, crop: 5, Pool);
        using var device = SplitFolder.OpenElsewhere(folder.Package);
        using var block = OrtAllocator.DefaultInstance.Allocate(256);
        var maps = new RunTensor(WindowCut.PlacesOf(2), rows: 1, block, onDevice: true, offset: 0);

        var refused = Assert.Throws<InvalidOperationException>(() => maps.Row(0).Length);

        Assert.Contains("in the memory of the device", refused.Message, StringComparison.Ordinal);
    }

    private static float[][] Run(SplitFolder folder, ModelSession session, int seed)
    {
        float[][] answers = [.. Views.Select(_ => new float[TestFolder.Classes])];
        TestBatch.Run([.. answers.Select((answer, i) => new CropJob(
            TestBatch.Request(session),
            session,
            folder.RandomCanvas((10 * seed) + i).Pixels,
            TestEnsemble.Windows(session, Views[i]),
            areTensor: false,
            new CropOutputs { Probabilities = answer }))]);
        return answers;
    }
}
