using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Onnx;
using AlexNetService.Training.Data;
using AlexNetService.Worker.Evaluate;
using AlexNetService.Worker.Quantize;

namespace AlexNetService.Worker.Tests.Quantize;

public sealed class QuantizeCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly ModelPackage package;
    private readonly string data;

    public QuantizeCommandTests()
    {
        package = RandomPackage.Publish(Repository, "one", seed: 1, "class0", "class1", "class2");
        data = Pictures.Write(Path.Combine(folder.Path, "data"));
    }

    private PackageRepository Repository => new(Path.Combine(folder.Path, "models"));

    [Theory]
    [InlineData("int8", Precision.Int8, 20)]
    [InlineData("fp16", Precision.Float16, 0)]
    public async Task Quantize_OfAPackage_PublishesASiblingWithBothErrors(string precision, Precision expected, int calibrated)
    {
        string[] calibration = precision == "int8" ? ["--calibration-images", "20"] : [];

        var (code, output, error) = await Programs.AlexnetAsync(
            ["quantize", "--package", package.Folder, "--data", data, "--precision", precision, "--max-loss", "100", .. calibration]);

        Assert.True(code == ExitCode.Done, error + output);
        var made = ModelPackage.Open(Repository.Folder($"one-{precision}", 1));
        var card = made.Card;
        Assert.NotNull(card.Quantization);
        Assert.Equal((expected, "one", 1, package.Card.Graph.Sha256, calibrated, 36), (
            card.Quantization.Precision, card.Quantization.FromName, card.Quantization.FromVersion, card.Quantization.FromSha256,
            card.Quantization.CalibrationImages, card.Quantization.Images));
        Assert.Equal(card.Quantization.Top1ErrorAfter, Assert.Single(card.Metrics).Top1Error);
        Assert.NotNull(card.Golden);
        Assert.Contains(
            $"before: 36 photographs, 10 crops: top-1 error {card.Quantization.Top1ErrorBefore:P2}", output, StringComparison.Ordinal);
        Assert.Equal(await ErrorOfTheServiceAsync(package), card.Quantization.Top1ErrorBefore, 1e-12);
        Assert.Equal(await ErrorOfTheServiceAsync(made), card.Quantization.Top1ErrorAfter, 1e-12);
    }

    [Fact]
    public void Network_ThatLosesMoreThanIsAllowed_IsNotPublished()
    {
        using var source = DataSetOpener.Open(data);
        var narrowed = new NarrowedPackage(
            package,
            Precision.Float16,
            CalibrationImages: 0,
            new HeldOutPhotographs(source, source.Photographs, []),
            MaxLoss: -0.01, // it would have to be better
            new RuntimeOptions { Threads = 1 });

        var refusal = Assert.Throws<InputException>(
            () => narrowed.Publish(FloatNetwork.Open(package).ToHalf(), Repository, "worse", 1, CancellationToken.None));

        Assert.Contains("Nothing was published", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(["one"], Repository.Names());
    }

    [Theory]
    [InlineData("Name the --package", "--data", "x")]
    [InlineData("go with --precision int8", "--precision", "fp16", "--weight-bits", "8")]
    [InlineData("takes 1 or more", "--calibration-images", "0")]
    [InlineData("'9'", "--weight-bits", "9")]
    public async Task Quantize_WithAnImpossibleOption_SaysWhatToDo(string expected, params string[] arguments)
    {
        var (code, output, error) = await Programs.AlexnetAsync(["quantize", .. arguments]);

        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains(expected, error + output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quantize_OfAPackageOfBytes_NamesTheOneItWasMadeFrom()
    {
        var (first, _, _) = await Programs.AlexnetAsync("quantize", "--package", package.Folder, "--data", data, "--max-loss", "100");

        var (code, _, error) = await Programs.AlexnetAsync("quantize", "--package", Repository.Folder("one-int8", 1), "--data", data);

        Assert.Equal((ExitCode.Done, ExitCode.BadInput), (first, code));
        Assert.Contains("one version 1", error, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    /// <summary>Share of the photographs for which the service's first prediction is not the right class, with ten crops.</summary>
    private async Task<double> ErrorOfTheServiceAsync(ModelPackage served)
    {
        using var source = DataSetOpener.Open(data);
        using var session = ModelSession.Open(served, new RuntimeOptions { Threads = 1 });
        await using var engine = new InferenceEngine(new QueueOptions(), new DecodingOptions(), TimeProvider.System);
        var wrong = 0;
        foreach (var photograph in source.Photographs)
        {
            using var result = await engine.RunAsync(new PhotographRequest(
                source.Read(photograph.Path), Ensemble.Alone(session), TestViews.Ten));
            var answer = Assert.IsType<InferenceResult.Answered>(result).Probabilities.ToArray();
            wrong += Array.IndexOf(answer, answer.Max()) == photograph.Label ? 0 : 1;
        }

        return (double)wrong / source.Photographs.Count;
    }
}
