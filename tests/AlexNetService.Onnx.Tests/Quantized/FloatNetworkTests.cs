using System.Runtime.Intrinsics.X86;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Onnx.Quantized;
using AlexNetService.Onnx.Schema;
using AlexNetService.Onnx.Tests.Support;
using Microsoft.ML.OnnxRuntime;

namespace AlexNetService.Onnx.Tests.Quantized;

/// <summary>Packages of fewer bits in ONNX Runtime, compared with their source package.</summary>
public sealed class FloatNetworkTests : IDisposable
{
    private const int Crops = 4;

    private static readonly NetworkArchitecture Architecture = AlexNetLayers.ForCifar();

    private readonly TemporaryFolder folder = new();
    private readonly byte[] pixels = new Draws(41).Pixels(Crops * 3 * 28 * 28);

    private PackageRepository Repository => new(folder.Path);

    // Intel's manual, CPUID leaf 7: AVX512_VNNI is bit 11 of ECX of subleaf 0, AVX-VNNI bit 4 of EAX of subleaf 1. Other processors add
    // two products of bytes in 16 bits, and the sum can overflow with 8-bit weights.
    private static bool CanMultiplyFullBytes { get; } = !X86Base.IsSupported
        || (X86Base.CpuId(7, 0).Ecx & (1 << 11)) != 0
        || (X86Base.CpuId(7, 1).Eax & (1 << 4)) != 0;

    [Theory]
    [InlineData(7)]
    [InlineData(8)]
    public void Int8_OfAPackage_AnswersNearlyTheSame(int weightBits)
    {
        Assert.SkipUnless(weightBits < 8 || CanMultiplyFullBytes, "This processor has no VNNI, and 8-bit weights overflow on it.");
        var (package, network) = Publish(Architecture);
        var expected = Logits(package.GraphPath);

        var made = Made(package, network.ToInt8(Ranges(network, package), weightBits));

        Close.Relative(0.05, expected, Logits(made.GraphPath));
        Assert.True(Bytes(made) < 0.28 * Bytes(package), $"{Bytes(made)} bytes of {Bytes(package)}");
    }

    [Fact]
    public void Half_OfAPackage_AnswersNearlyTheSame()
    {
        var (package, network) = Publish(Architecture);
        var expected = Logits(package.GraphPath);

        var made = Made(package, network.ToHalf());

        Close.Relative(0.005, expected, Logits(made.GraphPath));
        Assert.True(Bytes(made) < 0.52 * Bytes(package), $"{Bytes(made)} bytes of {Bytes(package)}");
        Assert.Equal(MapType.Float16, made.Card.Split?.Type);
    }

    [Fact]
    public void Int8_InOnnxRuntime_MultipliesBytesEverywhereBehindTheTrunk()
    {
        var (package, network) = Publish(Architecture);
        var made = Made(package, network.ToInt8(Ranges(network, package), weightBits: 7));
        var optimised = Path.Combine(folder.Path, "optimised.onnx");
        using (var options = new SessionOptions { OptimizedModelFilePath = optimised })
        {
            options.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL;
            new InferenceSession(made.GraphPath, options).Dispose();
        }

        var operators = ModelProto.Parser.ParseFrom(File.ReadAllBytes(optimised)).Graph.Node.CountBy(node => node.OpType).ToDictionary();

        Assert.Equal(3, operators["QLinearConv"]);
        Assert.Equal(3, operators["QGemm"]);
        Assert.Equal(4, operators["Conv"]); // conv1 and conv2, and the sums of squares of two response normalisations
        Assert.DoesNotContain("Gemm", operators);
    }

    [Theory]
    [InlineData(Precision.Int8, false, 1e-6)]
    [InlineData(Precision.Int8, true, 1e-6)]
    [InlineData(Precision.Float16, false, 1e-3)] // within the whole graph a CPU skips the rounding of the maps
    [InlineData(Precision.Float16, true, 1e-3)]
    public void TrunkAndRest_OfFewerBits_EqualTheWholeGraph(Precision precision, bool padded, double tolerance)
    {
        var (package, network) = Publish(padded ? PaddedTable.Of(kernel: 5, padding: 2, window: 3) : Architecture);
        var made = Made(package, precision == Precision.Int8 ? network.ToInt8(Ranges(network, package), 7) : network.ToHalf());
        var split = made.Card.Split;
        Assert.NotNull(split);
        using var trunk = new InferenceSession(Path.Combine(made.Folder, split.Trunk.File));
        using var rest = new InferenceSession(Path.Combine(made.Folder, split.Rest.File));

        using var run = new RunOptions();
        using var input = Input(package.Card.Preprocessing.Crop);
        using var maps = trunk.Run(run, ["image"], [input], [split.Maps]);
        using var logits = rest.Run(run, [split.Maps], [maps[0]], ["logits"]);

        Close.Relative(tolerance, Logits(made.GraphPath), logits[0].GetTensorDataAsSpan<float>());
    }

    [Fact]
    public void Int8_OfATableWithoutTrunk_IsOneGraphWhoseFirstLayerMultipliesBytesToo()
    {
        var table = Architecture with
        {
            Layers =
            [
                .. Architecture.Layers.Select(layer => layer is Convolution { Name: "conv1" } first ? first with { Padding = 2 } : layer),
            ],
        };
        var (package, network) = Publish(table);
        var expected = Logits(package.GraphPath);

        var made = Made(package, network.ToInt8(Ranges(network, package), weightBits: 7));

        Close.Relative(0.05, expected, Logits(made.GraphPath));
        Assert.Null(made.Card.Split);
        var conv1 = Graph(made).Initializer.Single(tensor => tensor.Name == "conv1.weight");
        Assert.Equal((int)TensorProto.Types.DataType.Int8, conv1.DataType);
    }

