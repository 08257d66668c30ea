using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Training.Network;
using AlexNetService.Worker.Export;

namespace AlexNetService.Worker.Tests;

public sealed class ParityCheckTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void Graph_OfOtherWeightsThanTorch_IsNotLetThrough()
    {
        var architecture = AlexNetLayers.ForCifar();
        var source = ExportSource.Untrained(architecture, seed: 1);
        var package = PackageExport.Publish(
            source, new PackageRepository(folder.Path), "one", version: 1, data: null, threads: 1, TestContext.Current.CancellationToken);
        using var session = ModelSession.Open(package, new RuntimeOptions());
        using var other = new ColumnNetwork(architecture, ColumnPlacement.OnCpu(2));
        ColumnWeights.Initialise(other, seed: 2);

        var failure = Assert.Throws<InputException>(() => ParityCheck.Require(other, source.Network.Mean, session, []));

        Assert.Contains("Nothing was published", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new float[] { 1, -4 }, new float[] { 1, -4 }, 0)]
    [InlineData(new float[] { 1, -4 }, new float[] { 1.5f, -4 }, 0.125)]
    [InlineData(new float[] { 1, -4 }, new float[] { float.NaN, -4 }, double.NaN)]
    public void Difference_OfLogits_IsRelativeToTheLargest(float[] expected, float[] actual, double difference)
    {
        Assert.Equal(difference, ParityCheck.RelativeDifference(expected, actual));
    }

    public void Dispose() => folder.Dispose();
}
