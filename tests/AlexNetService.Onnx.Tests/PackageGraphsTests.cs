using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Onnx.Schema;
using AlexNetService.Onnx.Tests.Support;
using static AlexNetService.Onnx.Schema.TensorProto.Types;

namespace AlexNetService.Onnx.Tests;

/// <summary>Whole, trunk and rest over one file of weights: the content of the files, and that both ways compute the same.</summary>
public sealed class PackageGraphsTests : IDisposable
{
    private static readonly double[] Mean = [123.7, 116.3, 103.5];

    private readonly TemporaryFolder folder = new();

    public static TheoryData<string> Tables { get; } = [.. Architectures().Keys];

    [Theory]
    [MemberData(nameof(Tables))]
    public void Split_OnTheTenCropsOfACanvas_EqualsTheWholeGraph(string table)
    {
        var architecture = Architectures()[table];
        var (card, trunk) = (Write(architecture), SharedTrunk.Of(architecture));
        Assert.NotNull(trunk);
        trunk = SharedInside.Of(architecture, trunk)?.Folded ?? trunk;
        var windows = CropViews.Ten(architecture.Geometry);
        var canvas = new Draws(31).Pixels(3 * architecture.Geometry.Canvas * architecture.Geometry.Canvas);
        var crops = windows.SelectMany(window => Crop(window, canvas, architecture.Geometry)).ToArray();

        var expected = Whole(card, crops, windows.Length);
        var mirrored = new byte[canvas.Length];
        new CropWindow(0, 0, Mirrored: true).CopyTo(canvas, architecture.Geometry.Canvas, mirrored, architecture.Geometry.Canvas);
        var maps = Trunk(card, [.. canvas, .. mirrored], 2, architecture.Geometry.Canvas);
        Assert.Equal(2 * trunk.Canvas.Values, maps.Length);
        var actual = Rest(card, [.. windows.SelectMany(window => Window(window, maps, trunk, architecture.Geometry))], windows.Length);

        AssertSame(expected, actual);
    }

    [Theory]
    [MemberData(nameof(Tables))]
    public void Split_OnACrop_EqualsTheWholeGraph(string table)
    {
        var architecture = Architectures()[table];
        var card = Write(architecture);
        var side = architecture.Geometry.Crop;
        var crops = new Draws(32).Pixels(3 * 3 * side * side);

        var actual = Rest(card, Trunk(card, crops, 3, side), 3);

        AssertSame(Whole(card, crops, 3), actual);
    }

    [Theory]
    [MemberData(nameof(Tables))]
    public void Whole_OverAFileOfWeights_EqualsTheGraphThatHoldsThem(string table)
    {
        var architecture = Architectures()[table];
        var card = Write(architecture);
        var side = architecture.Geometry.Crop;
        var crops = new Draws(33).Pixels(2 * 3 * side * side);
        using var plain = new RuntimeGraph(OneFileGraph.Build(architecture, new Draws(30).Weights(architecture), Mean));

        var expected = plain.Run("image", crops, [2, 3, side, side], ["logits", "probabilities", "features"]);

        Assert.Equal(expected, Whole(card, crops, 2));
    }

    [Fact]
    public void Rest_OfAStageThatPads_RunsItAtTheEdgesOnly()
    {
        var card = Write(PaddedTable.Of(kernel: 5, padding: 2, window: 3));

        string[] pooled = [.. Graph(card.Split?.Rest).Node.Where(node => node.OpType == "MaxPool").Select(node => node.Output[0])];

        Assert.Equal(["pool2.left", "pool2.right", "pool2.top", "pool2.bottom"], pooled);
        Assert.Contains(Graph(card.Split?.Trunk).Node, node => node.Output[0] == "pool2.inside");
    }

    [Fact]
    public void Halves_Together_HoldEveryWeightOnceAndTheWholeHoldsThemAll()
    {
        var architecture = AlexNetLayers.ForCifar();
        var card = Write(architecture);
        string[] names = [.. architecture.Weights().Select(weight => weight.Name)];

        var (trunk, rest) = (Graph(card.Split?.Trunk), Graph(card.Split?.Rest));

        Assert.Equal(["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias"], Weights(trunk));
        Assert.Equal(names[4..], Weights(rest));
        Assert.Equal(names, Weights(Graph(card.Graph)));

        string[] Weights(GraphProto graph) => [.. graph.Initializer.Select(tensor => tensor.Name).Where(names.Contains)];
    }

