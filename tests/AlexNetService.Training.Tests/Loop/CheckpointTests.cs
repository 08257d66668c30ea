using AlexNetService.ModelSpec.Package;
using AlexNetService.ModelSpec.Weights;
using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Network;

namespace AlexNetService.Training.Tests.Loop;

public sealed class CheckpointTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void Checkpoint_SavedAndRead_IsTheSame()
    {
        var written = Make(epochs: 2);
        written.Save(folder.Path);

        var read = Checkpoint.Newest(folder.Path);

        Assert.Equal(written.State.Epochs, read.State.Epochs);
        Assert.Equal(written.State.Recipe, read.State.Recipe);
        Assert.Equal(written.State.Architecture.Layers, read.State.Architecture.Layers);
        foreach (var shape in written.State.Architecture.Weights())
        {
            Assert.Equal(written.Weights[shape.Name].Values, read.Weights[shape.Name].Values);
            Assert.Equal(written.Velocities[shape.Name].Values, read.Velocities[shape.Name].Values);
        }
    }

    [Fact]
    public void Checkpoint_Truncated_FallsBackToTheOneBeforeAndSaysSo()
    {
        Make(epochs: 1).Save(folder.Path);
        var newest = Make(epochs: 2).Save(folder.Path);
        using (var file = File.OpenWrite(newest))
        {
            file.SetLength(file.Length - 100);
        }

        var said = new List<string>();
        var read = Checkpoint.Newest(folder.Path, said.Add);

        Assert.Single(read.State.Epochs);
        Assert.Contains("truncated", Assert.Single(said), StringComparison.Ordinal);
    }

    [Fact]
    public void Checkpoint_WithAFlippedBit_FallsBackToTheOneBefore()
    {
        Make(epochs: 1).Save(folder.Path);
        var newest = Make(epochs: 2).Save(folder.Path);
        var bytes = File.ReadAllBytes(newest);
        bytes[^1000] ^= 1;
        File.WriteAllBytes(newest, bytes);

        var said = new List<string>();

        Assert.Single(Checkpoint.Newest(folder.Path, said.Add).State.Epochs);
        Assert.Contains("damaged", Assert.Single(said), StringComparison.Ordinal);
    }

    [Fact]
    public void Checkpoint_WithAChangedDigitInItsState_FallsBackToTheOneBefore()
    {
        Make(epochs: 1).Save(folder.Path);
        var newest = Make(epochs: 2).Save(folder.Path);
        var bytes = File.ReadAllBytes(newest);
        var place = bytes.AsSpan().IndexOf("LearningRate"u8);
        var digit = place + bytes.AsSpan(place).IndexOf((byte)'1');
        bytes[digit] = (byte)'2';
        File.WriteAllBytes(newest, bytes);

        Assert.Single(Checkpoint.Newest(folder.Path).State.Epochs);
    }

    [Fact]
    public void Checkpoints_BeyondTheThird_AreRemovedOldestFirst()
    {
        for (var epochs = 1; epochs <= 5; epochs++)
        {
            Make(epochs).Save(folder.Path);
        }

        Assert.Equal(["epoch-0005.safetensors", "epoch-0004.safetensors", "epoch-0003.safetensors"], Checkpoint.Files(folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Checkpoint_ThatCannotBeWritten_LeavesTheEarlierOnes()
    {
        Make(epochs: 1).Save(folder.Path);
        Directory.CreateDirectory(Path.Combine(folder.Path, "checkpoints", "epoch-0002.safetensors.partial"));

        Assert.ThrowsAny<Exception>(() => Make(epochs: 2).Save(folder.Path));

        Assert.Single(Checkpoint.Newest(folder.Path).State.Epochs);
    }

    [Fact]
    public void Run_WithoutACheckpoint_SaysSo()
    {
        var failure = Assert.Throws<CheckpointException>(() => Checkpoint.Newest(folder.Path));

        Assert.Contains("no checkpoint", failure.Message, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private static Checkpoint Make(int epochs)
    {
        var architecture = Tables.Tiny();
        using var network = new ColumnNetwork(architecture, ColumnPlacement.OnCpu(2));
        ColumnWeights.Initialise(network, epochs);
        var state = new TrainingState
        {
            Architecture = architecture,
            Recipe = new TrainingRecipe { Epochs = 9 },
            Seed = 1,
            Labels = [new ClassLabel(0, "a", "a"), new ClassLabel(1, "b", "b"), new ClassLabel(2, "c", "c")],
            Colours = new ColourStatistics([1, 2, 3], [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [4, 5, 6]),
            DataSet = "data",
            DataSetPath = "data",
            DataSetSha256 = "0",
            TrainingImages = 10,
            ValidationImages = 0,
            Started = DateTimeOffset.UnixEpoch,
            Epochs = [.. Enumerable.Range(1, epochs).Select(epoch => new EpochResult(epoch, 0.01, 1.5 / epoch, 0.5, null, null, 1, DateTimeOffset.UnixEpoch))],
        };
        var velocities = architecture.Weights().ToDictionary(
            shape => shape.Name,
            shape => new WeightTensor(shape.Dimensions, [.. Enumerable.Range(0, shape.Dimensions.Aggregate(1, (product, size) => product * size)).Select(i => i * 0.5f)]));
        return new Checkpoint(state, ColumnWeights.Merge(network), velocities);
    }
}
