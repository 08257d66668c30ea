using System.ComponentModel.DataAnnotations;
using AlexNetService.Inference.Sessions;
using AlexNetService.Inference.Tests.Graphs;

namespace AlexNetService.Inference.Tests.Sessions;

public sealed class RuntimeOptionsTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(8, 1, 8)]
    [InlineData(8, 3, 6)]
    [InlineData(8, 8, 1)]
    [InlineData(8, 20, 1)]
    [InlineData(8, 0, 8)]
    public void ThreadsPerRun_WithTheOtherRuns_AreAllThreads(int threads, int runs, int perRun) =>
        Assert.Equal(perRun, new RuntimeOptions { Threads = threads, ConcurrentRuns = runs }.ThreadsPerRun);

    [Fact]
    public void Open_SessionsWithDifferentThreads_ShareAProcessAndAnswerAlike()
    {
        var package = folder.Publish(TestFolder.Card(), TestFolder.Graph());
        var crops = TestFolder.Crops(20);
        float[][] answers = [.. new[] { 1, 2, 3, 2, 1 }.Select(threads =>
        {
            using var session = ModelSession.Open(package, new RuntimeOptions { Threads = threads });
            var found = new float[20 * 3];
            session.Run(crops, 20, found);
            return found;
        })];

        Assert.All(answers, answer => Assert.All(answers[0].Zip(answer), pair => Assert.Equal(pair.First, pair.Second, 1e-6f)));
    }

    [Fact]
    public void Open_AnotherProviderThanRequired_IsRefused()
    {
        var package = folder.Publish(TestFolder.Card(), TestFolder.Graph());
        var options = new RuntimeOptions { RequireProvider = "CUDAExecutionProvider" };

        var refused = Assert.Throws<DeviceUnavailableException>(() => ModelSession.Open(package, options));

        Assert.Contains("Inference:RequireProvider is CUDAExecutionProvider", refused.Message, StringComparison.Ordinal);
        using var session = ModelSession.Open(package, new RuntimeOptions { RequireProvider = "CPUExecutionProvider" });
        Assert.Equal("CPUExecutionProvider", session.Provider);
    }

    [Fact]
    public void Open_DeviceOfOneModel_CountsForThatModelAlone()
    {
#if CUDA
        Assert.SkipWhen(File.Exists("/dev/nvidiactl"), "This machine has an NVIDIA GPU.");
#endif
        var options = new RuntimeOptions { Devices = { ["other"] = "cuda:1" } };
        using var session = ModelSession.Open(folder.Publish(TestFolder.Card(), TestFolder.Graph()), options);

        var refused = Assert.Throws<DeviceUnavailableException>(
            () => ModelSession.Open(folder.Publish(TestFolder.Card("other"), TestFolder.Graph()), options));

        Assert.Equal("cpu", session.Device);
        Assert.Equal("cuda:1", refused.Device);
    }

    [Theory]
    [InlineData("1,x")]
    [InlineData("0")]
    [InlineData("1,")]
    public void Validate_BatchSizesThatAreNone_IsRefused(string sizes) =>
        Assert.Contains(
            "Inference:BatchSizes", Assert.Single(Validate(new RuntimeOptions { BatchSizes = sizes })), StringComparison.Ordinal);

    [Fact]
    public void Validate_DeviceOfAModelThatIsNone_NamesTheModel() => Assert.Contains(
        "Inference:Devices:a ", Assert.Single(Validate(new RuntimeOptions { Devices = { ["a"] = "gpu" } })), StringComparison.Ordinal);

    [Fact]
    public void Choose_AnExplicitNumberOfRuns_MeasuresNothing()
    {
        var package = folder.Publish(TestFolder.Card(), TestFolder.Graph());
        var options = new RuntimeOptions { Threads = 2, ConcurrentRuns = 3 };

        Assert.Equal((3, 0, 0), RunConcurrency.Choose(package, options, TimeProvider.System));
    }

    [Fact]
    public void Choose_Zero_MeasuresBothWaysAndChoosesOneOfThem()
    {
        var package = folder.Publish(TestFolder.Card(), TestFolder.Graph());
        var options = new RuntimeOptions { Threads = 2, ConcurrentRuns = 0 };

        var found = RunConcurrency.Choose(package, options, TimeProvider.System);

        Assert.True(found.OneAtATime > 0);
        Assert.True(found.SideBySide > 0);
        Assert.Equal(found.SideBySide > 1.05 * found.OneAtATime ? 2 : 1, found.Runs);
        Assert.Equal(found.Runs, options.With(found.Runs).ConcurrentRuns);
    }

    private static List<string> Validate(RuntimeOptions options)
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        return [.. results.Select(result => result.ErrorMessage ?? "")];
    }
}
