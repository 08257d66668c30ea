using AlexNetService.ModelSpec.Weights;
using AlexNetService.Training.Cluster;
using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Network;
using static TorchSharp.torch;

namespace AlexNetService.Training.Tests.Loop;

[Collection("torch")]
public sealed class FineTuningTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void Classifier_FittedToTheFeaturesOfRandomLayers_ClassifiesThePhotographs()
    {
        using var source = DataSetOpener.Open(Pictures.Write(Path.Combine(folder.Path, "data"), perClass: 20));
        var data = Tables.Load(source, new DataShare(0.25), 20, TestContext.Current.CancellationToken);
        var colours = ColourStatistics.Of(data.Training, TestContext.Current.CancellationToken);
        var table = Tables.Tiny(source.Labels.Count);
        var drawn = Drawn();

        var fitted = ClassifierFit.Of(
            drawn, table, data.Training, colours, balanced: true, ColumnPlacement.OnCpu(2), TestContext.Current.CancellationToken);

        Assert.Equal(drawn["conv3.weight"].Values, fitted["conv3.weight"].Values);
        Assert.True(Error(fitted) < 0.2, $"{Error(fitted)}");
        Assert.True(Error(drawn) > 0.4, $"{Error(drawn)}");

        NamedWeights Drawn()
        {
            using var network = new ColumnNetwork(table, ColumnPlacement.OnCpu(2));
            ColumnWeights.Initialise(network, seed: 1);
            return ColumnWeights.Merge(network);
        }

        double Error(NamedWeights weights)
        {
            using var network = new ColumnNetwork(table, ColumnPlacement.OnCpu(2));
            ColumnWeights.Load(network, weights);
            var augmentation = new Augmentation(table.Geometry, colours, colourShift: 0);
            using var centring = new PixelCentring(colours, table.Geometry.Crop, network.Placement);
            using var feed = new BatchFeed(8, table.Geometry.Crop, augmentation.Pixels);
            var stop = TestContext.Current.CancellationToken;
            return Validation.CentreCrop(network, data.Validation, augmentation, centring, feed, new Ranks(), stop).Top1;
        }
    }

    [Fact]
    public void Loss_WithClassWeights_IsTheWeightedMean()
    {
        using var scope = NewDisposeScope();
        using var network = new ColumnNetwork(Tables.Tiny(), ColumnPlacement.OnCpu(2));
        ColumnWeights.Initialise(network, seed: 1);
        network.eval();
        using var generator = new Generator(3);
        var crops = rand(4, 3, 16, 16, generator: generator);
        long[] labels = [0, 1, 1, 2];
        float[] weights = [2, 0.5f, 0];
        float Loss(params int[] photographs)
        {
            using var step = new TrainingStep(network, new TrainingRecipe(), photographs.Length > 1 ? weights : null);
            var own = crops.index_select(0, tensor(photographs.Select(place => (long)place).ToArray()));
            return step.Run([own, own], tensor(photographs.Select(place => labels[place]).ToArray()), rate: 1e-20, seed: 1)[0]
                .item<float>();
        }

        var alone = Enumerable.Range(0, 4).Select(place => Loss(place)).ToArray();

        Assert.Equal(((2 * alone[0]) + (0.5f * (alone[1] + alone[2]))) / 3, Loss(0, 1, 2, 3), 1e-5f);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(3, false)]
    [InlineData(2, true)]
    public void Run_WhoseHeldOutErrorNoLongerFalls_IsDoneWhenItsPatienceEnds(int patience, bool isDone)
    {
        EpochResult Epoch(int number, double error) => new(number, 0.1, 1, 0.5, error, 0, 1, DateTimeOffset.UnixEpoch);
        var state = new TrainingState
        {
            Architecture = Tables.Tiny(),
            Recipe = new TrainingRecipe { Epochs = 10, Patience = patience },
            Seed = 1,
            Labels = [],
            Colours = new ColourStatistics([0, 0, 0], [], []),
            DataSet = "",
            DataSetPath = "",
            DataSetSha256 = "",
            TrainingImages = 1,
            ValidationImages = 1,
            Started = DateTimeOffset.UnixEpoch,
            Epochs = [Epoch(1, 0.5), Epoch(2, 0.3), Epoch(3, 0.3), Epoch(4, 0.4)],
        };

        Assert.Equal(isDone, state.IsDone);
    }

    [Fact]
    public void Recipe_ForFewerPhotographs_HasMoreEpochsAndSmallerBatches()
    {
        var (few, many) = (TrainingRecipe.ForFineTuning("alexnet-64", 200), TrainingRecipe.ForFineTuning("alexnet-64", 50_000));

        Assert.True(few.Epochs > many.Epochs);
        Assert.True(few.BatchSize < many.BatchSize);
        Assert.True(many.LearningRate < TrainingRecipe.For("alexnet-64").LearningRate);
        Assert.Null(few.Broken());
    }

    public void Dispose() => folder.Dispose();
}
