using AlexNetService.ModelSpec.Package;
using AlexNetService.ModelSpec.Weights;
using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Network;

namespace AlexNetService.Training.Tests.Loop;

public sealed class CheckpointTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private CheckpointFolder Folder => new(folder.Path);

    private CheckpointFolder Keeping(int count) => new(folder.Path) { Policy = CheckpointPolicy.Usual with { Keep = count } };

    [Fact]
    public void Checkpoint_SavedAndRead_IsTheSame()
    {
        var written = Make(epochs: 2);
        Folder.Save(written);

        var read = Folder.Newest();

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
    public void Checkpoint_WithoutAFieldOfTheRecipe_HasItsDefault()
    {
        var written = Make(epochs: 1);
        const string Field = "\"RandomCrops\":false,";
        var recipe = written.State.Recipe with { RandomCrops = false };
        var path = Folder.Save(written with { State = written.State with { Recipe = recipe } });
        var file = SafeTensors.Read(path);
        var (key, state) = file.Metadata.Single(entry => entry.Value.Contains(Field, StringComparison.Ordinal));
        var older = new Dictionary<string, string>(file.Metadata) { [key] = state.Replace(Field, "", StringComparison.Ordinal) };

        Assert.False(Folder.Newest().State.Recipe.RandomCrops);
        (file with { Metadata = older }).Write(path);

        Assert.Equal(written.State.Recipe, Folder.Newest().State.Recipe);
    }

    [Fact]
    public void Checkpoint_OfBeforeTheRulesForSmallClassesAndCopies_KeepsItsPhotographs()
    {
        var written = Make(epochs: 1);
        var recipe = written.State.Recipe with { LeastHeldOutPerClass = 2 };
        var path = Folder.Save(written with { State = written.State with { Recipe = recipe, LeavesOutCopies = true } });
        var file = SafeTensors.Read(path);
        Assert.Equal((2, true), (Folder.Newest().State.Recipe.Share.Least, Folder.Newest().State.LeavesOutCopies));

        var older = file.Metadata.ToDictionary(entry => entry.Key, entry => entry.Value
            .Replace(",\"LeastHeldOutPerClass\":2", "", StringComparison.Ordinal)
            .Replace("\"LeavesOutCopies\":true,", "", StringComparison.Ordinal));
        Assert.NotEqual(file.Metadata, older);
        (file with { Metadata = older }).Write(path);

        Assert.Equal((0, false), (Folder.Newest().State.Recipe.Share.Least, Folder.Newest().State.LeavesOutCopies));
    }

    [Fact]
    public void Checkpoint_Truncated_IsSkippedWithAMessage()
    {
        Folder.Save(Make(epochs: 1));
        var newest = Folder.Save(Make(epochs: 2));
        using (var file = File.OpenWrite(newest))
        {
            file.SetLength(file.Length - 100);
        }

        var said = new List<string>();
        var read = Folder.Newest(said.Add);

        Assert.Single(read.State.Epochs);
        Assert.Contains("truncated", Assert.Single(said), StringComparison.Ordinal);
    }

    [Fact]
    public void Checkpoint_WithAFlippedBit_IsSkipped()
    {
        Folder.Save(Make(epochs: 1));
        var newest = Folder.Save(Make(epochs: 2));
        var bytes = File.ReadAllBytes(newest);
        bytes[^1000] ^= 1;
        File.WriteAllBytes(newest, bytes);

        var said = new List<string>();

        Assert.Single(Folder.Newest(said.Add).State.Epochs);
        Assert.Contains("damaged", Assert.Single(said), StringComparison.Ordinal);
    }

    [Fact]
    public void Checkpoint_WithAChangedDigitInItsState_IsSkipped()
    {
        Folder.Save(Make(epochs: 1));
        var newest = Folder.Save(Make(epochs: 2));
        var bytes = File.ReadAllBytes(newest);
        var place = bytes.AsSpan().IndexOf("LearningRate"u8);
        var digit = place + bytes.AsSpan(place).IndexOf((byte)'1');
        bytes[digit] = (byte)'2';
        File.WriteAllBytes(newest, bytes);

        Assert.Single(Folder.Newest().State.Epochs);
    }

    [Fact]
    public void Checkpoints_BeyondTheThird_AreRemovedOldestFirst()
    {
        for (var epochs = 1; epochs <= 5; epochs++)
        {
            Folder.Save(Make(epochs));
        }

        Assert.Equal(["epoch-0005.safetensors", "epoch-0004.safetensors", "epoch-0003.safetensors"], Folder.Files.Select(Path.GetFileName));
    }

    [Fact]
    public void Checkpoint_ThatCannotBeWritten_LeavesTheEarlierOnes()
    {
        Folder.Save(Make(epochs: 1));
        Directory.CreateDirectory(Path.Combine(folder.Path, "checkpoints", "epoch-0002.safetensors.partial"));

        Assert.Throws<InputException>(() => Folder.Save(Make(epochs: 2)));

        Assert.Single(Folder.Newest().State.Epochs);
    }

    [Fact]
    public void Checkpoint_OnAFullDisk_LeavesTheEarlierOnesUnchanged()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "This machine has no /dev/full, a device that is always full.");
        var earlier = Folder.Save(Make(epochs: 1));
        var bytes = File.ReadAllBytes(earlier);
        File.CreateSymbolicLink(Path.Combine(folder.Path, "checkpoints", "epoch-0002.safetensors.partial"), "/dev/full");

        var failure = Assert.Throws<InputException>(() => Folder.Save(Make(epochs: 2)));

        Assert.Contains("epoch-0002.safetensors' cannot be written: No space left on device", failure.Message, StringComparison.Ordinal);
        Assert.Equal([earlier], Folder.Files);
        Assert.Equal(bytes, File.ReadAllBytes(earlier));
    }

    [Fact]
    public void Checkpoint_InTheMiddleOfAnEpoch_IsReadUnchanged()
    {
        var written = Make(epochs: 2, steps: 3);
        Assert.EndsWith("epoch-0003-step-00000003.safetensors", Folder.Save(written), StringComparison.Ordinal);

        Assert.Equal(written.State.UnderWay, Folder.Newest().State.UnderWay);
    }

    [Fact]
    public void Checkpoint_BeforeTheFirstFinishedEpoch_IsResumedButNotMeasured()
    {
        Folder.Save(Make(epochs: 0, steps: 3));

        Assert.Equal(3, Folder.Newest().State.UnderWay?.Steps);
        var failure = Assert.Throws<InputException>(() => Folder.Finished(CheckpointChoice.Best));
        Assert.Contains("no finished epoch yet", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Checkpoint_InTheMiddleOfAnEpoch_IsSkippedIfDamaged()
    {
        Folder.Save(Make(epochs: 1));
        Folder.Save(Make(epochs: 1, steps: 2));
        File.WriteAllBytes(Folder.Save(Make(epochs: 1, steps: 4)), [1, 2, 3]);
        var said = new List<string>();

        Assert.Equal(2, Folder.Newest(said.Add).State.UnderWay?.Steps);
        Assert.Single(said);
    }

    [Fact]
    public void Checkpoints_InTheMiddleOfAnEpoch_AreDeletedWhenItIsFinished()
    {
        Keeping(2).Save(Make(epochs: 1));
        foreach (var steps in (int[])[1, 2, 3])
        {
            Keeping(2).Save(Make(epochs: 1, steps));
        }

        Assert.Equal(["epoch-0002-step-00000003.safetensors", "epoch-0002-step-00000002.safetensors", "epoch-0001.safetensors"], Names());
        Keeping(2).Save(Make(epochs: 2));
        Assert.Equal(["epoch-0002.safetensors", "epoch-0001.safetensors"], Names());
    }

    [Fact]
    public void Checkpoint_WrittenAfterADamagedOneWasSkipped_ReplacesIt()
    {
        Keeping(1).Save(Make(epochs: 1));
        File.WriteAllBytes(Path.Combine(folder.Path, "checkpoints", "epoch-0002.safetensors"), [1, 2, 3]);

        Keeping(1).Save(Make(epochs: 1, steps: 2));

        Assert.Equal(["epoch-0002-step-00000002.safetensors", "epoch-0001.safetensors"], Names());
    }

    [Fact]
    public void Checkpoint_OfTheBestEpoch_IsKeptAndIsTheOneToPublish()
    {
        double[] errors = [0.5, 0.2, 0.3, 0.2, 0.4, 0.3];
        for (var epochs = 1; epochs <= errors.Length; epochs++)
        {
            Keeping(2).Save(Make(epochs, errors: errors[..epochs]));
        }

        Assert.Equal(["epoch-0006.safetensors", "epoch-0005.safetensors", "epoch-0002.safetensors"], Names());
        Assert.Equal(2, Folder.Finished(CheckpointChoice.Best).State.Epochs.Count);
        Assert.Equal(6, Folder.Finished(CheckpointChoice.Newest).State.Epochs.Count);
    }

    [Fact]
    public void Checkpoint_OfTheBestEpoch_IsReplacedByTheNewestIfMissing()
    {
        Folder.Save(Make(epochs: 2, errors: [0.1, 0.2]));
        var said = new List<string>();

        Assert.Equal(2, Folder.Finished(CheckpointChoice.Best, said.Add).State.Epochs.Count);

        Assert.Contains(
            "epoch-0001.safetensors', the best epoch, is missing; epoch 2 is used instead", Assert.Single(said), StringComparison.Ordinal);
    }

    [Fact]
    public void PartialFile_OfAKilledProcess_IsDeleted()
    {
        Folder.Save(Make(epochs: 1));
        var leftover = Path.Combine(folder.Path, "checkpoints", "epoch-0009.safetensors.partial");
        File.WriteAllBytes(leftover, [1, 2, 3]);

        Folder.Save(Make(epochs: 2));

        Assert.False(File.Exists(leftover));
    }

    [Fact]
    public void Newest_WithoutACheckpoint_Throws()
    {
        var failure = Assert.Throws<InputException>(() => Folder.Newest());

        Assert.Contains("no checkpoint", failure.Message, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private IEnumerable<string?> Names() => Folder.Files.Select(Path.GetFileName);

    private static Checkpoint Make(int epochs, int steps = 0, double[]? errors = null)
    {
        var architecture = Tables.Tiny();
        using var network = new ColumnNetwork(architecture, ColumnPlacement.OnCpu(2));
        ColumnWeights.Initialise(network, epochs);
        var state = new TrainingState
        {
            Architecture = architecture,
            Recipe = new TrainingRecipe { Epochs = 9, BatchSize = 2 },
            Seed = 1,
            Labels = [new ClassLabel(0, "a", "a"), new ClassLabel(1, "b", "b"), new ClassLabel(2, "c", "c")],
            Colours = new ColourStatistics([1, 2, 3], [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [4, 5, 6]),
            DataSet = "data",
            DataSetPath = "data",
            DataSetSha256 = "0",
            TrainingImages = 10,
            ValidationImages = 0,
            Started = DateTimeOffset.UnixEpoch,
            Epochs =
            [
                .. Enumerable.Range(1, epochs).Select(epoch => new EpochResult(
                    epoch, 0.01, 1.5 / epoch, 0.5, errors?[epoch - 1], errors?[epoch - 1] / 2, 1, DateTimeOffset.UnixEpoch)),
            ],
            UnderWay = steps == 0 ? null : new EpochUnderWay(steps, 1.0 / 3, 2 * steps, 1, 2, 0.1, DateTimeOffset.UnixEpoch),
        };
        var velocities = architecture.Weights().ToDictionary(shape => shape.Name, shape =>
        {
            var count = shape.Dimensions.Aggregate(1, (product, size) => product * size);
            return new WeightTensor(shape.Dimensions, [.. Enumerable.Range(0, count).Select(i => i * 0.5f)]);
        });
        return new Checkpoint(state, ColumnWeights.Merge(network), velocities);
    }
}
