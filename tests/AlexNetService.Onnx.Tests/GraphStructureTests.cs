using AlexNetService.Benchmarks.Engine;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Onnx.Schema;
using AlexNetService.Onnx.Tests.Support;

namespace AlexNetService.Onnx.Tests;

/// <summary>The content of a graph's file: nodes, groups, initialisers, origin; and the tables that are refused.</summary>
public sealed class GraphStructureTests
{
    private static readonly double[] Mean = [120, 115, 100];

    [Fact]
    public void Graph_OfThePaper_GroupsWhereAColumnReadsItsOwnMaps()
    {
        var groups = Parse(AlexNetLayers.ForCifar()).Graph.Node
            .Where(node => node.OpType == "Conv")
            .ToDictionary(node => node.Name, node => node.Attribute.Single(attribute => attribute.Name == "group").I);

        Assert.Equal(
            new Dictionary<string, long>
            {
                ["conv1"] = 1,
                ["lrn1.s"] = 2,
                ["conv2"] = 2,
                ["lrn2.s"] = 2,
                ["conv3"] = 1,
                ["conv4"] = 2,
                ["conv5"] = 2,
            },
            groups);
    }

    [Fact]
    public void Graph_Normalisation_IsNotTheSlowOperator()
    {
        var operators = Parse(AlexNetLayers.ForCifar()).Graph.Node.Select(node => node.OpType).Distinct().Order().ToArray();

        Assert.Equal(["Cast", "Conv", "Div", "Flatten", "Gemm", "MaxPool", "Mul", "Relu", "Softmax", "Sqrt", "Sub"], operators);
    }

    [Fact]
    public void Graph_OfTheBenchmarkWithTheOperator_NormalisesInsideAColumnWithAlphaTimesN()
    {
        var architecture = AlexNetLayers.ForImageNet(classes: 2);
        var dense = architecture with
        {
            Layers = [.. architecture.Layers.Select(layer => layer is Dense d ? d with { Units = 4 } : layer)],
        };

        var graph = ModelProto.Parser.ParseFrom(LrnOperatorGraph.Build(dense, new Draws(13).Weights(dense), Mean)).Graph;

        var normalisations = graph.Node.Where(node => node.OpType == "LRN").ToArray();
        Assert.Equal(2, normalisations.Length);
        Assert.All(normalisations, node =>
        {
            var attributes = node.Attribute.ToDictionary(attribute => attribute.Name);
            Assert.Equal((5, 5e-4f, 0.75f, 2f), (attributes["size"].I, attributes["alpha"].F, attributes["beta"].F, attributes["bias"].F));
        });
        Assert.Contains(graph.Initializer, tensor => tensor.Name == "shape.-1.48.0.0");
        Assert.Contains(graph.Initializer, tensor => tensor.Name == "shape.-1.128.0.0");
        Assert.DoesNotContain(graph.Node, node => node.OpType == "Sqrt");
    }

    [Fact]
    public void Graph_OfTheBenchmarkWithTheOperator_ComputesWhatOursDoes()
    {
        var architecture = AlexNetLayers.ForCifar();
        var weights = new Draws(14).Weights(architecture);
        var crops = new Draws(15).Pixels(2 * 3 * 28 * 28);
        using var ours = new RuntimeGraph(OneFileGraph.Build(architecture, weights, Mean));
        using var theirs = new RuntimeGraph(LrnOperatorGraph.Build(architecture, weights, Mean));

        var expected = ours.Run("image", crops, [2, 3, 28, 28], "logits");
        var actual = theirs.Run("image", crops, [2, 3, 28, 28], "logits");

        Close.Relative(1e-5, expected, actual);
    }

