using System.CommandLine;
using System.Diagnostics;
using System.Globalization;

namespace AlexNetService.Benchmarks.Service;

/// <summary><c>overload</c>: answers to many more clients than the queue has room for, and the time until the service recovers.</summary>
internal static class OverloadCommand
{
    private const double Megabyte = 1e6;
    private const int BaselineRequests = 20;

    // A single request counts as normal if it takes at most this multiple of the median measured before.
    private const double Normal = 1.5;

    public static Command Create()
    {
        var repository = CommandOptions.Repository();
        var pictures = CommandOptions.Pictures();
        var clients = CommandOptions.Of("--clients", "Number of clients.", 200);
        var queue = CommandOptions.Of("--queue", "Value of Queue:LimitCrops.", 320);
        var seconds = CommandOptions.Of<double>("--seconds", "Duration of the overload, in seconds.", 30);
        var pause = CommandOptions.Of("--pause-ms", "Pause of a refused client, in milliseconds; shorter than Retry-After.", 100);
        const string What = "Far more clients than the queue has room for: only 200 or 503, bounded memory and latency, fast recovery.";
        var command = new Command("overload", What)
        {
            repository, pictures, clients, queue, seconds, pause,
        };
        command.SetAction((parsed, _) => RunAsync(new Plan(
            parsed.GetRequiredValue(repository).FullName,
            CommandOptions.Read(parsed.GetRequiredValue(pictures)),
            parsed.GetValue(clients),
            parsed.GetValue(queue),
            TimeSpan.FromSeconds(parsed.GetValue(seconds)),
            TimeSpan.FromMilliseconds(parsed.GetValue(pause)))));
        return command;
    }

    private static async Task<int> RunAsync(Plan plan)
    {
        int crops;
        using (var bare = await BareEngine.OpenAsync(plan.Repository, plan.Pictures))
        {
            crops = bare.CropsPerImage;
            Report.Line($"{bare.Members}; {crops} crops per photograph; {plan.Clients} clients; a queue of {plan.Queue} crops");
            Report.Line($"{Environment.ProcessorCount} cores, shared with the clients");
            Report.Line($"a refused client waits {plan.Pause.TotalMilliseconds} ms");
        }

        using var service = await RunningService.StartAsync(new Dictionary<string, string>
        {
            ["ModelRepository:Path"] = plan.Repository,
            ["Queue:LimitCrops"] = plan.Queue.ToString(CultureInfo.InvariantCulture),
        });
        using var client = new ClassifyClient(service.Address, plan.Pictures);
        await BaselineAsync(client);
        var baseline = await BaselineAsync(client);
        var resident = service.PeakResident;
        Report.Line($"before: single requests {baseline}; {resident / Megabyte:0} MB at most");

        client.Forget();
        var begun = Stopwatch.GetTimestamp();
        await client.ClosedLoopAsync(plan.Clients, plan.Duration, plan.Pause);
        var elapsed = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        var ended = Stopwatch.GetTimestamp();
        var (served, rate, peak) = (client.Served, client.Served.Count * crops / elapsed, service.PeakResident);
        var bound = 1000 * plan.Queue / rate;
        Report.Line($"answers: {served.Count} × 200, {client.Refused} × 503 with Retry-After");
        Report.Line($"and {client.RefusedSilently} × 503 without, {client.Other} other (goal: 0 of both)");
        Report.Line($"served: {served}; queue ÷ rate = {plan.Queue} crops ÷ {rate:0.0} crops/s = {bound:0} ms");
        Report.Line($"p99 ÷ (queue ÷ rate) = {served.Quantile(0.99) / bound:0.00}");
        Report.Line($"memory: {peak / Megabyte:0} MB at most, {(peak - resident) / Megabyte:0} MB more than before");
        if (!service.Running)
        {
            Report.Line($"The service ended.");
            return 1;
        }

        var back = await BackAsync(client, baseline.Quantile(0.5) * Normal, ended);
        Report.Line($"recovered {back.TotalMilliseconds:0} ms after the last answer (goal: at most 1000)");
        Report.Line($"  first single request within {Normal:0.0} × the median before");
        return client.Other + client.RefusedSilently == 0 ? 0 : 1;
    }

    private static async Task<Latencies> BaselineAsync(ClassifyClient client)
    {
        client.Forget();
        for (var i = 0; i < BaselineRequests; i++)
        {
            await client.SendAsync(Stopwatch.GetTimestamp());
        }

        return client.Served;
    }

    /// <returns>Time from the end of the overload to the start of the first request that was as fast as before.</returns>
    private static async Task<TimeSpan> BackAsync(ClassifyClient client, double milliseconds, long ended)
    {
        while (true)
        {
            client.Forget();
            var begun = Stopwatch.GetTimestamp();
            if (await client.SendAsync(begun) && client.Served.Quantile(1) <= milliseconds)
            {
                return Stopwatch.GetElapsedTime(ended, begun);
            }
        }
    }

    private sealed record Plan(string Repository, byte[][] Pictures, int Clients, int Queue, TimeSpan Duration, TimeSpan Pause);
}