    [Fact]
    public void WeightsFile_OfThreeGraphs_HoldsEveryLargeTensorOnceAtAnAlignedPlace()
    {
        var architecture = AlexNetLayers.ForCifar();
        var weights = new Draws(30).Weights(architecture);
        var card = Write(architecture);
        var file = File.ReadAllBytes(PathOf(card.Weights));
        var places = new SortedDictionary<long, (string Name, long Bytes)>();

        foreach (var tensor in new[] { card.Graph, card.Split?.Trunk, card.Split?.Rest }.SelectMany(graph => Graph(graph).Initializer))
        {
            var bytes = tensor.Dims.Aggregate(tensor.DataType == (int)DataType.Float ? 4L : 8, (product, dimension) => product * dimension);
            if (tensor.DataLocation == DataLocation.External)
            {
                var entries = tensor.ExternalData.ToDictionary(entry => entry.Key, entry => entry.Value);
                var (offset, length) = (Number(entries["offset"]), Number(entries["length"]));
                Assert.Equal(("model.weights", bytes, 0), (entries["location"], length, offset % (bytes < 4096 ? 64 : 4096)));
                Assert.True(bytes >= 1024, $"{tensor.Name} has {bytes} bytes; so few stay in the graph.");
                Assert.False(tensor.HasRawData);
                Assert.True(places.TryAdd(offset, (tensor.Name, bytes)) || places[offset] == (tensor.Name, bytes), tensor.Name);
                if (tensor.Name.EndsWith(".weight", StringComparison.Ordinal))
                {
                    Assert.Equal(
                        weights[tensor.Name].Values, MemoryMarshal.Cast<byte, float>(file.AsSpan((int)offset, (int)length)).ToArray());
                }
            }
            else
            {
                Assert.True(bytes < 1024, $"{tensor.Name} has {bytes} bytes and is in the graph.");
            }
        }

        // One after the other, none over another, nothing behind the last but what it needs.
        Assert.Equal(places.Values.Select(place => place.Name).Distinct().Count(), places.Count);
        Assert.All(places.Zip(places.Skip(1)), pair => Assert.InRange(
            pair.Second.Key - pair.First.Key - pair.First.Value.Bytes, 0, 4095));
        Assert.Equal(file.Length, places.Last().Key + places.Last().Value.Bytes);
    }

