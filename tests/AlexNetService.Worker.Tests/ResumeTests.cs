using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using AlexNetService.ModelSpec.Package;
using AlexNetService.ModelSpec.Weights;
using AlexNetService.Training.Loop;

namespace AlexNetService.Worker.Tests;

/// <summary>Training in processes that are stopped, killed and broken, and gone on with.</summary>
public sealed class ResumeTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string data;

    public ResumeTests()
    {
        // 36 photographs to learn from, batches of 4: nine steps an epoch.
        data = Pictures.Write(Path.Combine(folder.Path, "data"), classes: 2, perClass: 20);
    }

    [Fact]
    public async Task Training_StoppedThenKilledInTheMiddleOfEpochs_EqualsTrainingInOneGo()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "Signals are sent with kill.");
        await Succeeds(Train("whole", epochs: 5));

        // A checkpoint after every step; SIGTERM in the second epoch, and with three epochs done SIGKILL in the fourth.
        using var stopped = Programs.Start("alexnet.dll", [.. Train("run", epochs: 5), "--checkpoint-minutes", "1e-6"]);
        var output = stopped.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await Until(() => Files("run").Any(file => file.StartsWith("epoch-0002-step-", StringComparison.Ordinal)), stopped);
        Sigterm.Send(stopped);
        await stopped.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Stopped, stopped.ExitCode);
        Assert.Contains($"Continue with: alexnet train --resume --output \"{Run("run")}\"", await output, StringComparison.Ordinal);

        using var killed = Programs.Start("alexnet.dll", "train", "--resume", "--output", Run("run"), "--checkpoint-minutes", "1e-6");
        _ = killed.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await Until(() => Files("run").Any(file => file.StartsWith("epoch-0004-step-", StringComparison.Ordinal)), killed);
        await Kill(killed);

        Assert.Contains(
            "continuing in epoch 4, after step", await Succeeds("train", "--resume", "--output", Run("run")), StringComparison.Ordinal);
        AssertSameWeights("whole", "run");
    }

    [Fact]
    public async Task Run_ThatIsDone_SaysSoAndIsTestedWithTenCrops()
    {
        var trained = await Succeeds(Train("run", epochs: 2));
        var before = Contents("run");

        var output = await Succeeds("train", "--resume", "--output", Run("run"));

        Assert.Contains("photographs, 10 crops: top-1 error", trained, StringComparison.Ordinal);
        Assert.Contains("already done", output, StringComparison.Ordinal);
        Assert.Matches(@"epoch 2/2  rate \S+  loss \d\.\d{4}  top-1 error", trained);
        Assert.DoesNotContain("top-5", trained, StringComparison.Ordinal); // of two classes
        var other = Pictures.Write(Path.Combine(folder.Path, "other"), classes: 2, perClass: 5);
        await Fails("is not the data set that the run began with", "train", "--resume", "--output", Run("run"), "--data", other);
        await Succeeds("train", "--resume", "--output", Run("run"), "--data", data);
        Assert.Equal(before, Contents("run"));
        using var result =
            JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Run("run"), "result.json"), TestContext.Current.CancellationToken));
        Assert.Equal((4, 10), (result.RootElement.GetProperty("images").GetInt32(), result.RootElement.GetProperty("crops").GetInt32()));
        Assert.InRange(result.RootElement.GetProperty("top1Error").GetDouble(), 0, 1);
    }

    [Theory]
    [InlineData("constant")]
    [InlineData("plateau")]
    public async Task Run_ThatIsDoneAndGetsMoreEpochs_EqualsARunThatHadThemFromItsStart(string schedule)
    {
        await Succeeds([.. Train("whole", epochs: 3), "--schedule", schedule]);
        await Succeeds([.. Train("run", epochs: 2), "--schedule", schedule]);

        var output = await Succeeds("train", "--resume", "--output", Run("run"), "--epochs", "3");

        Assert.Contains("continuing after epoch 2", output, StringComparison.Ordinal);
        Assert.Contains("epoch 3/3", output, StringComparison.Ordinal);
        AssertSameWeights("whole", "run");
        using var result =
            JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Run("run"), "result.json"), TestContext.Current.CancellationToken));
        Assert.Equal(3, result.RootElement.GetProperty("epochs").GetInt32());
        await Fails(
            "the run has 3, and epochs can only be added", "train", "--resume", "--output", Run("run"), "--epochs", "2");
    }

    [Theory]
    [InlineData("linear")]
    [InlineData("cosine")]
    [InlineData("steps")]
    public async Task Run_WhoseScheduleDependsOnTheEpochs_GetsNoMore(string schedule)
    {
        await Succeeds([.. Train("run", epochs: 1), "--schedule", schedule]);

        await Fails(
            $"Begin another run with its weights: --from \"{Run("run")}\".", "train", "--resume", "--output", Run("run"), "--epochs", "3");
    }

    [Fact]
    public async Task Training_OnADiskThatIsFullBeforeTheFirstCheckpoint_DoesNotAdviseToResume()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "There is no /dev/full here, a device that is always full.");
        var checkpoints = Directory.CreateDirectory(Path.Combine(Run("run"), "checkpoints")).FullName;
        File.CreateSymbolicLink(Path.Combine(checkpoints, "epoch-0001.safetensors.partial"), "/dev/full");

        var (code, _, error) = await Programs.AlexnetAsync(Train("run", epochs: 1));

        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("There is no earlier one. Free disk space, then start again.", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ThatAnotherProcessTrains_IsRefused()
    {
        using var training = Programs.Start("alexnet.dll", Train("run", epochs: 9999));
        _ = training.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await Until(() => Files("run").Count > 0, training);

        await Fails("Another process trains into", "train", "--resume", "--output", Run("run"));
        await Kill(training);
        await Fails("--epochs cannot change on --resume; the run has 9999", "train", "--resume", "--output", Run("run"), "--epochs", "9");
    }

    [Fact]
    public async Task Resume_OnAFullDisk_FailsAndLeavesTheCheckpointsAsTheyWere()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "There is no /dev/full here, a device that is always full.");
        await StopAfterAnEpoch();
        var before = Contents("run");
        var epochs = new CheckpointFolder(Run("run")).Newest().State.Epochs.Count;
        var next = string.Create(CultureInfo.InvariantCulture, $"epoch-{epochs + 1:D4}-step-00000001.safetensors.partial");
        File.CreateSymbolicLink(Path.Combine(Run("run"), "checkpoints", next), "/dev/full");

        await Fails(
            "cannot be written: No space left on device", "train", "--resume", "--output", Run("run"), "--checkpoint-minutes", "1e-6");

        Assert.Equal(before, Contents("run"));
    }

    [Fact]
    public async Task Resume_WithoutItsDataSetOrWithAnother_FailsAndLeavesTheCheckpointsAsTheyWere()
    {
        await StopAfterAnEpoch();
        var before = Contents("run");
        var other = Pictures.Write(Path.Combine(folder.Path, "other"), classes: 2, perClass: 5);

        await Fails("is not the data set that the run began with", "train", "--resume", "--output", Run("run"), "--data", other);
        Directory.Move(data, Path.Combine(folder.Path, "elsewhere"));
        await Fails("There is no data set at", "train", "--resume", "--output", Run("run"));

        Assert.Equal(before, Contents("run"));
        using var training =
            Programs.Start("alexnet.dll", "train", "--resume", "--output", Run("run"), "--data", Path.Combine(folder.Path, "elsewhere"));
        _ = training.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await Until(() => string.CompareOrdinal(Files("run")[0], before[^1].Name) > 0, training);
        await Kill(training);
    }

    [Fact]
    public async Task Validation_OnAnotherDataSet_IsMeasuredAndHeldAgainstTheRun()
    {
        var judged = Pictures.Write(Path.Combine(folder.Path, "judged"), classes: 2, perClass: 3, side: 20);
        var stranger = Pictures.Write(Path.Combine(folder.Path, "stranger"), classes: 3, perClass: 2);
        string[] train =
            ["train", "--preset", "alexnet-cifar", "--data", data, "--batch-size", "4", "--epochs", "1", "--learning-rate", "0.001"];

        await Fails("has no class 'class2'", [.. train, "--output", Run("refused"), "--validation", stranger]);
        await Fails(
            "either a --validation data set or a --validation-fraction",
            [.. train, "--validation", judged, "--validation-fraction", "0.2"]);
        var output = await Succeeds([.. train, "--output", Run("run"), "--validation", judged]);
        var export = await Succeeds("export", "--run", Run("run"), "--repository", Path.Combine(folder.Path, "models"));

        Assert.Contains("40 photographs of 2 classes to learn from, 6 held out", output, StringComparison.Ordinal);
        Assert.Contains("final test of epoch 1, 6 photographs, 10 crops", output, StringComparison.Ordinal);
        Assert.Contains("held out, 6 photographs, 10 crops", export, StringComparison.Ordinal);
        File.Delete(Path.Combine(Run("run"), "result.json"));
        await Fails(
            "is not the data set that the run began with ('judged')",
            "train", "--resume", "--output", Run("run"), "--validation", stranger);
    }

    [Fact]
    public async Task From_ARunOfTheSameClasses_BeginsWithItsWeightsAndTheManifestSaysSo()
    {
        await Succeeds(Train("first", epochs: 1));

        // So small a rate leaves the weights where they began.
        await Succeeds(
            "train", "--from", Run("first"), "--data", data, "--epochs", "1", "--batch-size", "4", "--learning-rate", "1e-15",
            "--validation-fraction", "0.2", "--seed", "7", "--threads", "1", "--output", Run("second"));

        var (first, second) = (new CheckpointFolder(Run("first")).Newest(), new CheckpointFolder(Run("second")).Newest());
        foreach (var shape in first.State.Architecture.Weights())
        {
            Assert.Equal(
                first.Weights[shape.Name].Values, second.Weights[shape.Name].Values, (one, other) => Math.Abs(one - other) <= 1e-9f);
        }

        Assert.Null(first.State.BegunWith);
        var usual = TrainingRecipe.For("alexnet-cifar");
        Assert.Equal(usual with { BatchSize = 4, Epochs = 1, LearningRate = 0.001 }, first.State.Recipe);
        Assert.Equal((1, 36, 1), (second.State.BegunWith?.Epochs, second.State.BegunWith?.TrainingImages, second.State.BegunWith?.Seed));
        Assert.Equal((7, 32), (second.State.Seed, second.State.TrainingImages));
        await Succeeds("export", "--run", Run("second"), "--repository", Path.Combine(folder.Path, "models"), "--name", "second");
        Assert.Equal(1, ModelPackage.Open(Path.Combine(folder.Path, "models", "second", "1")).Card.Training?.BegunWith?.Epochs);
    }

    [Theory]
    [InlineData("0.2", "0.1", false)]
    [InlineData("0.1", "0.2", true)]
    public async Task From_WeightsThatLearnedFromWhatIsHeldOutNow_AreUsedWithAWarning(string first, string second, bool warns)
    {
        await Succeeds([.. Train("first", epochs: 1), "--validation-fraction", first]);

        var (code, _, error) = await Programs.AlexnetAsync(
            "train", "--from", Run("first"), "--data", data, "--epochs", "1", "--batch-size", "4", "--learning-rate", "0.001",
            "--validation-fraction", second, "--threads", "1", "--output", Run("second"));

        Assert.Equal(ExitCode.Done, code);
        Assert.Equal(warns, error.Contains("learned from 4 of the photographs that are held out now", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("run")]
    [InlineData("checkpoint")]
    [InlineData("package")]
    [InlineData("safetensors")]
    public async Task From_ANetworkOfOtherClasses_KeepsAllButTheClassifierAndSaysWhatItCameFrom(string kind)
    {
        await Succeeds(Train("first", epochs: 1));
        var source = await Source(kind);
        var stranger = Pictures.Write(Path.Combine(folder.Path, "stranger"), classes: 3, perClass: 10);

        await Succeeds(
            "train", "--from", source, "--data", stranger, "--epochs", "1", "--learning-rate", "1e-15", "--threads", "1",
            "--output", Run("second"));

        var (first, second) = (new CheckpointFolder(Run("first")).Newest(), new CheckpointFolder(Run("second")).Newest());
        Assert.Equal(3, second.State.Architecture.Classes);
        foreach (var shape in first.State.Architecture.Weights().Where(shape => !shape.Name.StartsWith("fc8", StringComparison.Ordinal)))
        {
            Assert.Equal(
                first.Weights[shape.Name].Values, second.Weights[shape.Name].Values, (one, other) => Math.Abs(one - other) <= 1e-9f);
        }

        Assert.Equal(first.State.Colours.Mean, second.State.Colours.Mean, (one, other) => Math.Abs(one - other) < 1e-4);
        Assert.True(second.State.Recipe.BalancedClasses);
        Assert.Equal(kind is "package" or "safetensors", second.State.BegunFrom is not null);
        Assert.Equal(kind != "safetensors", second.State.BegunWith is not null);
        await Fails(
            "--from cannot change on --resume; the run has random weights",
            "train", "--resume", "--output", Run("first"), "--from", source);

        async Task<string> Source(string kind)
        {
            var repository = Path.Combine(folder.Path, "models");
            switch (kind)
            {
                case "package":
                    await Succeeds("export", "--run", Run("first"), "--repository", repository, "--name", "first");
                    return Path.Combine(repository, "first", "1");
                case "safetensors":
                    var file = Path.Combine(folder.Path, "first.safetensors");
                    await Succeeds("export", "--run", Run("first"), "--format", "safetensors", "--output", file);
                    return file;
                default:
                    return kind == "run" ? Run("first") : Directory.GetFiles(Path.Combine(Run("first"), "checkpoints"))[0];
            }
        }
    }

    [Fact]
    public async Task From_WhatIsNoNetworkOrWithOptionsOfTheNetwork_IsRefusedBeforeAnythingIsWritten()
    {
        await Succeeds(Train("first", epochs: 1));
        string[] train = ["train", "--from", Run("first"), "--output", Run("second"), "--data", data];

        await Fails("--lrn cannot change the network of --from. Leave it out.", [.. train, "--lrn", "off"]);
        await Fails("--preset cannot change the network of --from.", [.. train, "--preset", "alexnet"]);
        await Fails("to begin --from: name a package, a run", "train", "--from", Run("nowhere"), "--data", data);
        await Fails("no checkpoint", "train", "--from", data, "--data", data);
        Assert.Empty(Files("second"));
    }

    public void Dispose() => folder.Dispose();

    private static async Task<string> Succeeds(params string[] arguments)
    {
        var (code, output, error) = await Programs.AlexnetAsync(arguments);
        Assert.True(code == ExitCode.Done, $"alexnet {string.Join(' ', arguments)} ended with {code}: {error}");
        return output;
    }

    private static async Task Fails(string reason, params string[] arguments)
    {
        var (code, _, error) = await Programs.AlexnetAsync(arguments);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains(reason, error, StringComparison.Ordinal);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    private static async Task Until(Func<bool> there, Process training)
    {
        while (!there())
        {
            Assert.False(training.HasExited, "The training ended too early.");
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }

    private static async Task Kill(Process training)
    {
        training.Kill();
        await training.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Leaves a run that was killed after some epoch.</summary>
    private async Task StopAfterAnEpoch()
    {
        using var training = Programs.Start("alexnet.dll", Train("run", epochs: 9999));
        _ = training.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await Until(() => Files("run").Count > 0, training);
        await Kill(training);
    }

    private string[] Train(string name, int epochs) =>
    [
        "train", "--preset", "alexnet-cifar", "--data", data, "--batch-size", "4", "--epochs", $"{epochs}", "--output", Run(name),
        "--devices", "cpu,cpu", "--threads", "1", "--learning-rate", "0.001",
    ];

    private string Run(string name) => Path.Combine(folder.Path, name);

    private List<string> Files(string name) => [.. new CheckpointFolder(Run(name)).Files.Select(file => Path.GetFileName(file))];

    private List<(string Name, string Bytes)> Contents(string name) =>
    [
        .. Directory.EnumerateFiles(Path.Combine(Run(name), "checkpoints"))
            .Order(StringComparer.Ordinal)
            .Select(file => (Path.GetFileName(file), Convert.ToHexString(File.ReadAllBytes(file)))),
    ];

    private void AssertSameWeights(string one, string other)
    {
        var (first, second) = (new CheckpointFolder(Run(one)).Newest(), new CheckpointFolder(Run(other)).Newest());
        Assert.Equal(first.State.Epochs.Select(Facts), second.State.Epochs.Select(Facts));
        foreach (var shape in first.State.Architecture.Weights())
        {
            AssertSame(first.Weights[shape.Name], second.Weights[shape.Name]);
            AssertSame(first.Velocities[shape.Name], second.Velocities[shape.Name]);
        }

        static (double, double, double?) Facts(EpochResult epoch) => (epoch.Loss, epoch.TrainingTop1Error, epoch.ValidationTop1Error);

        // Bytes, not values: −0 is not 0.
        static void AssertSame(WeightTensor expected, WeightTensor actual) =>
            Assert.True(MemoryMarshal.AsBytes(expected.Values.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(actual.Values.AsSpan())));
    }
}
