using System.Text;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.ModelSpec.Tests.Package;

/// <summary>Graphs are written by hand, field by field of onnx.proto.</summary>
public sealed class GraphFileRulesTests
{
    private const int Graph = 7;
    private const int Node = 1;
    private const int Initializer = 5;
    private const string Weights = "model.weights";

    public static TheoryData<string, byte[]> PlacesOfTensors => new()
    {
        { "initializer", Bytes(Graph, Bytes(Initializer, Elsewhere)) },
        { "sparse initializer", Bytes(Graph, Bytes(15, Bytes(1, Elsewhere))) },
        { "constant", Bytes(Graph, Bytes(Node, Bytes(5, Bytes(5, Elsewhere)))) },
        { "constants", Bytes(Graph, Bytes(Node, Bytes(5, Bytes(10, Elsewhere)))) },
        { "branch", Bytes(Graph, Bytes(Node, Bytes(5, Bytes(6, Bytes(Initializer, Elsewhere))))) },
        { "function", Bytes(25, Bytes(7, Bytes(5, Bytes(5, Elsewhere)))) },
        { "training", Bytes(20, Bytes(1, Bytes(Initializer, Elsewhere))) },
        { "second graph", [.. Bytes(Graph, []), .. Bytes(Graph, Bytes(Initializer, Elsewhere))] },
        { "behind a group", [.. Bytes(Graph, [0x0b, 0x0c, .. Bytes(Initializer, Elsewhere)])] },
    };

    private static byte[] Elsewhere => [.. Text(8, "weight"), .. Bytes(13, [.. Text(1, "location"), .. Text(2, "../secret")])];

    [Theory]
    [MemberData(nameof(PlacesOfTensors))]
    public void FirstBroken_TensorInAFileThatTheCardDoesNotName_NamesTheFile(string place, byte[] model)
    {
        Assert.NotEmpty(place);
        Assert.Contains("'../secret'", Broken(model), StringComparison.Ordinal);
    }

    [Fact]
    public void FirstBroken_TensorInTheWeights_IsNull()
    {
        var tensor = Bytes(13, [.. Text(2, Weights), .. Text(1, "location")]);

        Assert.Null(Broken(Bytes(Graph, Bytes(Initializer, tensor))));
        Assert.Contains(Weights, Broken(Bytes(Graph, Bytes(Initializer, tensor)), weights: null), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(6, false)]
    [InlineData(6, true)]
    [InlineData(10, true)]
    public void FirstBroken_LongDescription_IsRefused(int field, bool inGraph)
    {
        var description = Bytes(field, new byte[GraphFileRules.MaxTextBytes + 1]);

        Assert.Contains("descriptions", Broken(inGraph ? Bytes(Graph, description) : description), StringComparison.Ordinal);
    }

    [Fact]
    public void FirstBroken_ManyShortDescriptions_CountTogether()
    {
        var half = Bytes(Graph, Bytes(10, new byte[(GraphFileRules.MaxTextBytes / 2) + 1]));

        Assert.Null(Broken(half));
        Assert.Contains("descriptions", Broken([.. half, .. half]), StringComparison.Ordinal);
    }

    [Fact]
    public void FirstBroken_LongName_IsRefused()
    {
        Assert.Null(Broken(Named(GraphFileRules.MaxNameBytes)));
        Assert.Contains("a name", Broken(Named(GraphFileRules.MaxNameBytes + 1)), StringComparison.Ordinal);

        static byte[] Named(int length) => Bytes(Graph, Bytes(Node, Text(3, new string('n', length))));
    }

    [Fact]
    public void FirstBroken_MoreNodesThanAllowed_IsRefused()
    {
        byte[] nodes = [.. Enumerable.Range(0, GraphFileRules.MaxParts).SelectMany(_ => Bytes(Node, []))];

        Assert.Contains("nodes, tensors", Broken(Bytes(Graph, nodes)), StringComparison.Ordinal);
    }

    [Fact]
    public void FirstBroken_GraphsInsideEachOther_AreRefused()
    {
        var inner = Bytes(10, []);
        for (var i = 0; i < GraphFileRules.MaxDepth; i++)
        {
            inner = Bytes(Node, Bytes(5, Bytes(6, inner)));
        }

        Assert.Contains("inside each other", Broken(Bytes(Graph, inner)), StringComparison.Ordinal);
    }

    [Fact]
    public void FirstBroken_TagThatOtherReadersCut_IsRefused() =>
        Assert.Contains("fields", Broken([0xba, 0x80, 0x80, 0x80, 0x10, 0]), StringComparison.Ordinal);

    [Fact]
    public void FirstBroken_LargeWeights_IsNull() =>
        Assert.Null(Broken(Bytes(Graph, Bytes(Initializer, [.. Text(8, "weight"), .. Bytes(9, new byte[5_000_000])]))));

    [Theory]
    [InlineData("model.ort")]
    [InlineData("MODEL.ORT")]
    public void FirstBroken_FormatThatCannotBeChecked_IsRefused(string name) => Assert.Contains(
        "Store the graph as ONNX", GraphFileRules.FirstBroken(new MemoryStream([8, 8]), name, Weights), StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("not a graph")]
    [InlineData(":\u007f")]
    public void FirstBroken_NoGraphAtAll_IsLeftToTheRuntime(string text) => Assert.Null(Broken(Encoding.UTF8.GetBytes(text)));

    private static string? Broken(byte[] model, string? weights = Weights) =>
        GraphFileRules.FirstBroken(new MemoryStream(model), ModelPackage.DefaultGraphFile, weights);

    private static byte[] Text(int field, string text) => Bytes(field, Encoding.UTF8.GetBytes(text));

    private static byte[] Bytes(int field, byte[] content) => [.. Varint((field << 3) | 2), .. Varint(content.Length), .. content];

    private static List<byte> Varint(long value)
    {
        var bytes = new List<byte>();
        for (; value > 0x7f; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
        return bytes;
    }
}
