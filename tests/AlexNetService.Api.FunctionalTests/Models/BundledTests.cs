using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Api.FunctionalTests.Models;

/// <summary>The bundled packages.</summary>
public sealed class BundledTests
{
    private const long MostBytes = 16_000_000;

    private readonly ModelPackage[] members;

    public BundledTests()
    {
        var packages = new PackageRepository(Path.Combine(AppContext.BaseDirectory, "models"));
        members =
            [.. packages.Names().Select(name => ModelPackage.Open(Path.Combine(packages.Root, name, $"{packages.Versions(name)[^1]}")))];
    }

    [Fact]
    public void Members_OfTheBundle_AreSmallAndAnswerTogether()
    {
        Assert.True(members.Length > 1);
        Assert.InRange(members.Sum(member => member.Card.Files.Sum(file => file.Bytes)), 1, MostBytes);
        Assert.All(members, member => Assert.Equal(members[0].Card.Labels, member.Card.Labels));
        Assert.Equal(members.Length, members.Select(member => member.Card.Graph.Sha256).Distinct().Count());
    }

    [Fact]
    public void Cards_OfTheBundle_DescribeTrainingAndErrors()
    {
        Assert.All(members, member =>
        {
            Assert.InRange(member.Card.Calibration?.Temperature ?? 0, 0.2, 5);
            Assert.Contains(member.Card.Metrics, metric => metric is { Crops: 10, Images: > 0, Top1Error: > 0 and < 0.2 });
            Assert.NotNull(member.Card.Golden);
            Assert.True(member.Card.Training is { TrainingImages: > 0, ValidationImages: > 0, Epochs: > 0 });
        });
        Assert.Equal(members.Length, members.Select(member => member.Card.Training?.Seed).Distinct().Count());
    }
}
