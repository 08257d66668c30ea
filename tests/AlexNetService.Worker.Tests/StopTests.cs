using AlexNetService.Training.Loop;

namespace AlexNetService.Worker.Tests;

public sealed class StopTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Run => Path.Combine(folder.Path, "run with a space");

    [Fact]
    public async Task Training_AskedToStopAfterAnEpoch_EndsWithThreeAndGoesOnFromThere()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "Signals are sent with kill.");
        var data = Pictures.Write(Path.Combine(folder.Path, "data"), classes: 2, perClass: 20);
        using var training = Programs.Start("alexnet.dll", Train(data, epochs: 9999));
        _ = training.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        while (await training.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line && !line.StartsWith(
            "epoch 1/", StringComparison.Ordinal))
        {
        }

        Sigterm.Send(training);
        var rest = await training.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await training.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(ExitCode.Stopped, training.ExitCode);
        Assert.Contains($"alexnet train --resume --output \"{Run}\"", rest, StringComparison.Ordinal);
        Assert.NotEmpty(new CheckpointFolder(Run).Newest().State.Epochs);
        Assert.True(File.Exists(Path.Combine(Run, "metrics.jsonl")));
    }

    [Fact]
    public async Task Training_ThatDiverges_EndsWithFourAndNamesTheRate()
    {
        var data = Pictures.Write(Path.Combine(folder.Path, "data"), classes: 2, perClass: 20);

        var (code, _, error) = await Programs.AlexnetAsync([.. Train(data, epochs: 3), "--learning-rate", "1e30"]);

        Assert.Equal(ExitCode.Diverged, code);
        Assert.Contains("--learning-rate", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Training_IntoAFolderThatHoldsARun_IsRefused()
    {
        var data = Pictures.Write(Path.Combine(folder.Path, "data"), classes: 2, perClass: 20);
        Assert.Equal(ExitCode.Done, (await Programs.AlexnetAsync(Train(data, epochs: 1))).ExitCode);

        var (code, _, error) = await Programs.AlexnetAsync(Train(data, epochs: 1));

        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("already holds a run", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Training_IntoAFile_IsRefusedBeforeItBegins()
    {
        var data = Pictures.Write(Path.Combine(folder.Path, "data"), classes: 2, perClass: 20);
        File.WriteAllText(Run, "a file");

        var (code, _, error) = await Programs.AlexnetAsync(Train(data, epochs: 1));

        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("cannot be written", error, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private string[] Train(string data, int epochs) =>
        ["train", "--preset", "alexnet-cifar", "--data", data, "--batch-size", "16", "--epochs", $"{epochs}", "--output", Run];
}
