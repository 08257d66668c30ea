using System.Globalization;

namespace AlexNetService.Training.Measuring;

/// <summary>Shows how far a measurement is, on one line of standard error; shows nothing if that is not a terminal.</summary>
public static class MeasuringProgress
{
    private static readonly TimeSpan RewriteEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>Passes the items on and counts them.</summary>
    /// <typeparam name="T">Type of an item.</typeparam>
    /// <param name="photographs">One item a photograph.</param>
    /// <param name="count">How many there will be.</param>
    /// <param name="model">What is measured.</param>
    public static IEnumerable<T> Over<T>(IEnumerable<T> photographs, int count, string model) =>
        Console.IsErrorRedirected ? photographs : Shown(photographs, count, model);

    private static IEnumerable<T> Shown<T>(IEnumerable<T> photographs, int count, string model)
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
                if (elapsed - shown >= RewriteEvery)
                {
                    shown = elapsed;
                    var left = TimeSpan.FromSeconds((count - seen) * elapsed.TotalSeconds / seen);
                    Console.Error.Write(string.Create(
                        CultureInfo.InvariantCulture,
                        $"\r{model}: {seen}/{count} photographs  {(int)left.TotalHours}:{left:mm\\:ss} left\u001b[K"));
                }
            }
        }
        finally
        {
            Console.Error.Write("\r\u001b[K");
        }
    }
}
