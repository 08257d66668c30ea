using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.ModelSpec.Tests.Package;

public sealed class ModelPackageTests : IDisposable
{
    private static readonly byte[] Graph = [.. "not looked into"u8];
    private static readonly string GraphSha256 = Convert.ToHexStringLower(SHA256.HashData(Graph));

    private readonly TemporaryFolder temporary = new();

    private string CardPath => Path.Combine(temporary.Path, "card.json");

    private string GraphPath => Path.Combine(temporary.Path, "model.onnx");

    public ModelPackageTests()
    {
        var card = SampleCard.Of("cats", 1) with { Graph = new GraphFile("model.onnx", GraphSha256, Graph.Length) };
        File.WriteAllBytes(CardPath, JsonSerializer.SerializeToUtf8Bytes(card, CardJson.Format.ModelCard));
        File.WriteAllBytes(GraphPath, Graph);
    }

    public void Dispose() => temporary.Dispose();

    [Fact]
    public void Open_WholePackage_ReadsTheCardAndFindsTheGraph()
    {
        var package = ModelPackage.Open(temporary.Path);

        Assert.Equal(("cats", 1, GraphPath), (package.Card.Name, package.Card.Version, package.GraphPath));
    }

    [Fact]
    public void Open_HashInUpperCase_IsTheSameHash()
    {
        Edit("graph", "sha256", GraphSha256.ToUpperInvariant());

        Assert.Equal("cats", ModelPackage.Open(temporary.Path).Card.Name);
    }

    [Fact]
    public void Open_ForeignGraphWithAHandWrittenCard_ReadsItsPreprocessing()
    {
        File.WriteAllText(CardPath, $$"""
            {
              "format": 1,
              "name": "caffenet",
              "version": 3,
              "preprocessing": {
                "canvas": 256,
                "crop": 224,
                "channels": "BGR",
                "type": "float32",
                "layout": "NHWC",
                "scale": 0.00392156862745098,
                "mean": [0.406, 0.456, 0.485],
                "std": [0.225, 0.224, 0.229]
              },
              "tensors": { "input": "data_0", "logits": "fc8_1" },
              "labels": [
                { "index": 0, "id": "n01440764", "name": "tench" },
                { "index": 1, "id": "n01443537", "name": "goldfish" }
              ],
              "graph": { "file": "model.onnx", "sha256": "{{GraphSha256}}", "bytes": {{Graph.Length}} },
              "comment": "fields that are not known are passed over"
            }
            """);

        var card = ModelPackage.Open(temporary.Path).Card;

        var input = card.Preprocessing;
        Assert.Equal((256, 224, 1 / 255.0), (input.Canvas, input.Crop, input.Scale));
        Assert.Equal((ChannelOrder.Bgr, PixelType.Float32, TensorLayout.Nhwc), (input.Channels, input.Type, input.Layout));
        Assert.Equal([0.406, 0.456, 0.485], input.Mean);
        Assert.Equal([0.225, 0.224, 0.229], input.Std);
        Assert.Equal(new TensorNames("data_0", "fc8_1", Probabilities: null, Features: null), card.Tensors);
        Assert.Equal((null, null, 0), (card.Architecture, card.Training, card.Metrics.Count));
    }

    [Fact]
    public void Open_NoCard_SaysSo()
    {
        File.Delete(CardPath);

        AssertRefused("card.json cannot be read");
    }

    [Fact]
    public void Open_CardThatIsAFolder_SaysSo()
    {
        File.Delete(CardPath);
        Directory.CreateDirectory(CardPath);

        AssertRefused("card.json cannot be read");
    }

    [Theory]
    [InlineData("", "card.json' is empty")]
    [InlineData("null", "card.json is empty")]
    [InlineData("{ \"name\": \"cats\"", "card.json is not a card")]
    [InlineData("{ \"name\": \"cats\" }", "card.json is not a card")]
    [InlineData("[]", "card.json is not a card")]
    public void Open_TextThatIsNoCard_SaysSo(string text, string reason)
    {
        File.WriteAllText(CardPath, text);

        AssertRefused(reason);
    }

    [Fact]
    public void Open_NoFormat_SaysSo()
    {
        Edit(card => card.Remove("format"));

        AssertRefused("'format'");
    }

    [Fact]
    public void Open_LayerWithoutKind_IsRefused()
    {
        Edit(card => card["architecture"]?["layers"]?[0]?.AsObject().Remove("kind"));

        AssertRefused("card.json is not a card");
    }

    [Fact]
    public void Open_UnknownLayerKind_IsRefused()
    {
        Edit("architecture", "layers", 0, "kind", "capsule");

        AssertRefused("card.json is not a card");
    }

    [Fact]
    public void Open_NoGraph_SaysSo()
    {
        File.Delete(GraphPath);

        AssertRefused("model.onnx cannot be read");
    }

    [Fact]
    public void Open_OneByteChanged_NamesBothHashes()
    {
        byte[] changed = [.. Graph];
        changed[^1] ^= 1;
        File.WriteAllBytes(GraphPath, changed);

        AssertRefused($"model.onnx has SHA-256 {Convert.ToHexStringLower(SHA256.HashData(changed))} where the card says {GraphSha256}");
    }

