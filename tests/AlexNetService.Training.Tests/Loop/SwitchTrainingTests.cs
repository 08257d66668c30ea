using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Network;

namespace AlexNetService.Training.Tests.Loop;

/// <summary>A network still learns with each switch of the table or the recipe changed.</summary>
[Collection("torch")]
public sealed class SwitchTrainingTests : IDisposable
{
    private static readonly NetworkArchitecture Edged = Tables.Tiny() with
    {
        MeanImage = true,
        Layers =
        [
            .. Tables.Tiny().Layers
                .Select(layer => layer is Convolution { Name: "conv1" } first ? first with { EdgePadding = 1 } : layer),
        ],
    };

    private readonly TemporaryFolder folder = new();

    public static TheoryData<string, NetworkArchitecture, TrainingRecipe> Switched => new()
    {
        { "tanh", new NetworkSwitches { Tanh = true }.Apply(Tables.Tiny()), new TrainingRecipe() },
        { "no lrn", new NetworkSwitches { ResponseNormalisation = false }.Apply(Tables.Tiny()), new TrainingRecipe() },
        { "no overlap", new NetworkSwitches { OverlappingPooling = false }.Apply(Tables.Tiny()), new TrainingRecipe() },
        { "no dropout", new NetworkSwitches { Dropout = 0 }.Apply(Tables.Tiny()), new TrainingRecipe() },
        { "one column", new NetworkSwitches { Columns = 1 }.Apply(Tables.Tiny()), new TrainingRecipe() },
        { "no exchange", new NetworkSwitches { Exchange = false }.Apply(Tables.Tiny()), new TrainingRecipe() },
        { "no augmentation", Tables.Tiny(), new TrainingRecipe { RandomCrops = false } },
        { "no colour shift", Tables.Tiny(), new TrainingRecipe { ColourShift = 0 } },
        { "centred weights", Tables.Tiny(), new TrainingRecipe { CentredWeights = true } },
        { "mean image and edge padding", Edged, new TrainingRecipe() },
    };

    [Theory]
    [MemberData(nameof(Switched))]
    public void Switch_Changed_StillLearnsColours(string name, NetworkArchitecture architecture, TrainingRecipe recipe)
    {
        using var source = DataSetOpener.Open(Pictures.Write(Path.Combine(folder.Path, "data"), perClass: 20));
        var data = Tables.Load(source, new DataShare(0.2), architecture.Geometry.Canvas, TestContext.Current.CancellationToken);
        var colours = ColourStatistics.Of(data.Training, TestContext.Current.CancellationToken);
        var state = new TrainingState
        {
            Architecture = architecture,
            Recipe = recipe with
            {
                BatchSize = 12,
                Epochs = 4,
                LearningRate = 0.003,
                Schedule = LearningRateSchedule.Cosine,
                ValidationFraction = 0.2,
            },
            Seed = 1,
            Labels = source.Labels,
            Colours = architecture.MeanImage ? colours : colours with { MeanImage = null },
            DataSet = source.Name,
            DataSetPath = folder.Path,
            DataSetSha256 = source.Sha256,
            TrainingImages = data.Training.Photographs.Count,
            ValidationImages = data.Validation.Photographs.Count,
            Started = TimeProvider.System.GetUtcNow(),
        };
        var checkpoints = new CheckpointFolder(Path.Combine(folder.Path, "run"));
        using var trainer = new Trainer(state, data, ColumnPlacement.OnCpu(architecture.Columns), checkpoints, TimeProvider.System);

        trainer.Run(epochDone: null, TestContext.Current.CancellationToken);

        var kept = checkpoints.Newest().State;
        Assert.True(kept.Epochs[^1].Loss < kept.Epochs[0].Loss, name);
        Assert.Equal(state.Colours.MeanImage, kept.Colours.MeanImage);
    }

    public void Dispose() => folder.Dispose();
}