    [Fact]
    public void Graph_TwoNormalisationsOfOneSize_ShareTheirBand()
    {
        var shared = Parse(Small(
            new LocalResponseNormalisation("lrn1", Maps: 5, K: 2, Alpha: 1e-4, Beta: 0.75),
            new LocalResponseNormalisation("lrn2", Maps: 5, K: 2, Alpha: 1e-4, Beta: 0.75),
            new LocalResponseNormalisation("lrn3", Maps: 3, K: 1, Alpha: 2e-4, Beta: 0.5)));

        Assert.Equal(
            ["lrn.band.4.n5.alpha0.0001", "lrn.k2.4", "lrn.band.4.n3.alpha0.0002", "lrn.k1.4", "lrn.beta.0.5"],
            shared.Graph.Initializer.Select(tensor => tensor.Name).Where(name => name.StartsWith("lrn", StringComparison.Ordinal)));
    }

    [Fact]
    public void Initialisers_OfThePreset_HoldTheWeightsLittleEndian()
    {
        var architecture = AlexNetLayers.ForCifar();
        var weights = new Draws(8).Weights(architecture);

        var graph = ModelProto.Parser.ParseFrom(OneFileGraph.Build(architecture, weights, Mean)).Graph;

        foreach (var (name, dimensions) in architecture.Weights())
        {
            var tensor = Assert.Single(graph.Initializer, tensor => tensor.Name == name);
            Assert.Equal(dimensions.Select(d => (long)d), tensor.Dims);
            var expected = weights[name].Values.SelectMany(BitConverter.GetBytes);
            Assert.Equal(expected, tensor.RawData);
        }
    }

    [Fact]
    public void Model_OfAPreset_SaysWhereItComesFrom()
    {
        var model = Parse(AlexNetLayers.ForCifar());

        Assert.Equal(("AlexNetService", "0.1.0"), (model.ProducerName, model.ProducerVersion));
        Assert.Contains(model.MetadataProps, entry => entry is { Key: "preset", Value: "alexnet-cifar" });
        Assert.Contains("28×28", model.DocString, StringComparison.Ordinal);
        Assert.Equal((8, 17), (model.IrVersion, model.OpsetImport.Single().Version));
    }

    [Fact]
    public void Build_UnknownLayerKind_SaysWhichAndWhereToAddIt()
    {
        var refused = Assert.Throws<ArchitectureException>(() => Parse(Small(new Tanh("tanh1"))));

        Assert.Contains("'tanh1' is a Tanh", refused.Message, StringComparison.Ordinal);
        Assert.Contains("LayerTranslation", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_LayerCalledLikeAnOutput_IsRefused()
    {
        var refused = Assert.Throws<ArchitectureException>(() => Parse(Small(new Rectifier("logits"))));

        Assert.Contains("'logits'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_WeightsOfAnotherTable_IsRefused()
    {
        var weights = new Draws(9).Weights(AlexNetLayers.ForCifar(classes: 12));

        var refused = Assert.Throws<ArchitectureException>(() => PackageGraphs.Build(AlexNetLayers.ForCifar(), weights, Mean));

        Assert.Contains("fc8.weight", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_MeanOfOneValue_IsRefused()
    {
        var architecture = AlexNetLayers.ForCifar();

        Assert.Throws<ArgumentException>(() => PackageGraphs.Build(architecture, new Draws(10).Weights(architecture), [128]));
    }

    private static ModelProto Parse(NetworkArchitecture architecture) =>
        ModelProto.Parser.ParseFrom(OneFileGraph.Build(architecture, new Draws(11).Weights(architecture), Mean));

    private static NetworkArchitecture Small(params Layer[] between) => new("small", Columns: 2, new CropGeometry(8, 6),
    [
        new Convolution("conv1", 4, Kernel: 3, Stride: 1, Padding: 0, Reads.Image, 0.01, InitialBias: 0),
        .. between,
        new Dense("fc2", 6, Reads.BothColumns, 0.01, InitialBias: 0),
        new Rectifier("relu2"),
        new Classifier("fc3", 3, 0.01, InitialBias: 0),
    ]);

    private sealed record Tanh(string Name) : Layer(Name);
}
