using System.Globalization;
using AlexNetService.Training.Loop;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace AlexNetService.Worker.Train;

/// <summary>
/// Shows a run on a terminal: progress of the epoch, results of its steps, and the last epochs, redrawn while the run trains. Plain lines
/// come
/// before and after.
/// </summary>
internal sealed class LiveDisplay(IAnsiConsole console, TimeProvider clock) : PlainDisplay
{
    private const int EpochsShown = 10;
    private const int BarWidth = 40;
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

    /// <summary>The current view.</summary>
    internal IRenderable View() => new Rows(last is { } now ? Progress(now) : new Text(""), EpochTable());

    private void Draw()
    {
        drawn = clock.GetTimestamp();
        view?.UpdateTarget(View());
    }

    private Rows Progress(StepReport now)
    {
        var full = (int)((long)BarWidth * now.Seen / now.Images);
        var left = now.Left(epochs);
        var bar = new string('█', full) + new string('░', BarWidth - full);
        var errors = Invariant($"top-1 error {now.Top1Error:P1}") + (hasTop5 ? Invariant($"   top-5 error {now.Top5Error:P1}") : "");
        var time = Invariant($"{(int)left.TotalHours}:{left:mm\\:ss} left");
        return new Rows(
            new Text(Invariant($"epoch {now.Epoch}/{epochs}  {bar}  {now.Seen}/{now.Images}")),
            new Text(Invariant($"loss {now.Loss:F4}   {errors}   rate {now.LearningRate:G4}")),
            new Text(Invariant($"{now.ImagesPerSecond:F0} images/s   {WaitedShare:P1} waiting for data   {time}")));
    }

    private Table EpochTable()
    {
        var table = new Table().Border(TableBorder.Simple);
        string[] top5 = hasTop5 ? ["top-5 error"] : [];
        string[] headings = ["epoch", "rate", "loss", "top-1 error", "held out: top-1 error", .. top5, "seconds"];
        foreach (var heading in headings)
        {
            table.AddColumn(new TableColumn(heading).RightAligned());
        }

        foreach (var epoch in finished.TakeLast(EpochsShown))
        {
            Text[] heldOut = hasTop5 ? [Cell($"{epoch.ValidationTop5Error:P2}")] : [];
            table.AddRow([
                Cell($"{epoch.Epoch}"),
                Cell($"{epoch.LearningRate:G4}"),
                Cell($"{epoch.Loss:F4}"),
                Cell($"{epoch.TrainingTop1Error:P2}"),
                Cell($"{epoch.ValidationTop1Error:P2}"),
                .. heldOut,
                Cell($"{epoch.Seconds:F0}"),
            ]);
        }

        return table;
    }

    private static Text Cell(FormattableString text) => new(Invariant(text));

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