    [Fact]
    public void Temperature_InTheGraph_StaysThere()
    {
        var (package, _) = Publish(Architecture, graphs => graphs.WithTemperature(2.5));
        var network = FloatNetwork.Open(package);

        var made = Made(package, network.ToInt8(Ranges(network, package), weightBits: 7));

        var powers = Logits(made.GraphPath).Take(10).Select(logit => Math.Exp(logit / 2.5)).ToArray();
        Close.Relative(1e-4, [.. powers.Select(power => power / powers.Sum())], Run(made.GraphPath, "probabilities")[0].AsSpan(0, 10));
    }

    [Theory]
    [InlineData(null, 0)]
    [InlineData(Precision.Float16, 1e-3)] // 11 bits
    [InlineData(Precision.Int8, 1.0 / 100)] // half a step of 63
    public void Weights_ReadBackFromAPackage_AreThoseOfTheNetwork(Precision? precision, double tolerance)
    {
        var (package, network) = Publish(Architecture);
        var weights = new Draws(40).Weights(Architecture);
        package = precision switch
        {
            Precision.Int8 => Made(package, network.ToInt8(Ranges(network, package), weightBits: 7)),
            Precision.Float16 => Made(package, network.ToHalf()),
            _ => package,
        };

        var (read, mean) = PackageWeights.Read(package);

        Assert.Equal([120, 115, 100], mean);
        foreach (var shape in Architecture.Weights())
        {
            var (expected, actual) = (weights[shape.Name].Values, read[shape.Name].Values);
            var largest = expected.Max(Math.Abs);
            Assert.Equal(expected, actual, (one, other) => Math.Abs(one - other) <= tolerance * largest);
        }
    }

    [Fact]
    public void Weights_OfAPackageWithoutALayerTable_AreRefusedByName()
    {
        var (package, _) = Publish(Architecture);

        var refusal = Assert.Throws<InvalidPackageException>(
            () => PackageWeights.Read(package with { Card = package.Card with { Architecture = null } }));

        Assert.Contains("no layer table", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Package_OfFewerBits_IsNotNarrowedAgain()
    {
        var (package, _) = Publish(Architecture);
        var narrowed = package with
        {
            Card = package.Card with { Quantization = new Quantization(Precision.Int8, "exact", 3, "", 1, "set", 1, 0, 0, 0, 0) },
        };

        var refused = Assert.Throws<InvalidPackageException>(() => FloatNetwork.Open(narrowed));

        Assert.Contains("exact version 3", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Package_WhoseWeightsWereCutShort_IsRefusedByName()
    {
        var (package, network) = Publish(Architecture);
        using (var weights = File.OpenWrite(Path.Combine(package.Folder, "model.weights")))
        {
            weights.SetLength(weights.Length / 2);
        }

        var refusal = Assert.Throws<InvalidPackageException>(() => network.ToHalf());

        Assert.Contains(".weight' cannot be read", refusal.Message, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private (ModelPackage Package, FloatNetwork Network) Publish(
        NetworkArchitecture table, Func<PackageGraphs, PackageGraphs>? change = null)
    {
        var graphs = PackageGraphs.Build(table, new Draws(40).Weights(table), [120, 115, 100]);
        graphs = change?.Invoke(graphs) ?? graphs;
        var package = Repository.Publish(graphs.Describe(new ModelCard
        {
            Name = "exact",
            Version = 1,
            Architecture = table,
            Preprocessing = new Preprocessing { Canvas = table.Geometry.Canvas, Crop = table.Geometry.Crop },
            Tensors = AlexNetGraph.Tensors,
            Labels = [.. Enumerable.Range(0, 10).Select(index => new ClassLabel(index, $"{index}", $"{index}"))],
            Graph = new GraphFile(ModelPackage.DefaultGraphFile, "", 0),
        }), graphs.Files);
        return (package, FloatNetwork.Open(package));
    }

    private ModelPackage Made(ModelPackage from, PackageGraphs graphs) =>
        Repository.Publish(graphs.Describe(from.Card with { Name = "narrow" }), graphs.Files);

    private Dictionary<string, TensorRange> Ranges(FloatNetwork network, ModelPackage package)
    {
        var path = Path.Combine(package.Folder, "measured.onnx");
        File.WriteAllBytes(path, network.WithMeasuredOutputs());
        var values = Run(path, [.. network.Measured]);
        File.Delete(path);
        return network.Measured.Index().ToDictionary(tensor => tensor.Item, tensor =>
        {
            var histogram = new ValueHistogram();
            histogram.Add(values[tensor.Index]);
            return histogram.BestRange();
        });
    }

    private float[] Logits(string path) => Run(path, "logits")[0];

    private float[][] Run(string path, params string[] outputs)
    {
        using var session = new InferenceSession(path);
        using var run = new RunOptions();
        using var input = Input(session.InputMetadata["image"].Dimensions[^1]);
        using var results = session.Run(run, ["image"], [input], outputs);
        return [.. results.Select(result => result.GetTensorDataAsSpan<float>().ToArray())];
    }

    private OrtValue Input(int side) =>
        OrtValue.CreateTensorValueFromMemory(pixels[..(Crops * 3 * side * side)], [Crops, 3, side, side]);

    private static GraphProto Graph(ModelPackage package) => ModelProto.Parser.ParseFrom(File.ReadAllBytes(package.GraphPath)).Graph;

    private static long Bytes(ModelPackage package) => package.Card.Files.Sum(file => file.Bytes);
}
