using System.Diagnostics;

namespace AlexNetService.Benchmarks.Service;

/// <summary>Turns at a steady rate, independent of when earlier turns end.</summary>
internal static class SteadyPace
{
    /// <summary>Waits for each turn; late turns follow without a pause.</summary>
    /// <param name="perSecond">Turns per second.</param>
    /// <param name="duration">Time from the first turn to the last.</param>
    /// <returns>The due timestamp of each turn.</returns>
    public static async IAsyncEnumerable<long> TurnsAsync(double perSecond, TimeSpan duration)
    {
        var begun = Stopwatch.GetTimestamp();
        for (var i = 0; i < perSecond * duration.TotalSeconds; i++)
        {
            var due = begun + (long)(i / perSecond * Stopwatch.Frequency);
            if (Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due) is { Ticks: > 0 } early)
            {
                await Task.Delay(early);
            }

            yield return due;
        }
    }
}
