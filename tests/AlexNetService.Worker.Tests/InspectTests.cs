using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Worker.Tests;

public class InspectTests
{
    [Fact]
    public async Task Inspect_OfThePapersPreset_PrintsShapesParametersAndMultiplyAdds()
    {
        var (code, output, _) = await Programs.AlexnetAsync("inspect", "--preset", "alexnet");

        Assert.Equal(ExitCode.Done, code);
        var lines = output.Split('\n');
        var conv3 = Assert.Single(lines, line => line.Contains("conv3 ", StringComparison.Ordinal));
        Assert.Contains("both columns", conv3, StringComparison.Ordinal);
        Assert.Contains("384×13×13", conv3, StringComparison.Ordinal);
        Assert.Contains("885,120", conv3, StringComparison.Ordinal);
        Assert.Contains("149,520,384", conv3, StringComparison.Ordinal);
        var total = Assert.Single(lines, line => line.Contains("total", StringComparison.Ordinal));
        Assert.Contains("60,965,224", total, StringComparison.Ordinal);
        Assert.Contains("724,406,816", total, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_OfThePresetOf2012_SaysHowItDiffersFromThatCode()
    {
        var (code, output, _) = await Programs.AlexnetAsync("inspect", "--preset", "alexnet-2012");

        Assert.Equal(ExitCode.Done, code);
        var text = string.Join(' ', output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        Assert.All(AlexNetLayers.Differences("alexnet-2012"), difference => Assert.Contains(difference, text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Inspect_WithOtherClasses_CountsThem()
    {
        var (_, output, _) = await Programs.AlexnetAsync("inspect", "--preset", "alexnet", "--classes", "10");

        // 990 classes fewer, 4,097 parameters each.
        Assert.Contains("56,909,194", output, StringComparison.Ordinal);
    }

    // By hand: conv3's device reads the other's 128·13·13 maps, 4 bytes each, for 128 crops; two devices; as many gradients come back.
    [Fact]
    public async Task Inspect_Exchange_PrintsWhatTheDevicesSend()
    {
        var (code, output, _) = await Programs.AlexnetAsync("inspect", "--preset", "alexnet", "--exchange", "--batch-size", "128");

        Assert.Equal(ExitCode.Done, code);
        var table = output[output.IndexOf("What the devices", StringComparison.Ordinal)..].Split('\n');
        Assert.Matches(@"conv2 .*nothing", Assert.Single(table, line => line.Contains("conv2", StringComparison.Ordinal)));
        Assert.Matches(
            @"192×13×13 +128×13×13 +128×13×13 +each to each +22,151,168 +44,302,336",
            Assert.Single(table, line => line.Contains("conv3", StringComparison.Ordinal)));
        Assert.Matches(
            @"the others to the first +1,048,576 +2,097,152", Assert.Single(table, line => line.Contains("fc8", StringComparison.Ordinal)));
        Assert.Contains(
            "60,030,976", Assert.Single(table, line => line.Contains("total", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    // TrainingRecipe: a step of alexnet-cifar has 64 photographs, one of alexnet 128.
    [Fact]
    public async Task Inspect_ExchangeWithoutABatch_TakesThePresets()
    {
        var (_, usual, _) = await Programs.AlexnetAsync("inspect", "--preset", "alexnet-cifar", "--exchange");
        var (_, named, _) = await Programs.AlexnetAsync("inspect", "--preset", "alexnet-cifar", "--exchange", "--batch-size", "64");

        Assert.Contains("64 crops", usual, StringComparison.Ordinal);
        Assert.Equal(named, usual);
    }

    [Fact]
    public async Task Inspect_OfTheFolderOfAModel_TakesTheNewestVersion()
    {
        using var folder = new TemporaryFolder();
        var repository = new PackageRepository(folder.Path);
        var one = RandomPackage.Publish(repository, "one", seed: 1, "a", "b", "c");
        repository.Publish(one.Card with { Version = 12, Weights = null, Split = null }, "a graph that nobody runs"u8.ToArray());
        repository.Publish(one.Card with { Version = 9, Weights = null, Split = null }, "a graph that nobody runs"u8.ToArray());

        var (code, output, _) = await Programs.AlexnetAsync("inspect", "--package", Path.Combine(folder.Path, "one"));
        var (_, _, error) = await Programs.AlexnetAsync("inspect", "--package", folder.Path);

        Assert.Equal(ExitCode.Done, code);
        Assert.StartsWith("one version 12: 3 classes", output, StringComparison.Ordinal);
        Assert.Contains("it holds models: one. Name one", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_OfAPackageWithPhotographs_PrintsWhatTheLayersGive()
    {
        using var folder = new TemporaryFolder();
        var package = RandomPackage.Publish(new PackageRepository(Path.Combine(folder.Path, "models")), "one", seed: 1, "a", "b", "c");
        var photographs = Pictures.Write(Path.Combine(folder.Path, "data"), classes: 1, perClass: 3, side: 40);

        var (code, output, _) = await Programs.AlexnetAsync("inspect", "--package", package.Folder, "--data", photographs);

        Assert.Equal(ExitCode.Done, code);
        Assert.Contains("the centre crops of 3 photographs", output, StringComparison.Ordinal);
        Assert.Contains("lrn2 divides by ", output, StringComparison.Ordinal);
        Assert.Contains("relu7 ", output[output.IndexOf("the centre crops", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_OfAPresetWithPhotographs_AsksForAPackage()
    {
        var (code, _, error) = await Programs.AlexnetAsync("inspect", "--preset", "alexnet-cifar", "--data", Path.GetTempPath());

        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("name the --package to run on --data", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_OfAPackage_PrintsItsFilesItsTrunkAndWhatIsKnownOfIt()
    {
        using var folder = new TemporaryFolder();
        var repository = new PackageRepository(folder.Path);
        var one = RandomPackage.Publish(repository, "one", seed: 1, "a", "b", "c");
        var card = one.Card with
        {
            Version = 2,
            Golden = GoldenCrop.Of(2012, [1, 2, 3], 1e-3),
            Quantization =
                new Quantization(Precision.Int8, "one", 1, one.Card.Graph.Sha256, 200, "photographs", 500, 0.25, 0.26, 0.05, 0.06),
        };
        Action<Stream> CopyOf(string file) => PackageFiles.CopyOf(Path.Combine(one.Folder, file));
        var two = repository.Publish(card, new PackageFiles(CopyOf("model.onnx"))
        {
            Weights = CopyOf("model.weights"),
            Trunk = CopyOf("trunk.onnx"),
            Rest = CopyOf("rest.onnx"),
        });

        var (code, output, _) = await Programs.AlexnetAsync("inspect", "--package", two.Folder);

        Assert.Equal(ExitCode.Done, code);
        Assert.All(two.Card.Files, file => Assert.Contains($"{file.File}: ", output, StringComparison.Ordinal));
        Assert.All(two.Card.Files, file => Assert.Contains(file.Sha256, output, StringComparison.Ordinal));
        Assert.Contains(
            "8 layers to pool2: 96 maps pool2 of 13×13, of which a crop has 11×11, 2 pixels apart", output, StringComparison.Ordinal);
        Assert.Contains("golden crop 2012: its logits are known to 0.001 of the largest", output, StringComparison.Ordinal);
        Assert.Contains("Int8 of one version 1, calibrated on 200 photographs; on 500 of photographs", output, StringComparison.Ordinal);
        Assert.DoesNotContain("top-5", output, StringComparison.Ordinal); // of three classes
    }

    [Fact]
    public async Task Inspect_OfAPackageWithoutTrunk_SaysSo()
    {
        using var folder = new TemporaryFolder();
        var one = RandomPackage.Publish(new PackageRepository(folder.Path), "one", seed: 1, "a", "b", "c");
        var alone = new PackageRepository(folder.Path).Publish(
            one.Card with { Version = 2, Weights = null, Split = null }, "a graph that nobody runs"u8.ToArray());

        var (_, output, _) = await Programs.AlexnetAsync("inspect", "--package", alone.Folder);

        Assert.Contains("no trunk: crops are run one by one", output, StringComparison.Ordinal);
        Assert.Contains("no golden crop", output, StringComparison.Ordinal);
    }
}
