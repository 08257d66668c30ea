using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Runs;

namespace AlexNetService.Training.Tests.Runs;

/// <summary>What a run does with its data before it learns, and what it says about it.</summary>
public sealed class DataSetsTests : IDisposable
{
    private static readonly TrainingRecipe Recipe = TrainingRecipe.For("alexnet-cifar");

    private readonly TemporaryFolder folder = new();

    [Fact]
    public void Survey_OfEnoughPhotographs_CountsThemAndFindsNothing()
    {
        Pictures.Write(In("data"), classes: 2, perClass: 25, side: 8);

        var (data, survey) = Prepare(Recipe with { ValidationFraction = 0.5 });

        // Classes of 25 have 12 held out, 24 in all.
        Assert.Equal([new ClassCount("class0", 13, 12), new ClassCount("class1", 13, 12)], survey.Classes);
        Assert.Equal((26, 24), (data.Training.Photographs.Count, data.Validation.Photographs.Count));
        Assert.StartsWith("24 photographs are held out, too few", Assert.Single(survey.Findings), StringComparison.Ordinal);
    }

    [Fact]
    public void Photographs_InFewClassesAndForRandomWeights_AreAWarningThatNamesFrom()
    {
        Assert.Contains("--from begins with the weights of a trained network", Few(classes: 5, perClass: 100), StringComparison.Ordinal);
        Assert.Null(Few(classes: 5, perClass: 500));
        Assert.Null(Few(classes: 200, perClass: 60));

        static string? Few(int classes, int perClass) => new DataSurvey(
            "data", [.. Enumerable.Range(0, classes).Select(i => new ClassCount($"{i}", perClass, 2))], []).FewForRandomWeights();
    }

    [Fact]
    public void Class_OfFewPhotographs_IsAWarning()
    {
        Pictures.Write(In("data"), classes: 2, perClass: 6, side: 8);
        Pictures.Write(In("more"), classes: 1, perClass: 1, side: 9);
        Directory.Move(In("more/class0"), In("data/bird"));

        var (_, survey) = Prepare();

        Assert.Contains(survey.Findings, finding =>
            finding.StartsWith("fewer than 5 photographs: 'bird' (1). A network hardly learns such a class", StringComparison.Ordinal));
        Assert.Contains("no photograph held out: 'bird'. Errors of these classes are not measured.", survey.Findings);
    }

    [Fact]
    public void Photograph_ThatIsDamaged_IsLeftOutAndNamed()
    {
        Pictures.Write(In("data"), classes: 3, perClass: 12, side: 8);
        File.WriteAllText(In("data/class1/0001.png"), "not a picture");
        File.WriteAllBytes(In("data/class2/0001.png"), [0, 0, 0, 24, .. "ftypheic0000"u8]);

        var (data, survey) = Prepare();

        Assert.Equal(34, data.Training.Photographs.Count + data.Validation.Photographs.Count);
        Assert.Contains(survey.Findings, finding => finding.StartsWith("left out: class1/0001.png: ", StringComparison.Ordinal));
        Assert.Contains(survey.Findings, finding =>
            finding.StartsWith("left out: class2/0001.png: The bytes are a HEIC picture", StringComparison.Ordinal));
    }

