using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.ModelSpec.Weights;
using AlexNetService.Onnx;

namespace AlexNetService.Api.FunctionalTests.Hosting;

/// <summary>
/// A folder of alexnet-cifar packages with random weights: <c>cifar-a</c> and <c>cifar-b</c> with the same ten labels, and
/// <c>seven</c> with seven other labels and a weight in its card. Only <c>cifar-a</c> has a filter picture, which is an arbitrary one.
/// </summary>
public sealed class TestRepository : IDisposable
{
    public const string Default = "cifar-a,cifar-b";

    public const double SevenWeight = 2.5;

    public TestRepository()
    {
        Publish("cifar-a", classes: 10, seed: 1);
        Publish("cifar-b", classes: 10, seed: 2);
        PublishSeven(version: 1);
    }

    public string Root { get; } = Directory.CreateTempSubdirectory("alexnet-api-").FullName;

    /// <summary>Publishes another version of <c>seven</c>, with other weights, or a model like it.</summary>
    public void PublishSeven(int version, string name = "seven") =>
        Publish(name, classes: 7, seed: 2 + version, ensembleWeight: SevenWeight, version);

    /// <summary>Names the default ensemble, as if it had been measured.</summary>
    public void WriteEnsemble(string name, ConfidenceTable confidence) => new EnsembleCard
    {
        Name = name,
        Members =
        [
            .. Default.Split(',').Select(member =>
            {
                var card = ModelPackage.Open(new PackageRepository(Root).Folder(member, 1)).Card;
                return new EnsembleCardMember(member, 1, card.Graph.Sha256, Weight: 1);
            }),
        ],
        Confidence = confidence,
    }.Write(Root);

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private void Publish(string name, int classes, int seed, double? ensembleWeight = null, int version = 1)
    {
        var architecture = AlexNetLayers.ForCifar(classes);
        var random = new Random(seed);
        var weights = architecture.Weights().ToDictionary(shape => shape.Name, shape => Weight(shape, random));
        var card = new ModelCard
        {
            Name = name,
            Version = version,
            Architecture = architecture,
            Preprocessing = new Preprocessing { Canvas = architecture.Geometry.Canvas, Crop = architecture.Geometry.Crop },
            Tensors = AlexNetGraph.Tensors,
            Labels = [.. Enumerable.Range(0, classes).Select(i => new ClassLabel(i, $"id{i}", $"class {i}"))],
            EnsembleWeight = ensembleWeight,
            Graph = new GraphFile(ModelPackage.DefaultGraphFile, "", 0),
            Filters = name == "cifar-a" ? new GraphFile(ModelPackage.DefaultFiltersFile, "", 0) : null,
        };
        var graphs = PackageGraphs.Build(architecture, new NamedWeights(architecture, weights), [125, 123, 114]);
        new PackageRepository(Root).Publish(graphs.Describe(card), graphs.Files with
        {
            Filters = card.Filters is null ? null : PackageFiles.Bytes(Pictures.Encode(seed, ".png")),
        });
    }

    // Large enough that answers differ between pictures; biases are small.
    private static WeightTensor Weight(WeightShape shape, Random random)
    {
        var inputs = shape.Dimensions.Skip(1).Aggregate(1, (product, dimension) => product * dimension);
        var scale = shape.Dimensions.Count == 1 ? 0.1f : MathF.Sqrt(4f / inputs);
        var values = new float[shape.Dimensions[0] * inputs];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = scale * ((2 * random.NextSingle()) - 1);
        }

        return new WeightTensor(shape.Dimensions, values);
    }
}
