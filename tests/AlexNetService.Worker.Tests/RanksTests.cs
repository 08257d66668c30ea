using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using AlexNetService.ModelSpec.Weights;
using AlexNetService.Training.Loop;

namespace AlexNetService.Worker.Tests;

/// <summary>Processes that mpirun starts, which share each batch, and the photographs to measure and classify.</summary>
public sealed class RanksTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string data;

    public RanksTests()
    {
        Mpirun.Require();

        // 36 photographs to learn from, batches of 7: six steps an epoch, the last one of a single photograph.
        data = Pictures.Write(Path.Combine(folder.Path, "data"), classes: 2, perClass: 20);
    }

    [Fact]
    public async Task Training_OfTwoRanksOneOfWhichIsKilled_EqualsOneProcessAndGoesOn()
    {
        var one = await Programs.AlexnetAsync(Train("one"));
        Succeeded(one);
        var two = await Mpirun.AlexnetAsync(2, Train("two"));
        Succeeded(two);

        // Only the first rank prints.
        Assert.Equal("2 ranks share each batch", Lines(two)[0]);
        Assert.Equal(Lines(one).Length, Lines(two).Length - 1);
        var (alone, together) = (Newest("one"), Newest("two"));
        Assert.Equal(
            alone.State.Epochs.Select(epoch => (epoch.TrainingTop1Error, epoch.ValidationTop1Error)),
            together.State.Epochs.Select(epoch => (epoch.TrainingTop1Error, epoch.ValidationTop1Error)));
        Assert.All(alone.State.Epochs.Zip(together.State.Epochs), pair => Assert.Equal(pair.First.Loss, pair.Second.Loss, 1e-5));
        foreach (var shape in alone.State.Architecture.Weights())
        {
            Assert.Equal(
                alone.Weights[shape.Name].Values, together.Weights[shape.Name].Values, (own, other) => Math.Abs(own - other) < 1e-5f);
        }

        // A checkpoint after every step; SIGKILL of the second rank in the second epoch.
        using var killed = Mpirun.Start(2, [.. Train("killed"), "--checkpoint-minutes", "1e-6"]);
        _ = killed.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = killed.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var checkpoints = new CheckpointFolder(Run("killed"));
        await Until(() => checkpoints.Files.Any(file => file.Contains("epoch-0002-step-", StringComparison.Ordinal)));
        var from = Stopwatch.GetTimestamp();
        Process.GetProcessById(await RankOf(killed, rank: 1)).Kill();
        await killed.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.InRange(Stopwatch.GetElapsedTime(from).TotalSeconds, 0, 10);
        Assert.NotEqual(0, killed.ExitCode);
        Assert.Contains("exited on signal 9", await error, StringComparison.Ordinal);

        Succeeded(await Mpirun.AlexnetAsync(2, "train", "--resume", "auto", "--output", Run("killed")));
        var resumed = Newest("killed");
        foreach (var shape in together.State.Architecture.Weights())
        {
            AssertSame(together.Weights[shape.Name], resumed.Weights[shape.Name]);
            AssertSame(together.Velocities[shape.Name], resumed.Velocities[shape.Name]);
        }
    }

    [Fact]
    public async Task Training_OfRanksWithOtherOptions_IsRefusedByName()
    {
        var (code, _, error) = await Mpirun.AlexnetAsync(Train("run"), [.. Train("run"), "--weight-decay", "0.5"]);

        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains(
            $"alexnet: rank 1 of 2, on {Environment.MachineName}: this rank has another WeightDecay than the first: 0.5 instead of 0.001.",
            error,
            StringComparison.Ordinal);
        Assert.Empty(new CheckpointFolder(Run("run")).Files);
    }

    [Fact]
    public async Task EvaluateAndClassify_OfTwoRanks_GiveWhatOneProcessGives()
    {
        var package = Path.Combine(AppContext.BaseDirectory, "models", "imagenet-200-1");
        string[] evaluate = ["evaluate", "--package", package, "--data", Data200()];
        string[] classify = ["classify", data, "--format", "jsonl", "--crops", "1", "--output"];
        var file = Path.Combine(folder.Path, "two.jsonl");

        Assert.Equal(Lines(await Programs.AlexnetAsync(evaluate)), Lines(await Mpirun.AlexnetAsync(2, evaluate)));
        Succeeded(await Programs.AlexnetAsync([.. classify, Path.Combine(folder.Path, "one.jsonl")]));
        var whole = await File.ReadAllLinesAsync(Path.Combine(folder.Path, "one.jsonl"), TestContext.Current.CancellationToken);

        // Five answers are there already.
        await File.WriteAllLinesAsync(file, whole[3..8], TestContext.Current.CancellationToken);
        Succeeded(await Mpirun.AlexnetAsync(2, [.. classify, file]));

        var shared = await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken);
        Assert.Equal([.. whole[3..8], .. whole[..3], .. whole[8..]], shared);
    }

    [Fact]
    public async Task Commands_ThatDoNotShareTheirWork_AreRefused()
    {
        var (code, _, error) = await Mpirun.AlexnetAsync(2, "inspect", "--preset", "alexnet-cifar");

        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("alexnet inspect runs in one process. Start it without mpirun.", error, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private static void Succeeded(ProgramResult result) => Assert.True(result.ExitCode == ExitCode.Done, result.Error);

    private static string[] Lines(ProgramResult result)
    {
        Succeeded(result);
        return result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    private static async Task Until(Func<bool> there)
    {
        while (!there())
        {
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The process of a rank: the child of mpirun whose environment has its number.</summary>
    private static async Task<int> RankOf(Process mpirun, int rank)
    {
        var children = await File.ReadAllTextAsync(
            $"/proc/{mpirun.Id}/task/{mpirun.Id}/children", TestContext.Current.CancellationToken);
        foreach (var child in children.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var environment = await File.ReadAllTextAsync($"/proc/{child}/environ", TestContext.Current.CancellationToken);
            if (environment.Split('\0').Contains($"OMPI_COMM_WORLD_RANK={rank}"))
            {
                return int.Parse(child, CultureInfo.InvariantCulture);
            }
        }

        throw new InvalidOperationException($"mpirun has no child of rank {rank}.");
    }

    /// <summary>Bytes, not values: −0 is not 0.</summary>
    private static void AssertSame(WeightTensor expected, WeightTensor actual) =>
        Assert.True(MemoryMarshal.AsBytes(expected.Values.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(actual.Values.AsSpan())));

    private string[] Train(string name) =>
    [
        "train", "--preset", "alexnet-cifar", "--data", data, "--batch-size", "7", "--epochs", "2", "--output", Run(name),
        "--threads", "1", "--learning-rate", "0.001", "--cut-mix", "0.5", "--balanced-classes", "true",
    ];

    /// <summary>Photographs of two of the classes of the bundled network.</summary>
    private string Data200()
    {
        var place = Path.Combine(folder.Path, "known");
        Directory.CreateDirectory(place);
        Directory.CreateSymbolicLink(Path.Combine(place, "n01443537"), Path.Combine(data, "class0"));
        Directory.CreateSymbolicLink(Path.Combine(place, "n04285008"), Path.Combine(data, "class1"));
        return place;
    }

    private Checkpoint Newest(string name) => new CheckpointFolder(Run(name)).Newest();

    private string Run(string name) => Path.Combine(folder.Path, name);
}
