using System.Text.Json.Nodes;

namespace AlexNetService.Worker.Train;

/// <summary>Shows a run as JSON events, <c>step</c> every half minute.</summary>
internal sealed class JsonDisplay(JsonLog log) : TrainingDisplay
{
    private static readonly TimeSpan StepEvery = TimeSpan.FromSeconds(30);

    private TimeSpan shown;
    private int epochs;

    public override void Found(DataSurvey survey)
    {
        base.Found(survey);
        log.Write(JsonLog.Info, "data", new()
        {
            ["dataSet"] = survey.DataSet,
            ["classes"] = new JsonArray([.. survey.Classes.Select(counted => new JsonObject
            {
                ["class"] = counted.Class,
                ["learned"] = counted.Learned,
                ["heldOut"] = counted.HeldOut,
            })]),
        });
    }

    public override void Begin(TrainingState state, string folder)
    {
        epochs = state.Recipe.Epochs;
        log.Write(JsonLog.Info, "begin", new()
        {
            ["run"] = folder,
            ["preset"] = state.Architecture.Preset,
            ["seed"] = state.Seed,
            ["devices"] = state.Devices,
            ["dataSet"] = state.DataSet,
            ["classes"] = state.Labels.Count,
            ["trainingImages"] = state.TrainingImages,
            ["validationImages"] = state.ValidationImages,
            ["epochs"] = epochs,
            ["finishedEpochs"] = state.Epochs.Count,
            ["finishedSteps"] = state.UnderWay?.Steps ?? 0,
        });
    }

    public override void EpochDone(EpochResult result)
    {
        var fields = JsonSerializer.SerializeToNode(result, WorkerJson.Line.EpochResult)?.AsObject() ?? [];
        fields["waitedShare"] = WaitedShare;
        log.Write(JsonLog.Info, "epoch", fields);
    }

    public override void Resumable(TrainingState state, string folder) => log.Write(JsonLog.Info, "stopped", new()
    {
        ["run"] = folder,
        ["finishedEpochs"] = state.Epochs.Count,
        ["finishedSteps"] = state.UnderWay?.Steps ?? 0,
        ["resume"] = ResumeCommand(folder),
    });

    public override void Done(TrainingState state, TrainingResult result, string folder)
    {
        var fields = JsonSerializer.SerializeToNode(result, WorkerJson.Line.TrainingResult)?.AsObject() ?? [];
        fields["run"] = folder;
        log.Write(JsonLog.Info, "done", fields);
    }

    public override void AlreadyDone(TrainingState state, string folder) =>
        log.Write(JsonLog.Info, "already-done", new() { ["run"] = folder, ["epochs"] = state.Recipe.Epochs });

    protected override void StepDone(StepReport report, bool isNewEpoch)
    {
        shown = isNewEpoch ? TimeSpan.Zero : shown;
        if (report.Elapsed - shown < StepEvery)
        {
            return;
        }

        shown = report.Elapsed;
        log.Write(JsonLog.Info, "step", new()
        {
            ["epoch"] = report.Epoch,
            ["images"] = report.Seen,
            ["ofImages"] = report.Images,
            ["learningRate"] = report.LearningRate,
            ["loss"] = report.Loss,
            ["trainingTop1Error"] = report.Top1Error,
            ["imagesPerSecond"] = report.ImagesPerSecond,
            ["secondsLeft"] = report.Left(epochs).TotalSeconds,
        });
    }
}
