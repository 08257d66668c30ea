using AlexNetService.Imaging;
using AlexNetService.Inference.Batching;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Sessions;
using AlexNetService.Inference.Tests.Graphs;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Tests.Batching;

/// <summary>Windows of a canvas and given crops, probabilities, logits and features, in runs that they share.</summary>
public sealed class CropKindsTests : IDisposable
{
    private const int Values = 3 * TestFolder.Crop * TestFolder.Crop;

    private readonly TestFolder folder = new();
    private readonly ModelSession session;

    public CropKindsTests() => session = folder.Open(WithFeatures, TestFolder.Graph() with { WithFeatures = true }, maxCropsPerRun: 16);

    public void Dispose()
    {
        session.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void Run_GivenCropsAndAllOutputs_EqualTheSessionsOwnRun()
    {
        var crops = TestFolder.Crops(20);
        var (expected, found) = (Targets(20), Targets(20));
        session.Run(crops, 20, new CropOutputs
        {
            Probabilities = expected.Probabilities.Span,
            Logits = expected.Logits.Span,
            Features = expected.Features.Span,
        });

        Run(new GivenWork(session, GivenCrops.Pixels(crops), found));

        Equal(expected.Probabilities, found.Probabilities);
        Equal(expected.Logits, found.Logits);
        Equal(expected.Features, found.Features);
    }

    [Theory]
    [InlineData(TestViews.Centre)]
    [InlineData(TestViews.Ten)]
    public void Run_FeaturesOfACanvas_AreTheMeanOfItsWindows(TestViews views)
    {
        var canvas = TestFolder.RandomCanvas(3);
        var windows = views.Windows(session.Card.Preprocessing);
        var found = Targets(1);

        Run(new CanvasWork(session, canvas.Pixels, windows, found));

        // The features of this graph are the pixels themselves.
        var (mean, crop) = (new float[Values], new byte[Values]);
        foreach (var window in windows)
        {
            window.CopyTo(canvas.Pixels, TestFolder.Canvas, crop, TestFolder.Crop);
            for (var i = 0; i < Values; i++)
            {
                mean[i] += crop[i] / (float)windows.Length;
            }
        }

        Assert.All(mean.Zip(found.Features.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-3f));
    }

    [Fact]
    public void Run_WorksOfBothKindsAndSeveralOutputsInOneRun_EachGetsWhatItGetsAlone()
    {
        var (together, alone) = (Works(), Works());

        new CropBatch(TimeProvider.System, meters: null).Run(together, 0);
        Array.ForEach(alone, Run);

        Assert.All(together.Zip(alone), pair =>
        {
            Equal(pair.Second.Targets.Probabilities, pair.First.Targets.Probabilities);
            Equal(pair.Second.Targets.Logits, pair.First.Targets.Logits);
            Equal(pair.Second.Targets.Features, pair.First.Targets.Features);
            Assert.True(pair.First.Done.IsCompletedSuccessfully);
        });

        CropWork[] Works() =>
        [
            new CanvasWork(session, TestFolder.RandomCanvas(1).Pixels, Windows(TestViews.Ten), Targets(1) with { Logits = default, Features = default }),
            new GivenWork(session, GivenCrops.Pixels(TestFolder.Crops(5)), Targets(5) with { Probabilities = default, Features = default }),
            new CanvasWork(session, TestFolder.RandomCanvas(2).Pixels, Windows(TestViews.Centre), Targets(1) with { Probabilities = default }),
            new GivenWork(session, GivenCrops.Tensor(TestFolder.Crops(19, seed: 4)), Targets(19)),
        ];
    }

    [Theory]
    [InlineData(PixelType.Float32, ChannelOrder.Bgr, TensorLayout.Nhwc)]
    [InlineData(PixelType.Float32, ChannelOrder.Rgb, TensorLayout.Nchw)]
    [InlineData(PixelType.UInt8, ChannelOrder.Bgr, TensorLayout.Nhwc)]
    public void Run_TensorOfAForeignPackage_GoesInAsItIs(PixelType type, ChannelOrder order, TensorLayout layout)
    {
        var floats = type == PixelType.Float32;
        var input = new Preprocessing
        {
            Canvas = TestFolder.Canvas,
            Crop = TestFolder.Crop,
            Type = type,
            Channels = order,
            Layout = layout,
            Scale = floats ? 1 / 255.0 : null,
        };
        var graph = TestFolder.Graph() with { FloatInput = floats, Input = layout == TensorLayout.Nchw ? [0, 3, 4, 4] : [0, 4, 4, 3] };
        using var foreign = folder.Open(TestFolder.Card("foreign") with { Preprocessing = input }, graph);
        var random = new Random(5);
        float[] values = [.. Enumerable.Range(0, 2 * Values).Select(_ => floats ? (2 * random.NextSingle()) - 1 : random.Next(256))];
        byte[] tensor = floats ? [.. values.SelectMany(BitConverter.GetBytes)] : [.. values.Select(value => (byte)value)];
        var logits = new float[2 * TestFolder.Classes];

        Run(new GivenWork(foreign, GivenCrops.Tensor(tensor), new CropTargets { Logits = logits }));

        var expected = values.Select(value => (double)value).Chunk(Values).SelectMany(crop => ByHand.Logits(graph, crop));
        Assert.All(expected.Zip(logits), pair => Assert.Equal(pair.First, pair.Second, 1e-3));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Run_GivenCropsOfASplitNetwork_EqualTheWholeGraph(bool floats)
    {
        using var halves = new SplitFolder(canvas: 9, crop: 5, new TinyGraph.TinyPool(Window: 2, Step: 1), floats: floats);
        using var whole = SplitFolder.Open(halves.Whole);
        using var split = SplitFolder.Open(halves.Package);
        var crops = new byte[14 * whole.CropBytes];
        new Random(1).NextBytes(crops);
        var tensor = new byte[14 * whole.TensorBytes];
        if (floats)
        {
            float[] values = [.. crops.Select(pixel => (pixel / 255f) - 0.5f)];
            Buffer.BlockCopy(values, 0, tensor, 0, tensor.Length);
        }
        else
        {
            crops.CopyTo(tensor, 0);
        }

        foreach (var given in new[] { GivenCrops.Pixels(crops), GivenCrops.Tensor(tensor) })
        {
            var (expected, found) = (new float[14 * TestFolder.Classes], new float[14 * TestFolder.Classes]);
            Run(new GivenWork(whole, given, new CropTargets { Logits = expected }));
            Run(new GivenWork(split, given, new CropTargets { Logits = found }));
            Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        }
    }

    [Fact]
    public void GivenWork_WhatDoesNotFit_IsRefused()
    {
        using var plain = folder.Open(TestFolder.Card("plain"), TestFolder.Graph());
        var two = GivenCrops.Pixels(TestFolder.Crops(2));

        Assert.Throws<ArgumentException>(() => new GivenWork(plain, two, default));
        Assert.Throws<ArgumentException>(() => new GivenWork(plain, two, new CropTargets { Probabilities = new float[3] }));
        Assert.Throws<ArgumentException>(() => new GivenWork(plain, two, new CropTargets { Features = new float[2 * Values] }));
        Assert.Throws<ArgumentException>(() => new GivenWork(plain, GivenCrops.Pixels(new byte[Values + 1]), new CropTargets { Probabilities = new float[3] }));
        Assert.Throws<ArgumentException>(() => new GivenWork(plain, GivenCrops.Pixels(default), new CropTargets { Probabilities = new float[3] }));
    }

    private static ModelCard WithFeatures => TestFolder.Card() with { Tensors = new TensorNames("image", "logits", "probabilities", "features") };

    private static CropTargets Targets(int rows) => new()
    {
        Probabilities = new float[rows * TestFolder.Classes],
        Logits = new float[rows * TestFolder.Classes],
        Features = new float[rows * Values],
    };

    private static void Run(CropWork work) => new CropBatch(TimeProvider.System, meters: null).Run([work], 0);

    private static void Equal(Memory<float> expected, Memory<float> found)
    {
        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected.ToArray().Zip(found.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    private CropWindow[] Windows(TestViews views) => views.Windows(session.Card.Preprocessing);
}
