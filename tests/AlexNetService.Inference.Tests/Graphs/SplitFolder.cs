using AlexNetService.Imaging;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Tests.Graphs;

/// <summary>A tiny network, once as one graph and once as trunk and rest.</summary>
internal sealed class SplitFolder : IDisposable
{
    private readonly TestFolder folder = new();
    private readonly TinyGraph graph;

    /// <param name="canvas">Side of the canvas, in pixels.</param>
    /// <param name="crop">Side of the crops, in pixels.</param>
    /// <param name="pool">The trunk.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="floats">Whether the trunk takes normalised floats, blue first, instead of bytes.</param>
    public SplitFolder(int canvas, int crop, TinyGraph.TinyPool pool, int classes = TestFolder.Classes, bool floats = false)
    {
        var input = new Preprocessing { Canvas = canvas, Crop = crop };
        input = floats
            ? input with { Type = PixelType.Float32, Channels = ChannelOrder.Bgr, Scale = 1 / 255.0, Mean = [0.4, 0.5, 0.6] }
            : input;
        var (ofCanvas, ofCrop) = (Side(canvas, pool), Side(crop, pool));
        var random = new Random(3);
        graph = new TinyGraph
        {
            Input = [0, 3, crop, crop],
            FloatInput = floats,
            Classes = classes,
            Pool = pool,
            Weights = Values(random, 3 * ofCrop * ofCrop * classes, (floats ? 4f : 0.05f) / ofCrop),
            Biases = Values(random, classes, 0.5f),
        };
        Whole = folder.Publish(TestFolder.Card("whole", classes) with { Preprocessing = input }, graph);
        var split = new SplitGraph(
            new GraphFile("trunk.onnx", "", 0),
            new GraphFile("rest.onnx", "", 0),
            TinyGraph.Maps,
            pool.Type,
            Count: 3,
            ofCanvas,
            ofCrop,
            pool.Step);
        File.WriteAllBytes(Path.Combine(Whole.Folder, "trunk.onnx"), graph.ToTrunk());
        File.WriteAllBytes(Path.Combine(Whole.Folder, "rest.onnx"), graph.ToRest());
        Package = Whole with { Card = Whole.Card with { Name = "split", Split = split } };
    }

    /// <summary>The network as one graph.</summary>
    public ModelPackage Whole { get; }

    /// <summary>The same network as trunk and rest.</summary>
    public ModelPackage Package { get; }

    public Canvas RandomCanvas(int seed) => TestFolder.RandomCanvas(seed, Whole.Card.Preprocessing.Canvas);

    /// <summary>Opens a package as on a GPU: in memory that counts as the device's, which the CPU's allocator gives.</summary>
    public static ModelSession OpenElsewhere(ModelPackage package, int maxCropsPerRun = 16, string? batchSizes = null) => ModelSession.Open(
        package,
        new RuntimeOptions { Threads = 1, MaxCropsPerRun = maxCropsPerRun, BatchSizes = batchSizes },
        new ExecutionTarget("cpu", "CPUExecutionProvider") { IsElsewhere = true });

    public static ModelSession Open(ModelPackage package, int maxCropsPerRun = 16, string? batchSizes = null) =>
        ModelSession.Open(package, new RuntimeOptions { Threads = 1, MaxCropsPerRun = maxCropsPerRun, BatchSizes = batchSizes });

    public void Dispose() => folder.Dispose();

    private static int Side(int side, TinyGraph.TinyPool pool) => ((side + (2 * pool.Padding) - pool.Window) / pool.Step) + 1;

    private static float[] Values(Random random, int count, float scale) =>
        [.. Enumerable.Range(0, count).Select(_ => scale * ((2 * random.NextSingle()) - 1))];
}
