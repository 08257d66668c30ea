using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.ModelSpec.Weights;
using AlexNetService.Onnx;
using AlexNetService.Onnx.Quantized;

namespace AlexNetService.Benchmarks.Engine;

/// <summary>
/// Packages of the full network with random weights, three in float32 and three in int8, as large and as slow as trained ones. They are
/// made once and reused. The int8 ones are calibrated on noise, so their answers mean nothing.
/// </summary>
/// <param name="folder">The folder of the packages.</param>
/// <param name="architecture">Another layer table than the full one.</param>
internal sealed class FullSizePackages(string folder, NetworkArchitecture? architecture = null)
{
    private const int Seed = 2012;
    private const int CalibrationRuns = 4;
    private const int CropsPerRun = 10;

    private static readonly double[] MeanColour = [123.7, 116.3, 103.5];
    private readonly PackageRepository repository = new(Directory.CreateDirectory(folder).FullName);

    /// <summary>Names of the float32 packages.</summary>
    public static IReadOnlyList<string> Floats { get; } = ["full-a", "full-b", "full-c"];

    /// <summary>Names of the int8 packages.</summary>
    public static IReadOnlyList<string> Bytes { get; } = [.. Floats.Select(name => name + "-int8")];

    private NetworkArchitecture Architecture { get; } = architecture ?? AlexNetLayers.ForImageNet();

    /// <summary>Opens a package, and makes it first if it does not exist.</summary>
    public ModelPackage Open(string name)
    {
        if (repository.Versions(name).Count > 0)
        {
            return ModelPackage.Open(repository.Folder(name, 1));
        }

        Console.Error.WriteLine($"making {name} …");
        return Bytes.Contains(name) ? MakeBytes(name) : MakeFloats(name);
    }

    /// <summary>Path of the first package's network as one graph with the LRN operator, as other exporters write it.</summary>
    public string WithNormalisationOperator()
    {
        var path = Path.Combine(folder, "lrn-operator.onnx");
        if (!File.Exists(path))
        {
            File.WriteAllBytes(path, LrnOperatorGraph.Build(Architecture, Weights(Floats[0]), MeanColour));
        }

        return path;
    }

    private ModelPackage MakeFloats(string name)
    {
        var graphs = PackageGraphs.Build(Architecture, Weights(name), MeanColour);
        return repository.Publish(graphs.Describe(Card(name)), graphs.Files);
    }

    private ModelPackage MakeBytes(string name)
    {
        var floats = Open(Floats[Bytes.ToList().IndexOf(name)]);
        var network = FloatNetwork.Open(floats);
        var histograms = network.Measured.ToDictionary(tensor => tensor, _ => new ValueHistogram());
        using (var probe = GraphProbe.Open(network.WithMeasuredOutputs(), floats, new RuntimeOptions()))
        {
            var crops = new byte[CropsPerRun * NetworkArchitecture.Channels * Architecture.Geometry.Crop * Architecture.Geometry.Crop];
            for (var run = 0; run < CalibrationRuns; run++)
            {
                new Random(run).NextBytes(crops);
                probe.Run(crops, network.Measured, (tensor, values) => histograms[tensor].Add(values));
            }
        }

        var graphs = network.ToInt8(histograms.ToDictionary(pair => pair.Key, pair => pair.Value.BestRange()), weightBits: 7);
        return repository.Publish(graphs.Describe(floats.Card with
        {
            Name = name,
            Quantization = new Quantization(
                Precision.Int8, floats.Card.Name, 1, floats.Card.Graph.Sha256, CalibrationRuns, "noise", CalibrationRuns, 1, 1, 1, 1),
        }), graphs.Files);
    }

    private ModelCard Card(string name) => new()
    {
        Name = name,
        Version = 1,
        Architecture = Architecture,
        Preprocessing = new Preprocessing { Canvas = Architecture.Geometry.Canvas, Crop = Architecture.Geometry.Crop },
        Tensors = AlexNetGraph.Tensors,
        Labels = [.. Enumerable.Range(0, Architecture.Classes).Select(index => new ClassLabel(index, $"class-{index}", $"class {index}"))],
        Graph = new GraphFile(ModelPackage.DefaultGraphFile, "", 0),
    };

    // Mean 0 and variance 2 / (inputs of a unit) keep signals in the range of a trained network, so the arithmetic has the usual speed.
    private NamedWeights Weights(string name)
    {
        var random = new Random(Seed + Floats.ToList().IndexOf(name));
        return new NamedWeights(Architecture, Architecture.Weights().ToDictionary(shape => shape.Name, shape =>
        {
            var reads = shape.Dimensions.Skip(1).Aggregate(1, (product, dimension) => product * dimension);
            var limit = shape.Dimensions.Count == 1 ? 0 : MathF.Sqrt(6f / reads);
            var values = new float[shape.Dimensions[0] * reads];
            foreach (ref var value in values.AsSpan())
            {
                value = limit * ((2 * random.NextSingle()) - 1);
            }

            return new WeightTensor(shape.Dimensions, values);
        }));
    }
}