    [Fact]
    public void Open_OneByteMissing_NamesBothLengths()
    {
        File.WriteAllBytes(GraphPath, Graph[..^1]);

        AssertRefused("model.onnx has 14 bytes where the card says 15");
    }

    public static TheoryData<string, object[]> BrokenRules { get; } = new()
    {
        { "the card has format 2", ["format", 2] },
        { "version 0 is below 1", ["version", 0] },
        { "'../x' cannot name a model", ["name", "../x"] },
        { "'a/b' cannot name a model", ["name", "a/b"] },
        { "'a\\b' cannot name a model", ["name", "a\\b"] },
        { "cannot name a model", ["name", "cats\n"] },
        { "'.cats' cannot name a model", ["name", ".cats"] },
        { "'' cannot name a model", ["name", ""] },
        { "must be in the package folder", ["graph", "file", "../model.onnx"] },
        { "must be in the package folder", ["graph", "file", "/etc/hostname"] },
        { "must be in the package folder", ["graph", "file", "..\\model.onnx"] },
        { "must be in the package folder", ["graph", "file", ".."] },
        { "must be in the package folder", ["graph", "file", ""] },
        { "place 1 has index 2", ["labels", 1, "index", 2] },
        { "place 0 has index -1", ["labels", 0, "index", -1] },
        { "the layer table ends in 4 classes, but there are 3 labels", ["architecture", "layers", 22, "classes", 4] },
        { "the layer table and the preprocessing disagree", ["preprocessing", "crop", 27] },
        { "conv1: 63 maps cannot be divided", ["architecture", "layers", 1, "maps", 63] },
        { "a crop of 33 pixels from a canvas of 32", ["preprocessing", "crop", 33] },
        { "a uint8 input reads raw pixels", ["preprocessing", "scale", 0.5] },
        { "the ensemble weight 0 must be above 0", ["ensembleWeight", 0] },
        { "the ensemble weight -1.5 must be above 0", ["ensembleWeight", -1.5] },
        { "the temperature 0 must be above 0", ["calibration", "temperature", 0] },
    };

    [Theory]
    [MemberData(nameof(BrokenRules))]
    public void Open_BrokenRule_SaysWhich(string reason, object[] edit)
    {
        Edit(edit);

        AssertRefused(reason);
    }

    [Theory]
    [InlineData("labels", "label 0 is null")]
    [InlineData("layers", "a row of the layer table is null")]
    public void Open_NullInAList_SaysWhere(string list, string reason)
    {
        Edit(card => (list == "labels" ? card["labels"] : card["architecture"]?["layers"])?.AsArray()[0] = null);

        AssertRefused(reason);
    }

    [Theory]
    [InlineData("""{ "canvas": 32, "crop": 28, "type": "float32", "mean": [1, 2] }""", "mean must have three values")]
    [InlineData("""{ "canvas": 32, "crop": 28, "type": "float32", "std": [1, 2, 3, 4] }""", "std must have three values")]
    [InlineData("""{ "canvas": 32, "crop": 28, "type": "float32", "std": [1, 0, 1] }""", "std must not be 0")]
    [InlineData("""{ "canvas": 32, "crop": 28, "mean": [1, 2, 3] }""", "a uint8 input reads raw pixels")]
    public void Open_ImpossibleNormalisation_SaysWhy(string preprocessing, string reason)
    {
        Edit(card => card["preprocessing"] = JsonNode.Parse(preprocessing));

        AssertRefused(reason);
    }

    [Fact]
    public void Open_NoOutputNamed_SaysSo()
    {
        Edit(card => card["tensors"] = JsonNode.Parse("""{ "input": "image", "features": "features" }"""));

        AssertRefused("neither a logits nor a probabilities tensor");
    }

    [Fact]
    public void Open_TemperatureWithoutLogits_IsRefused()
    {
        Edit(card => card["tensors"] = JsonNode.Parse("""{ "input": "image", "probabilities": "probabilities" }"""));

        AssertRefused("a temperature divides logits");
    }

    private void AssertRefused(string reason)
    {
        var refused = Assert.Throws<InvalidPackageException>(() => ModelPackage.Open(temporary.Path));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.Equal(temporary.Path, refused.Folder);
    }

    /// <summary>Path of keys and indices through the card, then the value that goes there.</summary>
    private void Edit(params object[] edit) => Edit(card =>
    {
        JsonNode? node = card;
        foreach (var step in edit[..^2])
        {
            node = step is int index ? node?[index] : node?[(string)step];
        }

        node?.AsObject()[(string)edit[^2]] = JsonSerializer.SerializeToNode(edit[^1]);
    });

    private void Edit(Action<JsonObject> change)
    {
        var card = JsonNode.Parse(File.ReadAllText(CardPath))?.AsObject();
        Assert.NotNull(card);
        change(card);
        File.WriteAllText(CardPath, card.ToJsonString());
    }
}
