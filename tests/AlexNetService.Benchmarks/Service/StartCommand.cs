using System.CommandLine;
using System.Diagnostics;

namespace AlexNetService.Benchmarks.Service;

/// <summary><c>start</c>: seconds from the start of the process until every model is loaded and warm.</summary>
internal static class StartCommand
{
    public static Command Create()
    {
        var repository = CommandOptions.Repository();
        var times = CommandOptions.Of("--times", "Number of starts.", 5);
        var command = new Command("start", "Seconds from the start of the service until it is ready.") { repository, times };
        command.SetAction((parsed, _) => RunAsync(parsed.GetRequiredValue(repository).FullName, parsed.GetValue(times)));
        return command;
    }

    private static async Task RunAsync(string repository, int times)
    {
        var all = new List<double>();
        for (var i = 0; i < times; i++)
        {
            var begun = Stopwatch.GetTimestamp();
            using var service = await RunningService.StartAsync(new Dictionary<string, string> { ["ModelRepository:Path"] = repository });
            all.Add(Stopwatch.GetElapsedTime(begun).TotalSeconds);
        }

        Report.Line($"ready after {all.Min():0.00} to {all.Max():0.00} s, median {Report.Median(all):0.00} s of {times} starts");
    }
}
