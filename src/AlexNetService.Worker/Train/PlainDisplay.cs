namespace AlexNetService.Worker.Train;

/// <summary>Shows a run as lines: one for each finished epoch, and one every half minute.</summary>
internal class PlainDisplay : TrainingDisplay
{
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(30);

    private const int MostClassesListed = 20;

    private TimeSpan shown;
    private int epochs;
    private int classes;

    public override void Found(DataSurvey survey)
    {
        base.Found(survey);
        if (survey.Classes.Count <= MostClassesListed)
        {
            var width = Math.Max("class".Length, survey.Classes.Max(counted => counted.Class.Length));
            Line($"{"class".PadRight(width)}  {"to learn",8}  {"held out",8}");
            foreach (var (name, learned, heldOut) in survey.Classes)
            {
                Line($"{name.PadRight(width)}  {learned,8}  {heldOut,8}");
            }

            return;
        }

        var byCount = survey.Classes.OrderBy(counted => counted.Learned).ToArray();
        Line($"{survey.Classes.Count} classes of {byCount[0].Learned} ('{byCount[0].Class}') to {byCount[^1].Learned} "
            + $"('{byCount[^1].Class}') photographs to learn from");
    }

    public override void Begin(TrainingState state, string folder)
    {
        (epochs, classes) = (state.Recipe.Epochs, state.Labels.Count);
        Line($"{state.Architecture.Preset}, seed {state.Seed}, on {state.Devices} → {folder}");
        Line($"{state.TrainingImages} photographs of {state.Labels.Count} classes to learn from, {state.ValidationImages} held out");
        if (state.BegunWith is { } earlier)
        {
            Line(
                $"begun with weights of {earlier.Epochs} epochs on {earlier.TrainingImages} photographs of {earlier.DataSet}, "
                + $"seed {earlier.Seed}");
        }

        if (state.Epochs.Count > 0 || state.UnderWay is not null)
        {
            Line($"continuing {RunCheckpoint.Place(state)}");
        }
    }

    public override void EpochDone(EpochResult result)
    {
        var heldOut = result is { ValidationTop1Error: { } top1, ValidationTop5Error: { } top5 }
            ? $"  held out: {ErrorRates.Text(top1, top5, classes)}"
            : "";
        Line(
            $"epoch {result.Epoch}/{epochs}  rate {result.LearningRate:G4}  loss {result.Loss:F4}  "
            + $"top-1 error {result.TrainingTop1Error:P2}{heldOut}  {result.Seconds:F0} s, {WaitedShare:P1} waiting for data");
    }

    public override void Resumable(TrainingState state, string folder) =>
        Line($"stopped; the run is saved {RunCheckpoint.Place(state)}. Continue with: {ResumeCommand(folder)}");

    public override void Done(TrainingState state, TrainingResult result, string folder)
    {
        if (result is { Top1Error: { } top1, Top5Error: { } top5 })
        {
            Line(
                $"final test of epoch {result.BestEpoch}, {result.Images} photographs, {result.Crops} crops: "
                + ErrorRates.Text(top1, top5, state.Labels.Count));
        }

        var heldOut = state.HeldOut is { } other ? $"\"{other.Path}\""
            : state.ValidationImages == 0 ? "DATA"
            : $"\"{state.DataSetPath}\" --validation-fraction {state.Recipe.ValidationFraction}";
        Line($"done. Measure: alexnet evaluate --run \"{folder}\" --data {heldOut}");
        Line($"Publish: alexnet export --run \"{folder}\" --repository models --name NAME");
    }

    public override void AlreadyDone(TrainingState state, string folder) => Line(
        $"the run is already done, all {state.Recipe.Epochs} epochs. "
        + $"Publish: alexnet export --run \"{folder}\" --repository models --name NAME");

    protected override void StepDone(StepReport report, bool isNewEpoch)
    {
        shown = isNewEpoch ? TimeSpan.Zero : shown;
        if (report.Elapsed - shown >= LineEvery)
        {
            shown = report.Elapsed;
            var bar = ProgressText.Bar(20, report.Seen, report.Images);
            Line(
                $"epoch {report.Epoch}/{epochs} {bar} {report.Seen}/{report.Images}  loss {report.Loss:F4}  "
                + $"top-1 error {report.Top1Error:P1}  {report.ImagesPerSecond:F0} images/s  {ProgressText.Left(report.Left(epochs))}");
        }
    }

    private static void Line(string text) => Console.WriteLine(text);
}
