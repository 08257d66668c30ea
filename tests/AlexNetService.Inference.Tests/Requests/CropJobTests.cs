using AlexNetService.Imaging;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Sessions;
using AlexNetService.Inference.Tests.Graphs;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Tests.Requests;

/// <summary>Windows of a canvas and given crops, probabilities, logits and features, in runs that they share.</summary>
public sealed class CropJobTests : IDisposable
{
    private const int Values = 3 * TestFolder.Crop * TestFolder.Crop;

    private readonly TestFolder folder = new();
    private readonly ModelSession session;

    public CropJobTests() => session = folder.Open(WithFeatures, TestFolder.Graph() with { WithFeatures = true }, maxCropsPerRun: 16);

    public void Dispose()
    {
        session.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void Run_GivenCropsAndAllOutputs_EqualTheSessionsOwnRun()
    {
        var crops = TestFolder.Crops(20);
        var (expected, found) = (Outputs(20), Outputs(20));
        session.Run(crops, 20, expected);

        Run(Rows(session, crops, found));

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
        var windows = TestEnsemble.Windows(session, views);
        var found = Outputs(1);

        Run(Views(canvas, windows, found));

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
        var (together, alone) = (Jobs(), Jobs());

        TestBatch.Run([.. together.Select(job => job.Job)]);
        Array.ForEach(alone, job => Run(job.Job));

        Assert.All(together.Zip(alone), pair =>
        {
            Equal(pair.Second.Outputs.Probabilities, pair.First.Outputs.Probabilities);
            Equal(pair.Second.Outputs.Logits, pair.First.Outputs.Logits);
            Equal(pair.Second.Outputs.Features, pair.First.Outputs.Features);
        });

        (CropJob Job, CropOutputs Outputs)[] Jobs()
        {
            CropOutputs[] outputs =
            [
                Outputs(1) with { Logits = default, Features = default },
                Outputs(5) with { Probabilities = default, Features = default },
                Outputs(1) with { Probabilities = default },
                Outputs(19),
            ];
            CropJob[] jobs =
            [
                Views(TestFolder.RandomCanvas(1), TestEnsemble.Windows(session, TestViews.Ten), outputs[0]),
                Rows(session, TestFolder.Crops(5), outputs[1]),
                Views(TestFolder.RandomCanvas(2), TestEnsemble.Windows(session, TestViews.Centre), outputs[2]),
                Rows(session, TestFolder.Crops(19, seed: 4), outputs[3], areTensor: true),
            ];
            return [.. jobs.Zip(outputs)];
        }
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

        Run(Rows(foreign, tensor, new() { Logits = logits }, areTensor: true));

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

        foreach (var (given, areTensor) in new[] { (crops, false), (tensor, true) })
        {
            var (expected, found) = (new float[14 * TestFolder.Classes], new float[14 * TestFolder.Classes]);
            Run(Rows(whole, given, new() { Logits = expected }, areTensor));
            Run(Rows(split, given, new() { Logits = found }, areTensor));
            Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        }
    }

    private static ModelCard WithFeatures =>
        TestFolder.Card() with { Tensors = new TensorNames("image", "logits", "probabilities", "features") };

    private static CropOutputs Outputs(int rows) => new()
    {
        Probabilities = new float[rows * TestFolder.Classes],
        Logits = new float[rows * TestFolder.Classes],
        Features = new float[rows * Values],
    };

    private static CropJob Rows(ModelSession session, byte[] crops, CropOutputs outputs, bool areTensor = false) =>
        new(TestBatch.Request(session), session, crops, windows: null, areTensor, outputs);

    private static void Run(CropJob job) => TestBatch.Run(job);

    private static void Equal(Memory<float> expected, Memory<float> found) => TestEnsemble.Equal(expected.Span, found.Span, 1e-5f);

    private CropJob Views(Canvas canvas, CropWindow[] windows, CropOutputs outputs) =>
        new(TestBatch.Request(session), session, canvas.Pixels, windows, areTensor: false, outputs);
}
