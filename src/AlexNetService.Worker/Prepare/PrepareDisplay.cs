using System.Diagnostics;
using Spectre.Console;

namespace AlexNetService.Worker.Prepare;

/// <summary>Shows a preparation: a bar on a terminal, otherwise a line every half minute; at the end the photographs left out.</summary>
internal sealed class PrepareDisplay : IProgress<PreparationReport>
{
    private const int Listed = 20;
    private static readonly TimeSpan RewriteEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(30);

    private readonly bool terminal = AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected;
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private TimeSpan shown;
    private TimeSpan verifying;
    private int verified;

    public void Report(PreparationReport value)
    {
        var elapsed = clock.Elapsed;
        if (value.Kept)
        {
            // Verifying is much faster than writing, so its rate does not predict the time left.
            (verifying, verified) = (elapsed, value.Done);
        }

        if (elapsed - shown < (terminal ? RewriteEvery : LineEvery))
        {
            return;
        }

        shown = elapsed;
        var text = Text(value, elapsed);
        if (terminal)
        {
            // A line that wraps cannot be rewritten. Some terminals report a width of 0.
            var width = Console.WindowWidth is > 1 and var columns ? columns - 1 : text.Length;
            Console.Write($"\r{text[..Math.Min(text.Length, width)]}\u001b[K");
        }
        else
        {
            Console.WriteLine(text);
        }
    }

    public void Done(PreparedStatistics statistics, IReadOnlyList<string> unreadable, string folder)
    {
        EndLine();
        var elapsed = clock.Elapsed;
        var bytes = statistics.Shards.Sum(shard => shard.Bytes);
        Console.WriteLine(
            $"done. {statistics.Photographs} photographs in {statistics.Shards.Count} shards, {bytes / 1e6:F1} MB, "
            + $"{elapsed.TotalSeconds:F1} s, {statistics.Photographs / elapsed.TotalSeconds:F0} photographs/s");
        var mean = statistics.Mean.Select(value => $"{value:F2}");
        Console.WriteLine($"mean colour {string.Join(", ", mean)}; to check: cd \"{folder}\" && sha256sum --check SHA256SUMS");
        if (unreadable.Count > 0)
        {
            Console.WriteLine($"left out {unreadable.Count} unreadable photographs, listed in {Path.Combine(folder, "unreadable.txt")}:");
            string[] more = unreadable.Count > Listed ? [$"and {unreadable.Count - Listed} more"] : [];
            foreach (var line in unreadable.Take(Listed).Concat(more))
            {
                Console.WriteLine($"  {line}");
            }
        }

        Console.WriteLine($"Train: alexnet train --preset PRESET --data \"{folder}\"");
    }

    public void EndLine()
    {
        if (terminal)
        {
            Console.Write("\r\u001b[K");
        }
    }

    private string Text(PreparationReport report, TimeSpan elapsed)
    {
        var bar = ProgressText.Bar(20, report.Done, report.Photographs);
        var unreadable = report.Unreadable > 0 ? $"  {report.Unreadable} unreadable" : "";
        var begin = $"shard {report.Shard}/{report.Shards} {bar} {report.Done}/{report.Photographs}";
        if (report.Kept)
        {
            return $"{begin}  verifying finished shards{unreadable}";
        }

        var rate = (report.Done - verified) / (elapsed - verifying).TotalSeconds;
        var left = TimeSpan.FromSeconds((report.Photographs - report.Done) / rate);
        return $"{begin}  {rate:F0} photographs/s  {ProgressText.Left(left)}{unreadable}";
    }
}
