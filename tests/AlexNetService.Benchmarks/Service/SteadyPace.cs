using System.Diagnostics;

namespace AlexNetService.Benchmarks.Service;

/// <summary>Turns at a steady rate, whether the earlier ones are done or not.</summary>
internal static class SteadyPace
{
    /// <summary>Waits for each turn; late turns follow at once.</summary>
    /// <param name="perSecond">Turns a second.</param>
    /// <param name="duration">How long turns come.</param>
    /// <returns>The timestamp at which each turn was due.</returns>
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
