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
    public void Training_TwiceWithTheSameSeed_IsTheSameToTheLastBit()
    {
        using var one = Start("one", epochs: 2);
        using var other = Start("other", epochs: 2);

        one.Run(epochDone: null, TestContext.Current.CancellationToken);
        other.Run(epochDone: null, TestContext.Current.CancellationToken);

        Assert.Equal(Facts(one), Facts(other));
        AssertSameWeights(one.Weights(), other.Weights());
    }

    [Fact]
    public void Training_WithAnotherSeed_IsAnotherNetwork()
    {
        using var one = Start("one", epochs: 1);
        using var other = Start("other", epochs: 1, seed: 2);

        one.Run(epochDone: null, TestContext.Current.CancellationToken);
        other.Run(epochDone: null, TestContext.Current.CancellationToken);

        Assert.NotEqual(one.State.Epochs[0].Loss, other.State.Epochs[0].Loss);
    }

    [Fact]
    public void Training_StoppedAndResumed_EqualsTrainingInOneGo()
    {
        using var whole = Start("whole", epochs: 3);
        whole.Run(epochDone: null, TestContext.Current.CancellationToken);
        using var stop = new CancellationTokenSource();
        using var first = Start("run", epochs: 3, progress: new StopInEpoch(2, stop));
        Assert.ThrowsAny<OperationCanceledException>(() => first.Run(epochDone: null, stop.Token));

        using var second = new Trainer(
            Checkpoint.Newest(Run("run")), Data(), ColumnPlacement.OnCpu(2), Run("run"), TimeProvider.System);
        Assert.Single(second.State.Epochs);
        second.Run(epochDone: null, TestContext.Current.CancellationToken);

        Assert.Equal(Facts(whole), Facts(second));
        AssertSameWeights(whole.Weights(), second.Weights());
    }

    [Fact]
    public void Training_WithAnAbsurdRate_StopsAndLeavesOnlyGoodCheckpoints()
    {
        using var trainer = Start("run", epochs: 3, rate: 1e38);

        var failure = Assert.Throws<DivergedException>(() => trainer.Run(epochDone: null, TestContext.Current.CancellationToken));

        Assert.Contains("step 0 of epoch 2 with a learning rate of 1E+38", failure.Message, StringComparison.Ordinal);
        Assert.Contains("--learning-rate", failure.Message, StringComparison.Ordinal);
        Assert.Contains("epoch-0001.safetensors", failure.Message, StringComparison.Ordinal);
        Assert.True(Checkpoint.Newest(Run("run")).Weights.AreFinite);
    }

    [Fact]
    public void Training_OverFiftySteps_KeepsNoTensor()
    {
        using var trainer = Start("run", epochs: 60);
        var live = new List<long>();

        trainer.Run(_ => live.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount), TestContext.Current.CancellationToken);

        // 54 photographs are one step an epoch; the first may set things up.
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

    private TrainingData Data() => TrainingData.Load(source, 0.1, side: 20, TestContext.Current.CancellationToken);

    private Trainer Start(string name, int epochs, int seed = 1, double rate = 0.01, IProgress<StepReport>? progress = null)
    {
        var data = Data();
        var state = new TrainingState
        {
            Architecture = Tables.Tiny(),
            Recipe = new TrainingRecipe { BatchSize = 64, Epochs = epochs, LearningRate = rate, Schedule = LearningRateSchedule.Plateau },
            Seed = seed,
            Labels = source.Labels,
            Colours = ColourStatistics.Of(data.Training, TestContext.Current.CancellationToken),
            DataSet = source.Name,
            DataSetPath = "data",
            DataSetSha256 = source.Sha256,
            TrainingImages = data.Training.Photographs.Count,
            ValidationImages = data.Validation.Photographs.Count,
            Started = TimeProvider.System.GetUtcNow(),
        };
        return new Trainer(state, data, ColumnPlacement.OnCpu(2), Run(name), TimeProvider.System, progress);
    }

    /// <summary>Asks to stop as soon as an epoch has begun.</summary>
    private sealed class StopInEpoch(int epoch, CancellationTokenSource stop) : IProgress<StepReport>
    {
        public void Report(StepReport value)
        {
            if (value.Epoch == epoch)
            {
                stop.Cancel();
            }
        }
    }
}
