namespace AlexNetService.Laboratory.Ablate;

/// <summary>Prints which run of the plan trains, how far it is, and how long all runs still take.</summary>
internal sealed class AblationDisplay(TimeProvider clock, int runs) : TrainingDisplay
{
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(30);

    private readonly long began = clock.GetTimestamp();
    private long shown = clock.GetTimestamp();
    private string name = "";
    private bool hasFound;
    private int epochsAfter;
    private int epochs;

    // Epochs that this process trained before the current run; where that run began, and where it is.
    private double trained;
    private double from;
    private double at;

    /// <summary>Called after each finished epoch, before the next one begins.</summary>
    public Action<EpochResult> EpochFinished { get; set; } = _ => { };

    /// <summary>The next run, its number in the plan, from 1, and the most epochs of the runs after it.</summary>
    public void Next(PlannedRun run, int place, int after)
    {
        trained += at - from;
        (from, at) = (0, 0);
        (name, epochsAfter) = ($"{Path.GetFileName(run.Folder)} (run {place} of {runs})", after);
    }

    public void Measured(RunOutcome outcome)
    {
        if (outcome is { OneCrop: { } one, TenCrops: { } ten })
        {
            Line(
                $"top-1 error {ten.Top1:P2}, top-5 error {ten.Top5:P2} with ten crops, "
                + $"{one.Top1:P2} and {one.Top5:P2} with one; {outcome.Seconds():F0} s");
        }
    }

    public override void Found(DataSurvey survey)
    {
        // All runs of a plan have the same data.
        if (!hasFound)
        {
            base.Found(survey);
        }

        hasFound = true;
    }

    public override void Begin(TrainingState state, string folder)
    {
        epochs = state.Recipe.Epochs;
        from = at = state.Epochs.Count + ((double)(state.UnderWay?.Images ?? 0) / state.TrainingImages);
        Line($"{state.Architecture.Preset}, {state.TrainingImages} photographs to learn from, {state.ValidationImages} held out"
            + (at > 0 ? $", continuing {RunCheckpoint.Place(state)}" : ""));
    }

    public override void EpochDone(EpochResult result)
    {
        EpochFinished(result);
        at = result.Epoch;
        Line(
            $"epoch {result.Epoch}/{epochs}  training error {result.TrainingTop1Error:P2}  held out {result.ValidationTop1Error:P2}  "
            + Left());
    }

    protected override void StepDone(StepReport report, bool isNewEpoch)
    {
        at = report.Epoch - 1 + ((double)report.Seen / report.Images);
        if (clock.GetElapsedTime(shown) >= LineEvery)
        {
            Line(
                $"epoch {report.Epoch}/{epochs}  {report.Seen}/{report.Images}  loss {report.Loss:F4}  "
                + $"{report.ImagesPerSecond:F0} images/s  {Left()}");
        }
    }

    public void Line(string text)
    {
        shown = clock.GetTimestamp();
        Console.WriteLine($"{name}: {text}");
    }

    private string Left()
    {
        var left = clock.GetElapsedTime(began) / Math.Max(1e-9, trained + at - from) * (epochs - at + epochsAfter);
        return $"{(int)left.TotalHours}:{left:mm\\:ss} left for all {runs} runs";
    }
}
