using AlexNetService.Imaging;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Tests.Graphs;

/// <summary>A repository of tiny packages in a temporary folder.</summary>
public sealed class TestFolder : IDisposable
{
    public const int Canvas = 6;
    public const int Crop = 4;
    public const int Classes = 3;

    public string Root { get; } = Directory.CreateTempSubdirectory("alexnet-inference-").FullName;

    /// <summary>A card with the usual tiny geometry.</summary>
    public static ModelCard Card(string name = "tiny", int classes = Classes) => new()
    {
        Name = name,
        Version = 1,
        Preprocessing = new Preprocessing { Canvas = Canvas, Crop = Crop },
        Tensors = new TensorNames("image", "logits", "probabilities", Features: null),
        Labels = [.. Enumerable.Range(0, classes).Select(i => new ClassLabel(i, $"id{i}", $"name {i}"))],
        Graph = new GraphFile(ModelPackage.DefaultGraphFile, "", 0),
    };

    /// <summary>A graph with random weights, for uint8 RGB NCHW crops.</summary>
    internal static TinyGraph Graph(int seed = 1, int classes = Classes, int crop = Crop)
    {
        var random = new Random(seed);
        return new TinyGraph
        {
            Input = [0, 3, crop, crop],
            Classes = classes,
            Weights = Values(random, 3 * crop * crop * classes, 0.01f),
            Biases = Values(random, classes, 0.5f),
        };
    }

    internal ModelPackage Publish(ModelCard card, TinyGraph graph) => new PackageRepository(Root).Publish(card, graph.ToModel());

    internal ModelSession Open(ModelCard card, TinyGraph graph, int maxCropsPerRun = 8) =>
        ModelSession.Open(Publish(card, graph), Options(maxCropsPerRun));

    public static RuntimeOptions Options(int maxCropsPerRun = 8) => new() { Threads = 1, MaxCropsPerRun = maxCropsPerRun };

    /// <summary>[count,3,crop,crop] of random pixels.</summary>
    public static byte[] Crops(int count, int seed = 2)
    {
        var crops = new byte[count * 3 * Crop * Crop];
        new Random(seed).NextBytes(crops);
        return crops;
    }

    public static Canvas RandomCanvas(int seed, int side = Canvas)
    {
        var pixels = new byte[3 * side * side];
        new Random(seed).NextBytes(pixels);
        return new Canvas(side, pixels);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private static float[] Values(Random random, int count, float scale) =>
        [.. Enumerable.Range(0, count).Select(_ => scale * ((2 * random.NextSingle()) - 1))];
}
