using AlexNetService.ModelSpec.Package;
using AlexNetService.ModelSpec.Weights;

namespace AlexNetService.Worker.Tests.Import;

public sealed class ImportTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task Import_OfWhatExportWrote_GivesTheSameGraphAndLabels()
    {
        var (weights, repository) = (InFolder("sub/weights.safetensors"), InFolder("models"));
        string[] untrained = ["export", "--preset", "alexnet-cifar", "--untrained", "--classes", "3"];
        await DoneAsync([.. untrained, "--format", "safetensors", "--output", weights]);
        await DoneAsync([.. untrained, "--repository", repository, "--name", "exported"]);

        var import =
            await DoneAsync("import", "--weights", weights, "--repository", repository, "--name", "imported", "--model-version", "7");

        Assert.Contains("alexnet-cifar, 3 classes", import.Output, StringComparison.Ordinal);
        Assert.Contains("parity on 32 random crops", import.Output, StringComparison.Ordinal);
        var exported = ModelPackage.Open(Path.Combine(repository, "exported", "1")).Card;
        var imported = ModelPackage.Open(Path.Combine(repository, "imported", "7")).Card;
        Assert.Equal(exported.Graph.Sha256, imported.Graph.Sha256);
        Assert.Equal(exported.Labels, imported.Labels);
        Assert.Equal("weights.safetensors", imported.ImportedFrom?.File);
        Assert.Equal(64, imported.ImportedFrom?.Sha256.Length);
    }

    [Fact]
    public async Task Import_OfOtherSoftwaresFile_FindsThePresetAndNeedsTheMeanColour()
    {
        var (weights, repository) = (InFolder("others.safetensors"), InFolder("models"));
        await DoneAsync(
            "export", "--preset", "alexnet-cifar", "--untrained", "--classes", "3", "--format", "safetensors", "--output", weights);
        var own = SafeTensors.Read(weights);
        var extra = new Dictionary<string, WeightTensor>(own.Tensors) { ["ema.decay"] = new([1], [0.9f]) };
        new SafeTensors(extra, new Dictionary<string, string>()).Write(weights);

        var (code, _, error) = await Programs.AlexnetAsync("import", "--weights", weights, "--repository", repository);

        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("--mean-colour R,G,B", error, StringComparison.Ordinal);

        var labels = InFolder("labels.txt");
        await File.WriteAllTextAsync(labels, "a\tant\nb\tbee\nc\tcat\n", TestContext.Current.CancellationToken);
        var import = await DoneAsync(
            "import", "--weights", weights, "--repository", repository, "--mean-colour", "127.5,127.5,127.5", "--labels", labels);

        Assert.Contains("1 tensors of", import.Error, StringComparison.Ordinal);
        Assert.Contains("ema.decay", import.Error, StringComparison.Ordinal);
        var card = ModelPackage.Open(Path.Combine(repository, "alexnet-cifar", "1")).Card;
        Assert.Equal([new ClassLabel(0, "a", "ant"), new ClassLabel(1, "b", "bee"), new ClassLabel(2, "c", "cat")], card.Labels);
    }

    [Fact]
    public async Task Import_OfACheckpoint_SaysHowToExportIt()
    {
        var file = InFolder("epoch-0001.safetensors");
        var metadata = new Dictionary<string, string> { ["alexnet.training-state"] = "{}" };
        new SafeTensors(new Dictionary<string, WeightTensor>(), metadata).Write(file);

        await RefusedAsync("alexnet export --run", "import", "--weights", file);
    }

    [Fact]
    public async Task Import_OfAnotherNetwork_SaysWhatItMisses()
    {
        var file = InFolder("vgg.safetensors");
        var vgg = new Dictionary<string, WeightTensor>
        {
            ["features.0.weight"] = new([64, 3, 3, 3], new float[64 * 27]),
            ["classifier.6.weight"] = new([4, 8], new float[32]),
        };
        new SafeTensors(vgg, new Dictionary<string, string>()).Write(file);
        await RefusedAsync(
            "Weight conv1.weight has dimensions [64,3,3,3] where 'alexnet-torchvision' has [64,3,11,11]", "import", "--weights", file);

        vgg.Remove("classifier.6.weight");
        new SafeTensors(vgg, new Dictionary<string, string>()).Write(file);
        await RefusedAsync(
            "no [classes, inputs] named fc8.weight or, as in torchvision's alexnet, classifier.6.weight", "import", "--weights", file);
    }

    [Fact]
    public async Task Import_OfNoWeights_SaysSo()
    {
        var file = InFolder("notes.txt");
        await File.WriteAllTextAsync(file, "These are no weights.", TestContext.Current.CancellationToken);

        await RefusedAsync("neither a file of torch.save", "import", "--weights", file);
        await RefusedAsync("Name the --weights", "import");
        await RefusedAsync("Could not find file", "import", "--weights", InFolder("nowhere.pth"));
        await RefusedAsync("three numbers of 0 to 255", "import", "--weights", file, "--mean-colour", "1,2");
    }

    [Fact]
    public async Task Import_OfInfiniteWeights_IsRefused()
    {
        var file = InFolder("infinite.safetensors");
        await DoneAsync(
            "export", "--preset", "alexnet-cifar", "--untrained", "--classes", "3", "--format", "safetensors", "--output", file);
        var weights = SafeTensors.Read(file);
        weights.Tensors["fc6.bias"].Values[7] = float.PositiveInfinity;
        weights.Write(file);

        await RefusedAsync("infinite", "import", "--weights", file, "--repository", InFolder("models"));
        Assert.False(Directory.Exists(InFolder("models")));
    }

    [Theory]
    [InlineData("--output goes with --format safetensors", "--output", "x.safetensors")]
    [InlineData("--name goes with --format package", "--format", "safetensors", "--output", "x.safetensors", "--name", "one")]
    [InlineData("Name the --output", "--format", "safetensors")]
    [InlineData(
        "Torchvision has no network like 'alexnet-cifar'",
        "--format", "safetensors", "--output", "x.safetensors", "--names", "torchvision")]
    public Task Export_WithOptionsThatDoNotFit_SaysWhich(string reason, params string[] options) =>
        RefusedAsync(reason, ["export", "--preset", "alexnet-cifar", "--untrained", .. options]);

    public void Dispose() => folder.Dispose();

    private string InFolder(string name) => Path.Combine(folder.Path, name);

    private static async Task<ProgramResult> DoneAsync(params string[] arguments)
    {
        var result = await Programs.AlexnetAsync(arguments);
        Assert.True(result.ExitCode == ExitCode.Done, result.Error);
        return result;
    }

    private static async Task RefusedAsync(string reason, params string[] arguments)
    {
        var (code, _, error) = await Programs.AlexnetAsync(arguments);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }
}
