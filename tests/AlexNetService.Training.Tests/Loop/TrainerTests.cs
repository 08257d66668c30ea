using System.IO.Compression;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Weights;
using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Network;
using TorchSharp;

namespace AlexNetService.Training.Tests.Loop;

[Collection("torch")]
public sealed class TrainerTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly LabelledPhotographs source;

    public TrainerTests()
    {
        source = DataSetOpener.Open(Pictures.Write(Path.Combine(folder.Path, "data"), perClass: 20));
    }

    [Fact]
    public void Training_OnColours_LearnsThem()
    {
        using var trainer = Start("run", epochs: 6);

        trainer.Run(epochDone: null, TestContext.Current.CancellationToken);

        Assert.Equal(6, trainer.State.Epochs.Count);
        Assert.True(trainer.State.Epochs[^1].Loss < trainer.State.Epochs[0].Loss);
        Assert.True(trainer.State.Epochs[^1].ValidationTop1Error < 0.2, $"{trainer.State.Epochs[^1]}");
    }

    [Fact]
    public void Training_TwiceWithTheSameSeed_GivesTheSameNetworkToTheLastBit()
    {
        using var one = Start("one", epochs: 2);
        using var other = Start("other", epochs: 2);

        one.Run(epochDone: null, TestContext.Current.CancellationToken);
        other.Run(epochDone: null, TestContext.Current.CancellationToken);

        Assert.Equal(Facts(one), Facts(other));
        AssertSameWeights(one.Weights(), other.Weights());
    }

    [Fact]
    public void Training_WithAnotherSeed_GivesAnotherNetwork()
    {
        using var one = Start("one", epochs: 1);
        using var other = Start("other", epochs: 1, seed: 2);

        one.Run(epochDone: null, TestContext.Current.CancellationToken);
        other.Run(epochDone: null, TestContext.Current.CancellationToken);

        Assert.NotEqual(one.State.Epochs[0].Loss, other.State.Epochs[0].Loss);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 3)]
    [InlineData(2, 2)]
    [InlineData(2, 4)]
    public void Training_StoppedAfterAStepAndResumed_EqualsUninterruptedTraining(int epoch, int step)
    {
        using var whole = Start("whole", epochs: 3, batch: 16);
        whole.Run(epochDone: null, TestContext.Current.CancellationToken);
        using var stop = new CancellationTokenSource();
        using var first = Start("run", epochs: 3, batch: 16, progress: new At(epoch, step, stop.Cancel));
        Assert.ThrowsAny<OperationCanceledException>(() => first.Run(epochDone: null, stop.Token));

        // A step is reported after the next one is queued, so that one is finished too; an epoch has four.
        using var second = Resume("run");
        Assert.Equal((epoch - 1, Math.Min(step + 1, 4)), (second.State.Epochs.Count, second.State.UnderWay?.Steps));
        second.Run(epochDone: null, TestContext.Current.CancellationToken);

        Assert.Equal(Facts(whole), Facts(second));
        AssertSameWeights(whole.Weights(), second.Weights());
    }

    [Fact]
    public void Training_LongerThanTheTimeBetweenCheckpoints_WritesThemInTheMiddleOfAnEpoch()
    {
        var clock = new HandClock();
        var seen = new List<string?>();
        var run = new CheckpointFolder(Run("run"));
        using var trainer = Start(
            "run",
            epochs: 1,
            batch: 8,
            clock: clock,
            policy: new CheckpointPolicy(Keep: 2, TimeSpan.FromMinutes(2)),
            progress: new EachStep(() =>
            {
                seen.Add(run.Files is [var newest, ..] ? Path.GetFileName(newest) : null);
                clock.Advance(TimeSpan.FromMinutes(1));
            }));

        trainer.Run(epochDone: null, TestContext.Current.CancellationToken);

        // Seven steps. After the second is reported, a checkpoint is due; the third is under way and goes into it. All checkpoints in the
        // middle of the epoch are deleted at its end.
        string?[] expected = [null, null, null, Step(3), Step(3), Step(3), Step(6)];
        Assert.Equal(expected, seen);
        Assert.Equal(["epoch-0001.safetensors"], run.Files.Select(Path.GetFileName));
        static string Step(int step) => $"epoch-0001-step-{step:D8}.safetensors";
    }

    [Fact]
    public void Training_IfLibtorchFails_NamesTheStepAndTheLastCheckpoint()
    {
        // Labels of the third class are out of range for a network of two classes.
        using var trainer = Start("run", epochs: 1, table: Tables.Tiny(classes: 2));

        var failure = Assert.Throws<FailedStepException>(() => trainer.Run(epochDone: null, TestContext.Current.CancellationToken));

        Assert.StartsWith("libtorch failed at step 0 of epoch 1: ", failure.Message, StringComparison.Ordinal);
        Assert.EndsWith("There is no checkpoint yet; start again.", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Training_WhoseDataSetBreaks_WritesACheckpointAndResumesAfterTheRepair()
    {
        // Too many canvases of 250² pixels to keep in memory, so each use reads from the zip.
        var zip = Many(Path.Combine(folder.Path, "many.zip"), photographs: 6000);
        var bytes = File.ReadAllBytes(zip);
        var table = Tables.Tiny() with { Geometry = new CropGeometry(250, 16) };
        using (var photographs = DataSetOpener.Open(zip))
        using (var trainer = Start(
            "run",
            epochs: 1,
            batch: 8,
            data: Data(photographs, table, 0),
            table: table,
            progress: new At(1, 3, () => File.WriteAllBytes(zip, new byte[bytes.Length]))))
        {
            var failure = Assert.Throws<DataSetException>(() => trainer.Run(epochDone: null, TestContext.Current.CancellationToken));
            Assert.Contains("many", failure.Message, StringComparison.Ordinal);
        }

        var kept = new CheckpointFolder(Run("run")).Newest().State.UnderWay?.Steps;
        Assert.True(kept >= 3, $"{kept}");
        File.WriteAllBytes(zip, bytes);
        using var mended = DataSetOpener.Open(zip);
        using var stop = new CancellationTokenSource();
        using var second = Resume("run", Data(mended, table, 0), new At(1, 2, stop.Cancel));
        Assert.ThrowsAny<OperationCanceledException>(() => second.Run(epochDone: null, stop.Token));
        Assert.Equal(kept + 3, second.State.UnderWay?.Steps);
    }

    [Fact]
    public void Training_WithAnAbsurdRate_StopsAndLeavesOnlyGoodCheckpoints()
    {
        using var trainer = Start("run", epochs: 3, rate: 1e38);

        var failure = Assert.Throws<DivergedException>(() => trainer.Run(epochDone: null, TestContext.Current.CancellationToken));

        Assert.Contains("step 0 of epoch 2 with a learning rate of 1E+38", failure.Message, StringComparison.Ordinal);
        Assert.Contains("--learning-rate", failure.Message, StringComparison.Ordinal);
        Assert.Contains("epoch-0001.safetensors", failure.Message, StringComparison.Ordinal);
        Assert.True(new CheckpointFolder(Run("run")).Newest().Weights.AreFinite);
    }

    [Fact]
    public void Training_ThatDivergesInTheStepUnderWayWhenACheckpointIsDue_WritesNone()
    {
        var clock = new HandClock();
        using var trainer = Start(
            "run",
            epochs: 1,
            rate: 1e38,
            batch: 16,
            clock: clock,
            policy: new CheckpointPolicy(Keep: 2, TimeSpan.FromMinutes(1)),
            progress: new EachStep(() => clock.Advance(TimeSpan.FromMinutes(1))));

        var failure = Assert.Throws<DivergedException>(() => trainer.Run(epochDone: null, TestContext.Current.CancellationToken));

        Assert.Contains("step 1 of epoch 1", failure.Message, StringComparison.Ordinal);
        Assert.Empty(new CheckpointFolder(Run("run")).Files);
    }

    [Fact]
    public void Training_OverFiftySteps_KeepsNoTensor()
    {
        using var trainer = Start("run", epochs: 60);
        var live = new List<long>();

        trainer.Run(_ => live.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount), TestContext.Current.CancellationToken);

        // 54 photographs are one step per epoch; the first epoch may allocate lasting tensors.
        Assert.Equal(live[1], live[51]);
    }

    public void Dispose()
    {
        source.Dispose();
        folder.Dispose();
    }

    private static IEnumerable<(double, double, double?)> Facts(Trainer trainer) =>
        trainer.State.Epochs.Select(epoch => (epoch.Loss, epoch.TrainingTop1Error, epoch.ValidationTop1Error));

    private static void AssertSameWeights(NamedWeights one, NamedWeights other)
    {
        foreach (var shape in Tables.Tiny().Weights())
        {
            Assert.Equal(one[shape.Name].Values, other[shape.Name].Values);
        }
    }

    private string Run(string name) => Path.Combine(folder.Path, name);

    private static TrainingData Data(LabelledPhotographs photographs, NetworkArchitecture table, double fraction = 0.1) =>
        Tables.Load(photographs, new DataShare(fraction), table.Geometry.Canvas, TestContext.Current.CancellationToken);

    /// <summary>Writes a zip that repeats one photograph per class.</summary>
    private static string Many(string path, int photographs)
    {
        using var zip = ZipFile.Open(path, ZipArchiveMode.Create);
        byte[][] pictures = [.. Enumerable.Range(0, 3).Select(label => Pictures.Encode(label, seed: label, side: 8))];
        for (var i = 0; i < photographs; i++)
        {
            using var entry = zip.CreateEntry($"class{i % 3}/{i:D5}.png", CompressionLevel.NoCompression).Open();
            entry.Write(pictures[i % 3]);
        }

        return path;
    }

    private Trainer Resume(string name, TrainingData? data = null, IProgress<StepReport>? progress = null)
    {
        var folder = new CheckpointFolder(Run(name));
        var checkpoint = folder.Newest();
        return new Trainer(
            checkpoint.State,
            data ?? Data(source, Tables.Tiny()),
            ColumnPlacement.OnCpu(2),
            folder,
            TimeProvider.System,
            progress,
            checkpoint.Weights,
            checkpoint.Velocities);
    }

    private Trainer Start(
        string name,
        int epochs,
        int seed = 1,
        double rate = 0.01,
        int batch = 64,
        IProgress<StepReport>? progress = null,
        TimeProvider? clock = null,
        CheckpointPolicy? policy = null,
        TrainingData? data = null,
        NetworkArchitecture? table = null)
    {
        var usual = Data(source, Tables.Tiny());
        data ??= usual;
        var state = new TrainingState
        {
            Architecture = table ?? Tables.Tiny(),
            Recipe = new TrainingRecipe
            {
                BatchSize = batch,
                Epochs = epochs,
                LearningRate = rate,
                Schedule = LearningRateSchedule.Plateau,
            },
            Seed = seed,
            Labels = source.Labels,
            Colours = ColourStatistics.Of(usual.Training, TestContext.Current.CancellationToken),
            DataSet = source.Name,
            DataSetPath = "data",
            DataSetSha256 = source.Sha256,
            TrainingImages = data.Training.Photographs.Count,
            ValidationImages = data.Validation.Photographs.Count,
            Started = TimeProvider.System.GetUtcNow(),
        };
        var checkpoints = new CheckpointFolder(Run(name)) { Policy = policy ?? CheckpointPolicy.Usual };
        return new Trainer(state, data, ColumnPlacement.OnCpu(2), checkpoints, clock ?? TimeProvider.System, progress);
    }

    /// <summary>Acts once after a given step of a given epoch, both from 1.</summary>
    private sealed class At(int epoch, int step, Action act) : IProgress<StepReport>
    {
        private int steps;

        public void Report(StepReport value)
        {
            steps += value.Epoch == epoch ? 1 : 0;
            if (value.Epoch == epoch && steps == step)
            {
                act();
            }
        }
    }

    private sealed class EachStep(Action act) : IProgress<StepReport>
    {
        public void Report(StepReport value) => act();
    }

    /// <summary>A clock that advances only on request.</summary>
    private sealed class HandClock : TimeProvider
    {
        private TimeSpan passed;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => passed.Ticks;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + passed;

        public void Advance(TimeSpan time) => passed += time;
    }
}
