using System.Runtime.InteropServices;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Worker.Export;

namespace AlexNetService.Worker.Tests.Export;

/// <summary>What an export publishes, and what it does not let through.</summary>
public sealed class PackageExportTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void Export_OfATableWhoseCropsShareLayers_HasTrunkRestAndAGoldenCropThatItAnswers()
    {
        var package = Export(AlexNetLayers.ForCifar());

        Assert.Equal(
            ["model.onnx", "model.weights", "trunk.onnx", "rest.onnx", "filters.png"], package.Card.Files.Select(file => file.File));
        var golden = package.Card.Golden;
        Assert.NotNull(golden);
        using var session = ModelSession.Open(ModelPackage.Open(package.Folder), new RuntimeOptions { Threads = 1 });
        var (crop, logits) = (new byte[session.CropBytes], new float[session.Classes]);
        GoldenCrop.Pixels(golden.Seed, crop);
        session.Run(crop, 1, new CropOutputs { Logits = logits });
        Assert.InRange(ParityCheck.RelativeDifference(MemoryMarshal.Cast<byte, float>(golden.Logits), logits), 0, 1e-5);
        Assert.Equal(1e-3, golden.Tolerance);
    }

    [Fact]
    public void Export_OfATableWhoseCropsShareNothing_HasTheWholeAlone()
    {
        var package = Export(AlexNetLayers.ForCifar() with { MeanImage = true });

        Assert.Equal(["model.onnx", "model.weights", "filters.png"], package.Card.Files.Select(file => file.File));
        Assert.Null(package.Card.Split);
        Assert.NotNull(package.Card.Golden);
    }

    [Fact]
    public void TrunkAndRest_OfOtherWeightsThanTheWhole_AreRefused()
    {
        var repository = new PackageRepository(folder.Path);
        var one = RandomPackage.Publish(repository, "one", seed: 1, "a", "b", "c");
        var two = RandomPackage.Publish(repository, "two", seed: 2, "a", "b", "c");
        using var other = ModelSession.Open(two, new RuntimeOptions { Threads = 1 });

        var failure = Assert.Throws<InputException>(() => SplitCheck.Require(one, other));

        Assert.Contains("Trunk and rest disagree with the whole graph", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TrunkAndRest_OfTheSameWeights_Pass()
    {
        var one = RandomPackage.Publish(new PackageRepository(folder.Path), "one", seed: 1, "a", "b", "c");
        using var session = ModelSession.Open(one, new RuntimeOptions { Threads = 1 });

        Assert.Null(Record.Exception(() => SplitCheck.Require(one, session)));
    }

    public void Dispose() => folder.Dispose();

    private ModelPackage Export(NetworkArchitecture architecture) => PackageExport.Publish(
        ExportSource.Untrained(architecture, seed: 1),
        new PackageRepository(folder.Path),
        "one",
        version: 1,
        data: null,
        threads: 1,
        TestContext.Current.CancellationToken);
}
