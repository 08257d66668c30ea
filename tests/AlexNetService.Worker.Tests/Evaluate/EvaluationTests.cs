using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Training.Data;
using AlexNetService.Training.Measuring;
using AlexNetService.Worker.Evaluate;

namespace AlexNetService.Worker.Tests.Evaluate;

/// <summary>Packages with random weights, measured on twenty generated photographs.</summary>
public sealed class EvaluationTests : IDisposable
{
    private const int PerClass = 10;

    private readonly TemporaryFolder folder = new();
    private readonly LabelledPhotographs photographs;

    public EvaluationTests() =>
        photographs = DataSetOpener.Open(Pictures.Write(Path.Combine(folder.Path, "data"), classes: 2, PerClass, side: 32));

    [Fact]
    public void Evaluation_OfAModel_CountsEveryPhotographInEveryTable()
    {
        using var model = Open("one", seed: 1);

        var report = Evaluated(new WeightChoice(Search: false, Given: null), model);

        var found = Assert.Single(report.Models);
        Assert.Equal([(1, 20), (10, 20)], found.Errors.Select(error => (error.Crops, error.Images)));
        Assert.Equal((10, 10), (report.FittedOn, report.MeasuredOn));
        Assert.Equal(["class0", "class1", "never shown"], report.Classes);
        Assert.Equal([PerClass, PerClass, 0], found.Confusion.Select(row => row.Sum()));
        var right = found.Confusion.Select((row, index) => row[index]).Sum();
        Assert.Equal(1 - (right / 20.0), found.Errors[1].Top1Error, 1e-12);
        Assert.Equal(2, found.PerClass.Count);
        Assert.Equal(20 - right, found.ConfidentErrors.Count);
        Assert.Equal(10, found.Calibration.Before.Reliability.Sum(bin => bin.Photographs));
        Assert.Null(report.Ensemble);
    }

    [Fact]
    public void Evaluation_OfAGraphWithoutLogits_FindsTheSame()
    {
        using var whole = Open("whole", seed: 1);
        using var withoutLogits = Open("foreign", seed: 1, tensors => tensors with { Logits = null });

        var models = Evaluated(WeightChoice.Cards, whole, withoutLogits).Models;

        Assert.Equal(models[0].Errors, models[1].Errors);
        Assert.Equal(models[0].Calibration.Before.Nll, models[1].Calibration.Before.Nll, 1e-5);
    }

    [Fact]
    public void Evaluation_OfOneCrop_IsTheCentreOfTheTen()
    {
        using var model = Open("one", seed: 1);
        var evaluation = new Evaluation { Source = photographs, Photographs = photographs.Photographs, Crops = [1] };

        var alone = evaluation.Of([model], TestContext.Current.CancellationToken);

        Assert.Equal(Evaluated(WeightChoice.Cards, model).Models[0].Errors[0], Assert.Single(alone.Models[0].Errors));
    }

    [Fact]
    public void Evaluation_WithAllWeightOnOneMember_FindsThatMember()
    {
        using var one = Open("one", seed: 1);
        using var two = Open("two", seed: 2);

        var report = Evaluated(new WeightChoice(Search: false, [0, 1]), one, two);

        Assert.Equal(report.Models[1].Errors, report.Ensemble?.Errors);
        Assert.Equal(report.Models[1].Confusion, report.Ensemble?.Confusion);
        Assert.Equal([0, 1], report.Weights?.Values);
    }

    [Fact]
    public void Evaluation_Searching_FindsWeightsThatSumToOne()
    {
        using var one = Open("one", seed: 1);
        using var two = Open("two", seed: 2);

        var weights = Evaluated(new WeightChoice(Search: true, Given: null), one, two).Weights;

        Assert.Equal(1, weights?.Values.Sum() ?? 0, 1e-9);
        Assert.True(weights?.Searched);
    }

    [Fact]
    public void Evaluation_WithPhotographsOfOtherThings_FindsHowSureEachModelIsOfThem()
    {
        using var one = Open("one", seed: 1);
        using var two = Open("two", seed: 2);
        using var others =
            DataSetOpener.Open(Pictures.Write(Path.Combine(folder.Path, "others"), classes: 1, perClass: 3, side: 40), labelled: false);
        var evaluation = new Evaluation { Source = photographs, Photographs = photographs.Photographs, Crops = [1, 10], Others = others };

        var found = evaluation.Of([one, two], TestContext.Current.CancellationToken).Others;

        Assert.Equal((3, 10), (found?.Photographs, found?.Crops));
        Assert.Equal(["one version 1", "two version 1"], found?.Models.Select(row => row.Model));
        Assert.All(found?.Models ?? [], row => Assert.InRange(row.Now.MeanTop, 1 / 3.0, 1));

        Assert.All(found?.Models ?? [], row => Assert.InRange(row.Auroc, 0, 1));
        Assert.All(found?.Models ?? [], row => Assert.InRange(row.Passing, 0, row.Level is null ? 0 : 3));

        // The largest of a mean is at most the mean of the largest; equal, but for rounding, where both name the same class.
        Assert.InRange(found?.Ensemble?.Now.MeanTop ?? 0, 1 / 3.0, (found?.Models.Average(row => row.Now.MeanTop) ?? 0) + 1e-6);
    }

    [Fact]
    public void Evaluation_OfModelsWithDifferentLabels_NamesBoth()
    {
        using var one = Open("one", seed: 1);
        using var two = Open("two", seed: 2, labels: ["class0", "class1", "another"]);

        var refused = Assert.Throws<InputException>(() => Evaluated(WeightChoice.Cards, one, two));

        Assert.Contains(
            "one version 1 (3 classes) and two version 1 (3 classes) have different labels", refused.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        photographs.Dispose();
        folder.Dispose();
    }

    private EvaluationReport Evaluated(WeightChoice weights, params EvaluatedModel[] models) => new Evaluation
    {
        Source = photographs,
        Photographs = photographs.Photographs,
        Crops = [1, 10],
        Weights = weights,
    }.Of(models, TestContext.Current.CancellationToken);

    private EvaluatedPackage Open(string name, int seed, Func<TensorNames, TensorNames>? tensors = null, string[]? labels = null)
    {
        var package = RandomPackage.Publish(
            new PackageRepository(Path.Combine(folder.Path, "models")), name, seed, labels ?? ["class0", "class1", "never shown"]);
        var card = package.Card with { Tensors = tensors?.Invoke(package.Card.Tensors) ?? package.Card.Tensors };
        return EvaluatedPackage.Open(package with { Card = card }, new RuntimeOptions { Threads = 1 });
    }
}