    [Fact]
    public void Copies_AreNotLearnedFromTwiceNorHeldOutAndLearnedFrom()
    {
        Pictures.Write(In("data"), classes: 2, perClass: 20, side: 8);
        Copy("class0/0001.png", "class0/a.png");
        Copy("class0/0002.png", "class1/b.png");
        var heldOut = DataSetOpener.Open(In("data")).Split(Recipe.Share).HeldOut;
        var judged = heldOut.First(photograph => photograph.Label == 1);

        // A copy of the same name in another place of the order would move what is held out.
        File.WriteAllBytes(In("data/class1/0000.png"), File.ReadAllBytes(In($"data/{judged.Path}")));

        var (data, survey) = Prepare();

        Assert.Equal(heldOut.Select(photograph => photograph.Path), data.Validation.Photographs.Select(photograph => photograph.Path));
        string[] left = ["class0/0002.png", "class0/a.png", "class1/0000.png", "class1/b.png"];
        Assert.Equal(
            Directory.EnumerateFiles(In("data"), "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(In("data"), file).Replace('\\', '/'))
                .Except(left).Except(heldOut.Select(photograph => photograph.Path)).Order(StringComparer.Ordinal),
            data.Training.Photographs.Select(photograph => photograph.Path));
        Assert.Contains("left out, as the same photograph is there twice: 'class0/a.png' = 'class0/0001.png'.", survey.Findings);
        Assert.Contains(
            $"not learned from, as the same photograph is held out: 'class1/0000.png' = '{judged.Path}'.", survey.Findings);
        Assert.Contains(
            "not learned from, as the same photograph is in several classes: 'class0/0002.png' = 'class1/b.png'. Keep each in one class.",
            survey.Findings);
        Assert.Equal(42 - heldOut.Count, Prepare(withCopies: true).Data.Training.Photographs.Count);
    }

    [Fact]
    public void Copies_InASeparateHeldOutDataSet_AreNotLearnedFrom()
    {
        Pictures.Write(In("data"), classes: 2, perClass: 6, side: 8);
        Pictures.Write(In("judged"), classes: 2, perClass: 2, side: 8);
        using var sets = DataSets.Open(new DataPaths(In("data"), In("judged")));

        var (data, survey) = sets.Prepare(
            Recipe with { ValidationFraction = 0 }, side: 8, withCopies: false, TestContext.Current.CancellationToken);

        Assert.Equal((10, 4), (data.Training.Photographs.Count, data.Validation.Photographs.Count));
        Assert.Contains(survey.Findings, finding =>
            finding.StartsWith("not learned from, as the same photograph is held out: 'class0/0000.png' =", StringComparison.Ordinal));
    }

    [Fact]
    public void Class_WhoseLastPhotographIsACopy_IsRefused()
    {
        Pictures.Write(In("data"), classes: 2, perClass: 6, side: 8);
        Directory.CreateDirectory(In("data/bird"));
        Copy("class0/0000.png", "bird/1.png");

        var failure = Assert.Throws<DataSetException>(() => Prepare());

        Assert.StartsWith("Class 'bird' of 'data' has no photograph left to learn from.", failure.Message, StringComparison.Ordinal);
        Assert.Contains("'bird/1.png' = 'class0/0000.png'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void HeldOutDataSet_WithAClassOfItsOwn_IsRefusedByBothNames()
    {
        Pictures.Write(In("data"), classes: 2, perClass: 6, side: 8);
        Pictures.Write(In("judged"), classes: 3, perClass: 2, side: 8);
        using var sets = DataSets.Open(new DataPaths(In("data"), In("judged")));

        var failure = Assert.Throws<InputException>(
            () => sets.Prepare(Recipe, side: 8, withCopies: false, TestContext.Current.CancellationToken));

        Assert.Equal("'data' has no class 'class2', which 'judged' has; it knows class0, class1.", failure.Message);
    }

    [Fact]
    public void HeldOutFolder_BesideASeparateHeldOutDataSet_IsNotUsed()
    {
        Pictures.Write(In("data/train"), classes: 2, perClass: 6, side: 8);
        Pictures.Write(In("data/val"), classes: 2, perClass: 3, side: 9);
        Pictures.Write(In("judged"), classes: 2, perClass: 2, side: 10);
        using var sets = DataSets.Open(new DataPaths(In("data"), In("judged")));

        var (data, survey) = sets.Prepare(
            Recipe with { ValidationFraction = 0 }, side: 8, withCopies: false, TestContext.Current.CancellationToken);

        Assert.Equal((12, 4), (data.Training.Photographs.Count, data.Validation.Photographs.Count));
        Assert.Contains("the held-out folder of 'data' is not used, because --validation names 'judged'.", survey.Findings);
    }

    public void Dispose() => folder.Dispose();

    private string In(string path) => Path.Combine(folder.Path, path);

    private void Copy(string from, string to) => File.Copy(In($"data/{from}"), In($"data/{to}"));

    private (TrainingData Data, DataSurvey Survey) Prepare(TrainingRecipe? recipe = null, bool withCopies = false)
    {
        var sets = DataSets.Open(new DataPaths(In("data"), null));
        return sets.Prepare(recipe ?? Recipe, side: 8, withCopies, TestContext.Current.CancellationToken);
    }
}
