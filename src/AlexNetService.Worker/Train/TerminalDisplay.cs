namespace AlexNetService.Worker.Train;

/// <summary>Lines on a terminal: the one that says how far the epoch is, is rewritten.</summary>
internal sealed class TerminalDisplay : PlainDisplay
{
    private static readonly TimeSpan RewriteEvery = TimeSpan.FromMilliseconds(250);

    protected override TimeSpan ReportEvery => RewriteEvery;

    public override void Interrupted() => Console.WriteLine();

    protected override void Line(string text) => Console.WriteLine($"\r{text}\u001b[K");

    protected override void Progress(string text)
    {
        // A line that wraps could not be rewritten. Some terminals do not tell their width and say 0.
        var width = Console.WindowWidth is > 1 and var columns ? columns - 1 : text.Length;
        Console.Write($"\r{text[..Math.Min(text.Length, width)]}\u001b[K");
    }
}
