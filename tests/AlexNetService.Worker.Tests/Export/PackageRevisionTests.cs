using AlexNetService.Inference.Sessions;
using AlexNetService.Inference.Tests.Graphs;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Training.Measuring;
using AlexNetService.Worker.Evaluate;
using AlexNetService.Worker.Export;

namespace AlexNetService.Worker.Tests.Export;

/// <summary>What an evaluation found, on its way into a package.</summary>
public sealed class PackageRevisionTests : IDisposable
{
    private const double Temperature = 2.5;

    private static readonly Quality Before = Quality.Of(Answers.Of((0, [0.9f, 0.1f]), (1, [0.8f, 0.2f])));
    private static readonly Quality After = Quality.Of(Answers.Of((0, [0.6f, 0.4f]), (1, [0.55f, 0.45f])));

    private readonly TemporaryFolder folder = new();
    private readonly ModelPackage package;

    public PackageRevisionTests() => package = RandomPackage.Publish(Repository, "one", seed: 1, "a", "b", "c");

    private PackageRepository Repository => new(Path.Combine(folder.Path, "models"));

    private string Evaluation => Path.Combine(folder.Path, "e.json");

    [Fact]
    public void Revision_WithATemperature_ServesSoftenedProbabilitiesOfTheSameLogits()
    {
        Write(new WeightReport(Searched: true, [0.75, 0.25], WithTemperatures: true, Before, After));

        var revised = Revise();

        Assert.Equal((2, 1.5), (revised.Card.Version, revised.Card.EnsembleWeight));
        Assert.Equal(
            new Calibration(Temperature, "cifar", "validation", 20, 21, 10, Before.Ece, After.Ece, Before.Nll, After.Nll),
            revised.Card.Calibration);
        Assert.Equal(
            [new ErrorMetric("cifar", "validation, not fitted on", 21, 10, After.Top1Error, After.Top5Error)], revised.Card.Metrics);
        var (logits, _) = Run(package);
        var (revisedLogits, probabilities) = Run(revised);
        Assert.Equal(logits, revisedLogits);
        var expected = logits.Select(logit => Math.Exp(logit / Temperature)).ToArray();
        Assert.All(probabilities.Index(), item => Assert.Equal(expected[item.Index] / expected.Sum(), item.Item, 1e-6));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Export_OfATemperatureThatMakesProbabilitiesWorse_Warns(bool isWorse)
    {
        Write(weights: null, qualities: (Before, isWorse ? After : Before)); // After has the larger calibration error

        var (code, _, error) = await Programs.AlexnetAsync(
            "export", "--package", package.Folder, "--evaluation", Evaluation, "--repository", Repository.Root);

        Assert.Equal(ExitCode.Done, code);
        Assert.Equal(isWorse, error.Contains("with this temperature the probabilities", StringComparison.Ordinal));
    }

    [Fact]
    public void Revision_OfAPackageOfSeveralFiles_KeepsItsWeightsAndTrunkAndSoftensTheRestToo()
    {
        Write(weights: null);

        var revised = ModelPackage.Open(Revise().Folder);

        Assert.Equal((package.Card.Weights, package.Card.Split?.Trunk), (revised.Card.Weights, revised.Card.Split?.Trunk));
        Assert.NotEqual(package.Card.Split?.Rest, revised.Card.Split?.Rest);
        using var session = ModelSession.Open(revised, new RuntimeOptions { Threads = 1 });
        // Holds the probabilities of trunk and rest against those of the whole graph, which another test holds against its logits.
        SplitCheck.Require(revised, session);
    }

    [Fact]
    public void Revision_OfAPackageOfOneFile_StaysOne()
    {
        var old = OneFile("alone");
        Write(weights: null, sha256: old.Card.Graph.Sha256);

        var revised = PackageRevision.Publish(
            old, EvaluatedCard.Read(Evaluation, old.Card.Graph.Sha256, "--package alone"), Repository, "alone", version: 2);

        Assert.Equal(["card.json", "model.onnx"], Directory.EnumerateFiles(revised.Folder).Select(Path.GetFileName).Order());
        Assert.Equal(Temperature, revised.Card.Calibration?.Temperature);
    }

    [Fact]
    public void Revision_OfAnotherTemperature_ReplacesIt()
    {
        Write(weights: null);
        var first = Revise();
        Write(weights: null, sha256: first.Card.Graph.Sha256, temperature: 1);

        var second = PackageRevision.Publish(
            first, EvaluatedCard.Read(Evaluation, first.Card.Graph.Sha256, "--package one"), Repository, "one", version: 3);

        Assert.Equal(Run(package).Probabilities, Run(second).Probabilities);
    }

    [Fact]
    public void Revision_WithWeightsAlone_KeepsTheGraph()
    {
        Write(new WeightReport(Searched: false, [0.6, 0.4], WithTemperatures: false, Before, After), temperature: null);

        var revised = Revise();

        Assert.Equal((1.2, null, package.Card.Graph), (revised.Card.EnsembleWeight, revised.Card.Calibration, revised.Card.Graph));
    }

    [Fact]
    public void Evaluation_OfAnotherModel_IsRefusedAndNamesWhatWasMeasured()
    {
        Write(weights: null, sha256: new string('0', 64));

        var refused = Assert.Throws<InputException>(Revise);

        Assert.Contains("measured one version 1, two version 1, not the present --package one", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluation_ThatGivesTheModelNoWeight_IsRefused()
    {
        Write(new WeightReport(Searched: true, [0, 1], WithTemperatures: true, Before, After));

        Assert.Contains(
            "--package one has weight 0 in the ensemble", Assert.Throws<InputException>(Revise).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluation_WithoutATemperature_GivesTheCardItsConfidence()
    {
        Write(weights: null, temperature: null);

        var revised = Revise().Card;

        Assert.Null(revised.Calibration);
        Assert.Equal((2, 1), (revised.Confidence?.Images, revised.Confidence?.Bins.Sum(bin => bin.Right)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{ \"format\": 1 }")]
    [InlineData("[]")]
    public void Evaluation_ThatIsNone_IsRefused(string text)
    {
        File.WriteAllText(Evaluation, text);

        Assert.Contains("is not an evaluation", Assert.Throws<InputException>(Revise).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Report_WrittenAndRead_IsTheSameAndHasARowALine()
    {
        Write(weights: null);

        var read = EvaluationReport.Read(Evaluation);

        Assert.Equal([[1, 2, 3], [4, 5, 6]], read.Models[0].Confusion);
        Assert.Contains("[1,2,3]", File.ReadAllText(Evaluation), StringComparison.Ordinal);
        var text = File.ReadAllText(Evaluation);
        read.Write(Evaluation);
        Assert.Equal(text, File.ReadAllText(Evaluation));
    }

    public void Dispose() => folder.Dispose();

    /// <summary>A package of one graph that holds its weights, as other exporters write it.</summary>
    private ModelPackage OneFile(string name) => Repository.Publish(
        package.Card with { Name = name, Architecture = null, Weights = null, Split = null },
        new TinyGraph
        {
            Input = [0, 3, 28, 28],
            Classes = 3,
            WithFeatures = true,
            Weights = new float[3 * 28 * 28 * 3],
            Biases = new float[3],
        }.ToModel());

    private void Write(
        WeightReport? weights,
        double? temperature = Temperature,
        string? sha256 = null,
        (Quality Before, Quality After)? qualities = null) => new EvaluationReport
        {
            DataSet = "cifar",
            DataSetSha256 = new string('a', 64),
            ValidationFraction = 0.1,
            Photographs = 41,
            FittedOn = 20,
            MeasuredOn = 21,
            Classes = ["a", "b", "c"],
            Models =
        [
            Model("one version 1", temperature, sha256 ?? package.Card.Graph.Sha256, qualities ?? (Before, After)),
            Model("two version 1", temperature, new string('b', 64), (Before, After)),
        ],
            Weights = weights,
        }.Write(Evaluation);

    private static ModelReport Model(string name, double? temperature, string sha256, (Quality Before, Quality After) qualities) => new(
        name,
        [new ErrorMeasure(Crops: 10, Images: 41, Top1Error: 0.25, Top5Error: 0)],
        new CalibrationReport(Crops: 10, qualities.Before, temperature, temperature is null ? null : qualities.After),
        [new ClassErrors("a", 41, 0.25, 0)],
        [[1, 2, 3], [4, 5, 6]],
        [],
        sha256);

    private ModelPackage Revise() => PackageRevision.Publish(
        package, EvaluatedCard.Read(Evaluation, package.Card.Graph.Sha256, "--package one"), Repository, "one", version: 2);

    private static (float[] Logits, float[] Probabilities) Run(ModelPackage package)
    {
        using var session = ModelSession.Open(package, new RuntimeOptions { Threads = 1 });
        var crop = new byte[session.CropBytes];
        new Random(3).NextBytes(crop);
        var (logits, probabilities) = (new float[3], new float[3]);
        session.Run(crop, 1, new CropOutputs { Logits = logits, Probabilities = probabilities });
        return (logits, probabilities);
    }
}
