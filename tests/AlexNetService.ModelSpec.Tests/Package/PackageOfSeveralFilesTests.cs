using System.Text.Json.Nodes;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.ModelSpec.Tests.Package;

/// <summary>A package of graph, weights, trunk and rest, published, opened, damaged.</summary>
public sealed class PackageOfSeveralFilesTests : IDisposable
{
    private static readonly PackageFiles Files = new(PackageFiles.Bytes("a graph"u8.ToArray()))
    {
        Weights = stream =>
        {
            stream.Write("some "u8);
            stream.Write("weights"u8);
        },
        Trunk = PackageFiles.Bytes("a trunk"u8.ToArray()),
        Rest = PackageFiles.Bytes("the rest"u8.ToArray()),
    };

    private readonly TemporaryFolder temporary = new();
    private readonly PackageRepository repository;

    public PackageOfSeveralFilesTests() => repository = new PackageRepository(temporary.Path);

    private string Folder => repository.Folder("cats", 1);

    public void Dispose() => temporary.Dispose();

    [Fact]
    public void Publish_SeveralFiles_FillsInWhatWasWritten()
    {
        var published = repository.Publish(SampleCard.WithSplit("cats", 1), Files);

        Assert.Equal(
            ["cats", "cats/1", "cats/1/card.json", "cats/1/model.onnx", "cats/1/model.weights", "cats/1/rest.onnx", "cats/1/trunk.onnx"],
            temporary.Everything());
        var opened = ModelPackage.Open(Folder);
        // As sha256sum prints them.
        Assert.Equal(
            [
                new("model.onnx", "170df6144b15bdf1dced878e45ebdb2dac95d0b1a3bc68459434bbbd88681157", 7),
                new("model.weights", "a0c76a31f14d6cbed530bfac73778a5bb84861b795e8bd5d4c8eee29784fb766", 12),
                new("trunk.onnx", "f0c49cdf26850471226c33ef0eb0973cc1007d55a9fb0a12b427c61bb1ccb388", 7),
                new("rest.onnx", "391d1f2e12162d02185f6528dba89be0cb648ad1666d50481b6748e56762ba18", 8),
            ],
            opened.Card.Files);
        Assert.Equal(published.Card.Files, opened.Card.Files);
        Assert.Equal("some weights", File.ReadAllText(opened.PathOf(opened.Card.Files[1])));
    }

    [Fact]
    public void Publish_CopyOfAFile_IsThatFile()
    {
        var first = repository.Publish(SampleCard.WithSplit("cats", 1), Files);
        var weights = Path.Combine(first.Folder, "model.weights");

        var second = repository.Publish(SampleCard.WithSplit("cats", 2), Files with { Weights = PackageFiles.CopyOf(weights) });

        Assert.Equal(first.Card.Weights, second.Card.Weights);
        Assert.Equal("some weights", File.ReadAllText(Path.Combine(second.Folder, "model.weights")));
    }

    [Fact]
    public void Publish_WritingAFileFails_LeavesNothingBehind()
    {
        var failing = Files with { Rest = _ => throw new IOException("disk full") };

        Assert.Throws<IOException>(() => repository.Publish(SampleCard.WithSplit("cats", 1), failing));

        Assert.Empty(temporary.Everything());
    }

    [Fact]
    public void Publish_InspectionReturnsOtherFiles_KeepsThoseThatWereWritten()
    {
        var published = repository.Publish(
            SampleCard.WithSplit("cats", 1), Files, package => package.Card with { Weights = null, Split = null, Golden = null });

        Assert.Equal(4, ModelPackage.Open(Folder).Card.Files.Count);
        Assert.Null(published.Card.Golden);
    }

    [Fact]
    public void Publish_FilesThatTheCardDoesNotName_IsRefused()
    {
        var card = SampleCard.WithSplit("cats", 1);

        Assert.Throws<ArgumentException>(() => repository.Publish(card with { Weights = null }, Files));
        Assert.Throws<ArgumentException>(() => repository.Publish(card with { Split = null }, Files));
        Assert.Throws<ArgumentException>(() => repository.Publish(card, Files with { Trunk = null }));
        Assert.Throws<ArgumentException>(() => repository.Publish(card, "a graph"u8.ToArray()));
        Assert.Empty(temporary.Everything());
    }

    [Theory]
    [InlineData("model.onnx")]
    [InlineData("model.weights")]
    [InlineData("trunk.onnx")]
    [InlineData("rest.onnx")]
    public void Open_AFileMissingShortenedOrChanged_NamesIt(string file)
    {
        repository.Publish(SampleCard.WithSplit("cats", 1), Files);
        var path = Path.Combine(Folder, file);
        var bytes = File.ReadAllBytes(path);

        File.WriteAllBytes(path, [.. bytes[..^1], (byte)(bytes[^1] ^ 1)]);
        AssertRefused($"{file} has SHA-256");
        File.WriteAllBytes(path, bytes[..^1]);
        AssertRefused($"{file} has {bytes.Length - 1} bytes where the card says {bytes.Length}");
        File.Delete(path);
        AssertRefused($"{file} cannot be read");
    }

