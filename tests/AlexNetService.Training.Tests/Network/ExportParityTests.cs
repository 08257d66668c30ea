using System.Runtime.InteropServices;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Onnx;
using AlexNetService.Training.Network;
using static TorchSharp.torch;

namespace AlexNetService.Training.Tests.Network;

/// <summary>
/// Both translations of a layer table give the same logits, on inputs that are large enough for response normalisation to matter.
/// </summary>
public sealed class ExportParityTests : IDisposable
{
    private const double Tolerance = 1e-5;

    private readonly TemporaryFolder folder = new();

    public static TheoryData<string, Layer[]> LayerKinds => new()
    {
        { "convolution of both columns", [new Convolution("x", 6, 3, 2, 1, Reads.BothColumns, 0.1, 0.5)] },
        { "convolution of its own column", [new Convolution("x", 6, 3, 1, 0, Reads.OwnColumn, 0.1, 0.5)] },
        { "convolution over the edge", [new Convolution("x", 6, 3, 2, 1, Reads.OwnColumn, 0.1, 0.5) { EdgePadding = 3 }] },
        { "scaling", [new Scaling("x", 1.0 / 64)] },
        { "rectifier", [new Rectifier("x")] },
        { "tanh", [new HyperbolicTangent("x")] },
        { "response normalisation", [new LocalResponseNormalisation("x", 5, 2, 1e-4, 0.75)] },
        { "response normalisation of another power", [new LocalResponseNormalisation("x", 3, 1, 1e-3, 0.5)] },
        { "overlapping max pooling", [new MaxPooling("x", 3, 2)] },
        { "max pooling without overlap", [new MaxPooling("x", 2, 2)] },
        { "dense of both columns", [new Dense("x", 8, Reads.BothColumns, 0.1, 0.5)] },
        { "dense of its own column", [new Dense("x", 8, Reads.OwnColumn, 0.1, 0.5)] },
        { "dropout", [new Dropout("x", 0.5)] },
    };

    [Theory]
    [MemberData(nameof(LayerKinds))]
    public void LayerKind_InTorchAndOnnx_GivesTheSameLogits(string kind, Layer[] layers)
    {
        var architecture = new NetworkArchitecture("kind", 2, new CropGeometry(20, 16),
        [
            new Convolution("first", 8, 3, 1, 0, Reads.Image, 0.3, 0),
            .. layers,
            new Dense("feature", 8, Reads.BothColumns, 0.1, 1),
            new Rectifier("feature-relu"),
            new Classifier("last", 4, 0.1, 0),
        ]);

        Assert.True(Difference(architecture, crops: 5) <= Tolerance, kind);
    }

    [Theory]
    [InlineData(AlexNetLayers.AlexNet, 1000, 3)]
    [InlineData(AlexNetLayers.AsOf2012, 1000, 2)]
    [InlineData(AlexNetLayers.Torchvision, 1000, 2)]
    [InlineData(AlexNetLayers.Cifar, 10, 32)]
    [InlineData(AlexNetLayers.Small, 200, 8)]
    public void Preset_InTorchAndOnnx_GivesTheSameLogits(string preset, int classes, int crops)
    {
        var difference = Difference(Tables.Preset(preset, classes), crops);

        Assert.True(difference <= Tolerance, $"relative difference {difference:E2}");
    }

    [Fact]
    public void Standardisation_InTorchAndOnnx_GivesTheSameLogits()
    {
        var tiny = Tables.Tiny();
        var architecture = tiny with { Layers = [new Standardisation("x", [1, 20, 0.5]), .. tiny.Layers] };

        Assert.True(Difference(architecture, crops: 5) <= Tolerance);
    }

    [Fact]
    public void MeanImage_InTorchAndOnnx_GivesTheSameLogits()
    {
        Assert.True(Difference(Tables.Tiny() with { MeanImage = true }, crops: 5) <= Tolerance);
    }

    public static TheoryData<NetworkSwitches> Switches =>
    [
        new NetworkSwitches { Tanh = true },
        new NetworkSwitches { ResponseNormalisation = false },
        new NetworkSwitches { OverlappingPooling = false },
        new NetworkSwitches { Dropout = 0 },
        new NetworkSwitches { Columns = 1 },
        new NetworkSwitches { Exchange = false },
        new NetworkSwitches
        {
            Tanh = true,
            ResponseNormalisation = false,
            OverlappingPooling = false,
            Dropout = 0,
            Columns = 1,
            Exchange = false,
        },
    ];

    [Theory]
    [MemberData(nameof(Switches))]
    public void Switch_OfThePreset_GivesTheSameLogitsInTorchAndOnnx(NetworkSwitches switches)
    {
        var difference = Difference(switches.Apply(AlexNetLayers.ForCifar()), crops: 4);

        Assert.True(difference <= Tolerance, $"relative difference {difference:E2}");
    }

    public void Dispose() => folder.Dispose();

    /// <summary>The largest difference of a logit, relative to the largest logit.</summary>
    private double Difference(NetworkArchitecture architecture, int crops)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var network = new ColumnNetwork(architecture, ColumnPlacement.OnCpu(architecture.Columns));
        ColumnWeights.Initialise(network, seed: 11);
        network.eval();
        var pixels = new byte[crops * 3 * architecture.Geometry.Crop * architecture.Geometry.Crop];
        new Random(12).NextBytes(pixels);
        var mean = Enumerable.Range(0, architecture.MeanValues).Select(i => 100.0 + (i % 40)).ToArray();
        var graphs = PackageGraphs.Build(architecture, ColumnWeights.Merge(network), mean);
        var card = graphs.Describe(new ModelCard
        {
            Name = "parity",
            Version = 1,
            Architecture = architecture,
            Preprocessing = new Preprocessing { Canvas = architecture.Geometry.Canvas, Crop = architecture.Geometry.Crop },
            Tensors = AlexNetGraph.Tensors,
            Labels = [.. Enumerable.Range(0, architecture.Classes).Select(index => new ClassLabel(index, $"{index}", $"{index}"))],
            Graph = new GraphFile("", "", 0),
        });
        var package = new PackageRepository(folder.Path).Publish(card, graphs.Files);
        using var session = ModelSession.Open(package, new RuntimeOptions());
        var actual = new float[crops * architecture.Classes];
        session.Run(pixels, crops, new CropOutputs { Logits = actual });

        var side = architecture.Geometry.Crop;
        var meanShape = architecture.MeanImage ? new long[] { 1, 3, side, side } : [1, 3, 1, 1];
        var input = tensor(pixels).to(ScalarType.Float32).reshape(crops, 3, side, side)
            - tensor(mean, dtype: ScalarType.Float32).reshape(meanShape);
        var expected = MemoryMarshal.Cast<byte, float>(network.call(input).contiguous().bytes).ToArray();
        Assert.True(expected.Max() - expected.Min() > 1e-3, "all logits are the same, so the comparison proves nothing");
        return expected.Zip(actual, (one, other) => Math.Abs((double)one - other)).Max() / expected.Max(value => Math.Abs((double)value));
    }
}
