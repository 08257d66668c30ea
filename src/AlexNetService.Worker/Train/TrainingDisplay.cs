using System.Globalization;
using AlexNetService.Training.Loop;
using Spectre.Console;

namespace AlexNetService.Worker.Train;

/// <summary>
/// Progress of a run on the terminal: one line that is rewritten while an epoch runs, one line that stays for each finished epoch.
/// Without a terminal only the lines that stay, and one every half minute.
/// </summary>
internal sealed class TrainingDisplay : IProgress<StepReport>
{
    private static readonly TimeSpan RewriteEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(30);

    private readonly bool terminal = AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected;
    private TimeSpan shown;
    private int epochs;
    private int shownEpoch;

    public void Begin(TrainingState state, string folder)
    {
        epochs = state.Recipe.Epochs;
        Line($"{state.Architecture.Preset}, seed {state.Seed}: {state.TrainingImages} photographs of {state.Labels.Count} classes, {state.ValidationImages} held out → {folder}");
        if (state.Epochs.Count > 0)
        {
            Line($"going on after epoch {state.Epochs.Count}");
        }
    }

    public void Report(StepReport report)
    {
        if (report.Epoch != shownEpoch)
        {
            (shownEpoch, shown) = (report.Epoch, TimeSpan.Zero);
        }

        if (report.Elapsed - shown < (terminal ? RewriteEvery : LineEvery))
        {
            return;
        }

        shown = report.Elapsed;
        var rate = report.Seen / report.Elapsed.TotalSeconds;
        var left = TimeSpan.FromSeconds(((report.Images - report.Seen) + ((double)(epochs - report.Epoch) * report.Images)) / rate);
        var text = string.Create(CultureInfo.InvariantCulture,
            $"epoch {report.Epoch}/{epochs} {Bar(report)} {report.Seen}/{report.Images}  loss {report.Loss:F4}  top-1 error {report.Top1Error:P1}  {rate:F0} images/s  {left:h\\:mm\\:ss} left");
        if (terminal)
        {
            Console.Write($"\r{text}\u001b[K");
        }
        else
        {
            Console.WriteLine(text);
        }
    }

    public void EpochDone(EpochResult result)
    {
        var heldOut = result is { ValidationTop1Error: { } top1, ValidationTop5Error: { } top5 }
            ? string.Create(CultureInfo.InvariantCulture, $"  held out: top-1 error {top1:P2}, top-5 error {top5:P2}")
            : "";
        Line(string.Create(CultureInfo.InvariantCulture,
            $"epoch {result.Epoch}/{epochs}  rate {result.LearningRate:G4}  loss {result.Loss:R}  top-1 error {result.TrainingTop1Error:P2}{heldOut}  {result.Seconds:F0} s"));
    }

    public static void Warn(string message) => Console.Error.WriteLine($"alexnet: {message}");

    public void Stopped(string resume, int epochsKept)
    {
        Line($"stopped; {epochsKept} finished epochs are kept. Go on with: {resume}");
    }

    public void Done(string folder) => Line($"done. Measure it with: alexnet evaluate --run {folder} --data …   Publish it with: alexnet export --run {folder} --repository … --name …");

    private static string Bar(StepReport report)
    {
        const int Width = 20;
        var full = Width * report.Seen / report.Images;
        return new string('█', full) + new string('░', Width - full);
    }

    private void Line(string text) => Console.WriteLine(terminal ? $"\r{text}\u001b[K" : text);
}
