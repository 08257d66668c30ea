namespace AlexNetService.Training.Measuring;

/// <summary>Shows how far a measurement is, on standard error: a line that is rewritten on a terminal.</summary>
public static class MeasuringProgress
{
    private static readonly TimeSpan RewriteEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Passes the items on and counts them: <c>model: 12/3000 items</c>. Where standard error is not a terminal, nothing is written, or a
    /// line every half minute.
    /// </summary>
    public static IEnumerable<T> Over<T>(
        IEnumerable<T> photographs, int count, string model, string items = "photographs", bool alsoInLogs = false) =>
        Console.IsErrorRedirected && !alsoInLogs ? photographs : Shown(photographs, count, model, items, Console.IsErrorRedirected);

    private static IEnumerable<T> Shown<T>(IEnumerable<T> photographs, int count, string model, string items, bool isLog)
    {
        var clock = TimeProvider.System;
        var (from, shown, seen) = (clock.GetTimestamp(), TimeSpan.Zero, 0);
        try
        {
            foreach (var photograph in photographs)
            {
                yield return photograph;
                seen++;
                var elapsed = clock.GetElapsedTime(from);
                if (elapsed - shown >= (isLog ? LineEvery : RewriteEvery))
                {
                    shown = elapsed;
                    var left = TimeSpan.FromSeconds((count - seen) * elapsed.TotalSeconds / seen);
                    var text = $"{model}: {seen}/{count} {items}  {(int)left.TotalHours}:{left:mm\\:ss} left";
                    Console.Error.Write(isLog ? text + Environment.NewLine : $"\r{text}\u001b[K");
                }
            }
        }
        finally
        {
            Console.Error.Write(isLog ? "" : "\r\u001b[K");
        }
    }
}
