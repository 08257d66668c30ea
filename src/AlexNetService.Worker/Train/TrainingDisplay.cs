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
    private TimeSpan waitedBefore;
    private int epochs;
    private StepReport? last;

    public void Begin(TrainingState state, string folder)
    {
        epochs = state.Recipe.Epochs;
        Line($"{state.Architecture.Preset}, seed {state.Seed}, on {state.Devices} → {folder}");
        Line($"{state.TrainingImages} photographs of {state.Labels.Count} classes to learn from, {state.ValidationImages} held out");
        if (state.Epochs.Count > 0)
        {
            Line($"going on after epoch {state.Epochs.Count}");
        }
    }

    public void Report(StepReport report)
    {
        if (report.Epoch != last?.Epoch)
        {
            (waitedBefore, shown) = (last?.Waited ?? TimeSpan.Zero, TimeSpan.Zero);
        }

        last = report;
        if (report.Elapsed - shown < (terminal ? RewriteEvery : LineEvery))
        {
            return;
        }

        shown = report.Elapsed;
        var text = Text(report);
        if (terminal)
        {
            // A line that wraps could not be rewritten. Some terminals do not tell their width and say 0.
            var width = Console.WindowWidth is > 1 and var columns ? columns - 1 : text.Length;
            Console.Write($"\r{text[..Math.Min(text.Length, width)]}\u001b[K");
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
        var waited = last is null ? 0 : (last.Waited - waitedBefore) / last.Elapsed;
        Line(string.Create(
            CultureInfo.InvariantCulture,
            $"epoch {result.Epoch}/{epochs}  rate {result.LearningRate:G4}  loss {result.Loss:R}  top-1 error {result.TrainingTop1Error:P2}{heldOut}")
            + string.Create(CultureInfo.InvariantCulture, $"  {result.Seconds:F0} s, {waited:P1} waiting for data"));
    }

    /// <summary>Ends the line that is being rewritten, so that what follows stands on its own.</summary>
    public void EndLine()
    {
        if (terminal)
        {
            Console.WriteLine();
        }
    }

    public static void Warn(string message) => Console.Error.WriteLine($"alexnet: {message}");

    public static void Stopped(string folder, int epochs) =>
        Console.WriteLine($"stopped; {epochs} finished epochs are kept. Go on with: alexnet train --resume --output \"{folder}\"");

    public static void Done(TrainingState state, string folder)
    {
        var heldOut = state.ValidationImages == 0
            ? "DATA"
            : string.Create(CultureInfo.InvariantCulture, $"\"{state.DataSetPath}\" --validation-fraction {state.Recipe.ValidationFraction}");
        Console.WriteLine($"done. Measure: alexnet evaluate --run \"{folder}\" --data {heldOut}");
        Console.WriteLine($"Publish: alexnet export --run \"{folder}\" --repository models --name NAME");
    }

    private string Text(StepReport report)
    {
        const int Width = 20;
        var full = Width * report.Seen / report.Images;
        var bar = new string('█', full) + new string('░', Width - full);
        var rate = report.Seen / report.Elapsed.TotalSeconds;
        var left = TimeSpan.FromSeconds(((report.Images - report.Seen) + ((double)(epochs - report.Epoch) * report.Images)) / rate);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"epoch {report.Epoch}/{epochs} {bar} {report.Seen}/{report.Images}  loss {report.Loss:F4}  top-1 error {report.Top1Error:P1}  {rate:F0} images/s  {(int)left.TotalHours}:{left:mm\\:ss} left");
    }

    private void Line(string text) => Console.WriteLine(terminal ? $"\r{text}\u001b[K" : text);
}