    public static TheoryData<string, string, object?> BrokenRules { get; } = new()
    {
        { "'../model.weights' must be in the package folder", "weights/file", "../model.weights" },
        { "'' must be in the package folder", "split/trunk/file", "" },
        { "'model.onnx' is named twice", "split/rest/file", "model.onnx" },
        { "is named twice", "weights/file", "Card.JSON" },
        { "the split names no tensor of maps", "split/maps", "" },
        { "a split of 0 maps", "split/count", 0 },
        { "of side 0, 2 pixels apart, is impossible", "split/cropSide", 0 },
        { "0 pixels apart, is impossible", "split/step", 0 },
        { "the crops' offsets 0, 2 and 4 are not multiples of the split's step of 4", "split/step", 4 },
        { "a crop's maps have side 11, so a canvas's maps have 13, not 14", "split/canvasSide", 14 },
        { "the layer table shares 96×11×11 maps of a crop and 96×13×13 of a canvas, 2 pixels apart", "split/count", 32 },
        { "the crops of 'alexnet-cifar' share no layers", "architecture/meanImage", true },
        { "the trunk of a split reads NCHW", "preprocessing/layout", "NHWC" },
        { "the golden crop's answer has 3 bytes; the labels need 12", "golden/logits", "AAAA" },
        { "the golden crop's answer holds a value that is not a finite number", "golden/logits", "AACAPwAAAAAAAMB/" }, // 1, 0, NaN
        { "the golden crop's answer holds a value that is not a finite number", "golden/logits", "AACAPwAAAAAAAID/" }, // 1, 0, -∞
        { "the golden crop's tolerance 0 must be above 0", "golden/tolerance", 0 },
        { "the golden crop's answer is logits", "tensors/logits", null },
        { "'a/b' cannot name a model", "quantization/fromName", "a/b" },
        { "version 0 of the source package is below 1", "quantization/fromVersion", 0 },
        { "calibrated on -1 photographs and measured on 500", "quantization/calibrationImages", -1 },
        { "calibrated on 200 photographs and measured on 0", "quantization/images", 0 },
        { "the errors of a quantized package must be shares of 0 to 1", "quantization/top1ErrorAfter", 22.5 },
        { "card.json is not a card", "split/type", "int4" },
        { "card.json is not a card", "quantization/precision", "int2" },
    };

    [Theory]
    [MemberData(nameof(BrokenRules))]
    public void Open_BrokenRule_SaysWhich(string reason, string field, object? value)
    {
        repository.Publish(SampleCard.WithSplit("cats", 1), Files);
        var path = Path.Combine(Folder, "card.json");
        var card = JsonNode.Parse(File.ReadAllText(path));
        var keys = field.Split('/');
        var place = keys[..^1].Aggregate(card, (node, key) => node?[key])?.AsObject();
        Assert.NotNull(place);
        place[keys[^1]] = value is null ? null : JsonValue.Create(value);
        if (field == "tensors/logits")
        {
            card?.AsObject().Remove("calibration"); // whose own rule would speak first
        }

        File.WriteAllText(path, card?.ToJsonString());

        AssertRefused(reason);
    }

    [Fact]
    public void Open_SplitOfAForeignGraph_NeedsNoLayerTable()
    {
        repository.Publish(SampleCard.WithSplit("cats", 1) with { Architecture = null }, Files);

        Assert.Equal(13, ModelPackage.Open(Folder).Card.Split?.CanvasSide);
    }

    // Packages from before crops shared the inside of the paper's second stage, and packages of 16 bits, have the cut behind pool1.
    [Theory]
    [InlineData("pool1", 96, 31, 27, 8)]
    [InlineData("shared", 640, 16, 14, 16)]
    public void Open_SplitOfThePapersTable_WithOrWithoutTheInside(string maps, int count, int canvasSide, int cropSide, int step)
    {
        var card = SampleCard.WithSplit("cats", 1);
        var table = AlexNetLayers.ForImageNet(card.Labels.Count);
        Assert.NotNull(card.Split);

        repository.Publish(
            card with
            {
                Architecture = table,
                Preprocessing = new Preprocessing { Canvas = table.Geometry.Canvas, Crop = table.Geometry.Crop },
                Split = card.Split with { Maps = maps, Count = count, CanvasSide = canvasSide, CropSide = cropSide, Step = step },
            },
            Files);

        Assert.Equal(count, ModelPackage.Open(Folder).Card.Split?.Count);
    }

    private void AssertRefused(string reason)
    {
        var refused = Assert.Throws<InvalidPackageException>(() => ModelPackage.Open(Folder));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }
}