    [Fact]
    public void Graphs_OfAnyPackage_NameTheHashOfTheirWeights()
    {
        var card = Write(AlexNetLayers.ForCifar());

        var expected = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(PathOf(card.Weights))));

        Assert.All(new[] { card.Graph, card.Split?.Trunk, card.Split?.Rest }, graph =>
            Assert.Contains(Model(graph).MetadataProps, entry => entry.Key == "weights.sha256" && entry.Value == expected));
    }

    [Fact]
    public void Graphs_OfCropsThatShareNothing_AreTheWholeAlone()
    {
        var architecture = AlexNetLayers.ForCifar() with { MeanImage = true };

        var graphs = PackageGraphs.Build(
            architecture, new Draws(34).Weights(architecture), [.. new Draws(35).Uniform(architecture.MeanValues, 100, 150)]);

        Assert.Equal((null, null), (graphs.Files.Trunk, graphs.Files.Rest));
        var card = graphs.Describe(Card(architecture));
        Assert.Equal((null, "model.weights"), (card.Split, card.Weights?.File));
    }

    [Fact]
    public void Temperature_OfAPackage_IsInTheWholeAndTheRestAlike()
    {
        var architecture = AlexNetLayers.ForCifar();
        var plain = Write(architecture);
        var side = architecture.Geometry.Crop;
        var crops = new Draws(36).Pixels(2 * 3 * side * side);
        var logits = Whole(plain, crops, 2)[0];

        var warm = Write(architecture, temperature: 2.5);

        var (whole, split) = (Whole(warm, crops, 2), Rest(warm, Trunk(warm, crops, 2, side), 2));
        Assert.Equal(logits, whole[0]);
        var softened = logits.Chunk(architecture.Classes).SelectMany(row =>
        {
            var powers = row.Select(logit => Math.Exp((logit - row.Max()) / 2.5)).ToArray();
            return powers.Select(power => power / powers.Sum());
        }).ToArray();
        Close.Relative(1e-5, softened, whole[1]);
        Close.Relative(1e-5, softened, split[1]);
    }

    public void Dispose() => folder.Dispose();

    // The paper's table with its geometry and its convolutions, but dense layers that need no 230 MB.
    private static Dictionary<string, NetworkArchitecture> Architectures()
    {
        var paper = AlexNetLayers.ForImageNet(classes: 12);
        var thin = paper with { Layers = [.. paper.Layers.Select(layer => layer is Dense dense ? dense with { Units = 32 } : layer)] };
        return new()
        {
            ["paper"] = thin,
            ["paper without normalisation, tanh"] = new NetworkSwitches { ResponseNormalisation = false, Tanh = true }.Apply(thin),
            ["paper in one column"] = new NetworkSwitches { Columns = 1 }.Apply(thin),
            ["small"] = AlexNetLayers.ForCifar(),
            ["padded by 2"] = PaddedTable.Of(kernel: 5, padding: 2, window: 3),
            ["padded by 1, but for the last pooled row"] = PaddedTable.Of(kernel: 3, padding: 1, window: 2),
        };
    }

    private static ModelCard Card(NetworkArchitecture architecture) => new()
    {
        Name = "m",
        Version = 1,
        Preprocessing = new Preprocessing { Canvas = architecture.Geometry.Canvas, Crop = architecture.Geometry.Crop },
        Architecture = architecture,
        Tensors = new TensorNames("", ""),
        Labels = [.. Enumerable.Range(0, architecture.Classes).Select(i => new ClassLabel(i, $"{i}", $"{i}"))],
        Graph = new GraphFile("", "", 0),
    };

    private static byte[] Crop(CropWindow window, byte[] canvas, CropGeometry geometry)
    {
        var crop = new byte[3 * geometry.Crop * geometry.Crop];
        window.CopyTo(canvas, geometry.Canvas, crop, geometry.Crop);
        return crop;
    }

    /// <summary>A crop's window of the maps of the canvas, or of the mirrored canvas, which come second.</summary>
    private static float[] Window(CropWindow window, float[] maps, SharedTrunk trunk, CropGeometry geometry)
    {
        var far = geometry.Canvas - geometry.Crop;
        var (top, left) = (window.Top / trunk.Step, (window.Mirrored ? far - window.Left : window.Left) / trunk.Step);
        var (side, from) = (trunk.Canvas.Width, window.Mirrored ? trunk.Canvas.Values : 0);
        var cut = new float[trunk.Crop.Values];
        for (var i = 0; i < cut.Length; i++)
        {
            var (map, place) = Math.DivRem(i, trunk.Crop.Width * trunk.Crop.Height);
            var (row, column) = Math.DivRem(place, trunk.Crop.Width);
            cut[i] = maps[from + (((map * side) + top + row) * side) + left + column];
        }

        return cut;
    }

    private static void AssertSame(float[][] expected, float[][] actual)
    {
        Close.Relative(1e-5, [.. expected[0]], actual[0]);
        Assert.All(expected[1].Zip(actual[1]), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        Close.Relative(1e-5, [.. expected[2]], actual[2]);

        // Answers that were all alike would be the same whatever is cut.
        Assert.True(expected[1].Chunk(expected[1].Length / 3).Select(part => part[0]).Distinct().Count() > 1);
    }

    private ModelCard Write(NetworkArchitecture architecture, double? temperature = null)
    {
        var graphs = PackageGraphs.Build(architecture, new Draws(30).Weights(architecture), Mean);
        graphs = temperature is { } warm ? graphs.WithTemperature(warm) : graphs;
        var package = new PackageRepository(folder.Path).Publish(
            graphs.Describe(Card(architecture)) with { Version = temperature is null ? 1 : 2 }, graphs.Files);
        return ModelPackage.Open(package.Folder).Card;
    }

    private float[][] Whole(ModelCard card, byte[] crops, int count)
    {
        var side = card.Preprocessing.Crop;
        using var graph = new RuntimeGraph(PathOf(card.Graph, card.Version));
        return graph.Run("image", crops, [count, 3, side, side], ["logits", "probabilities", "features"]);
    }

    private float[] Trunk(ModelCard card, byte[] pictures, int count, int side)
    {
        Assert.NotNull(card.Split);
        using var graph = new RuntimeGraph(PathOf(card.Split.Trunk, card.Version));
        return graph.Run("image", pictures, [count, 3, side, side], card.Split.Maps);
    }

    private float[][] Rest(ModelCard card, float[] maps, int count)
    {
        Assert.NotNull(card.Split);
        using var graph = new RuntimeGraph(PathOf(card.Split.Rest, card.Version));
        var (_, _, name, _, channels, _, side, _) = card.Split;
        return graph.Run(name, maps, [count, channels, side, side], ["logits", "probabilities", "features"]);
    }

    private string PathOf(GraphFile? file, int version = 1)
    {
        Assert.NotNull(file);
        return Path.Combine(folder.Path, "m", version.ToString(CultureInfo.InvariantCulture), file.File);
    }

    private ModelProto Model(GraphFile? file) => ModelProto.Parser.ParseFrom(File.ReadAllBytes(PathOf(file)));

    private GraphProto Graph(GraphFile? file) => Model(file).Graph;

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
