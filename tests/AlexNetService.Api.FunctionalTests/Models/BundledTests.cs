using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Api.FunctionalTests.Models;

/// <summary>The bundled packages.</summary>
public sealed class BundledTests
{
    private const long MostBytes = 12_000_000;

    private readonly ModelPackage[] members;

    public BundledTests()
    {
        var packages = new PackageRepository(Path.Combine(AppContext.BaseDirectory, "models"));
        members =
            [.. packages.Names().Select(name => ModelPackage.Open(Path.Combine(packages.Root, name, $"{packages.Versions(name)[0]}")))];
    }

    [Fact]
    public void Members_OfTheBundle_AreSmallAndAnswerTogether()
    {
        Assert.InRange(members.Length, 1, 3);
        Assert.All(members, member => Assert.InRange(member.Card.Files.Sum(file => file.Bytes), 1, MostBytes));
        Assert.All(members, member => Assert.Equal(members[0].Card.Labels, member.Card.Labels));
        Assert.Equal((200, "goldfish"), (members[0].Card.Labels.Count, members[0].Card.Labels[0].Name));
        Assert.Equal(members.Length, members.Select(member => member.Card.Graph.Sha256).Distinct().Count());
    }

    [Fact]
    public void Cards_OfTheBundle_DescribeTrainingAndErrors()
    {
        Assert.All(members, member =>
        {
            Assert.InRange(member.Card.Calibration?.Temperature ?? 0, 0.2, 5);
            Assert.Contains(
                member.Card.Metrics, metric => metric is { Crops: 10, Images: > 0, Top1Error: > 0 and < 0.56, Top5Error: < 0.3 });
            Assert.NotNull(member.Card.Golden);
            Assert.InRange(member.Card.Confidence?.Level() ?? 0, 0.5, 0.95);
            Assert.True(member.Card.Training is { TrainingImages: > 0, ValidationImages: > 0, Epochs: > 0 });
        });
        Assert.Equal(members.Length, members.Select(member => member.Card.Training?.Seed).Distinct().Count());
    }
}
