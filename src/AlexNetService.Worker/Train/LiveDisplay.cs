using Spectre.Console;
using Spectre.Console.Rendering;

namespace AlexNetService.Worker.Train;

/// <summary>Shows a run on a terminal: the epoch under way and the last epochs, redrawn; plain lines come before and after.</summary>
internal sealed class LiveDisplay(IAnsiConsole console, TimeProvider clock) : PlainDisplay
{
    private const int EpochsShown = 10;
    private static readonly TimeSpan RedrawEvery = TimeSpan.FromMilliseconds(250);

    private readonly List<EpochResult> finished = [];
    private LiveDisplayContext? view;
    private StepReport? last;
    private long drawn;
    private int epochs;
    private bool hasTop5 = true;

    public override void Begin(TrainingState state, string folder)
    {
        base.Begin(state, folder);
        (epochs, hasTop5) = (state.Recipe.Epochs, ErrorRates.HasTop5(state.Labels.Count));
        finished.AddRange(state.Epochs);
    }

    public override void While(Action training) => console.Live(new Text("")).Start(context =>
    {
        view = context;
        training();
    });

    public override void EpochDone(EpochResult result)
    {
        finished.Add(result);
        Draw();
    }

    protected override void StepDone(StepReport report, bool isNewEpoch)
    {
        last = report;
        if (clock.GetElapsedTime(drawn) >= RedrawEvery)
        {
            Draw();
        }
    }

    internal IRenderable View() => new Rows(last is { } now ? Progress(now) : new Text(""), EpochTable());

    private void Draw()
    {
        drawn = clock.GetTimestamp();
        view?.UpdateTarget(View());
    }

    private Rows Progress(StepReport now)
    {
        var bar = ProgressText.Bar(40, now.Seen, now.Images);
        var top5 = hasTop5 ? $"   top-5 error {now.Top5Error:P1}" : "";
        var left = ProgressText.Left(now.Left(epochs));
        return new Rows(
            new Text($"epoch {now.Epoch}/{epochs}  {bar}  {now.Seen}/{now.Images}"),
            new Text($"loss {now.Loss:F4}   top-1 error {now.Top1Error:P1}{top5}   rate {now.LearningRate:G4}"),
            new Text($"{now.ImagesPerSecond:F0} images/s   {WaitedShare:P1} waiting for data   {left}"));
    }

    private Table EpochTable()
    {
        string[] top5 = hasTop5 ? ["top-5 error"] : [];
        var table = Tables.Create([], ["epoch", "rate", "loss", "top-1 error", "held out: top-1 error", .. top5, "seconds"]);
        foreach (var epoch in finished.TakeLast(EpochsShown))
        {
            string[] heldOutTop5 = hasTop5 ? [$"{epoch.ValidationTop5Error:P2}"] : [];
            table.Add(
            [
                $"{epoch.Epoch}", $"{epoch.LearningRate:G4}", $"{epoch.Loss:F4}", $"{epoch.TrainingTop1Error:P2}",
                $"{epoch.ValidationTop1Error:P2}", .. heldOutTop5, $"{epoch.Seconds:F0}",
            ]);
        }

        return table;
    }
}
