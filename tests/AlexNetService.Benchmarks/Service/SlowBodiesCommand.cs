using System.CommandLine;

namespace AlexNetService.Benchmarks.Service;

/// <summary><c>slow-bodies</c>: the effect of clients that send their bodies slowly on normal clients.</summary>
internal static class SlowBodiesCommand
{
    private const double Megabyte = 1e6;
    private const int NormalClients = 4;

    public static Command Create()
    {
        var repository = CommandOptions.Repository();
        var pictures = CommandOptions.Pictures();
        var clients = CommandOptions.Clients(NormalClients);
        var slow = CommandOptions.Of("--slow", "Number of slow clients.", 50);
        var rate = CommandOptions.Of("--bytes-per-second", "Bytes per second of each slow client.", 100);
        var seconds = CommandOptions.Of<double>("--seconds", "Seconds per phase.", 15);
        var rounds = CommandOptions.Of("--rounds", "Number of rounds; each measures without, with and without slow clients.", 3);
        var command = new Command("slow-bodies", "Normal clients with and without many clients that send their bodies slowly.")
        {
            repository, pictures, clients, slow, rate, seconds, rounds,
        };
        command.SetAction((parsed, _) => RunAsync(new Plan(
            parsed.GetRequiredValue(repository).FullName,
            CommandOptions.Read(parsed.GetRequiredValue(pictures)),
            parsed.GetValue(clients),
            parsed.GetValue(slow),
            parsed.GetValue(rate),
            TimeSpan.FromSeconds(parsed.GetValue(seconds)),
            parsed.GetValue(rounds))));
        return command;
    }

    private static async Task<int> RunAsync(Plan plan)
    {
        Report.Line($"{plan.Clients} normal clients; {plan.Slow} slow ones of {plan.BytesPerSecond} bytes/s");
        Report.Line($"{Environment.ProcessorCount} cores, shared with all clients");
        using var service = await RunningService.StartAsync(new Dictionary<string, string> { ["ModelRepository:Path"] = plan.Repository });
        using var client = new ClassifyClient(service.Address, plan.Pictures);
        await MeasureAsync(client, plan);
        var slow = new SlowClient(service.Address, plan.Pictures[0], plan.BytesPerSecond);
        var (ratios, unanswered) = (new List<double>(), 0);
        for (var round = 0; round < plan.Rounds; round++)
        {
            // Without, with, without: a change of the machine's speed affects both sides alike.
            var before = await MeasureAsync(client, plan);
            var resident = service.Resident;
            using var stop = new CancellationTokenSource();
            var slowly = Task.WhenAll(Enumerable.Range(0, plan.Slow).Select(_ => slow.SendAsync(stop.Token)));
            var beside = await MeasureAsync(client, plan);
            unanswered += client.Other + client.Refused + client.RefusedSilently;
            var latency = client.Served.ToString();
            var more = service.Resident - resident;
            await stop.CancelAsync();
            await slowly;
            var after = await MeasureAsync(client, plan);
            ratios.Add(2 * beside / (before + after));
            Report.Line($"answers/s: {before:0.0} without, {beside:0.0} with, {after:0.0} without; ratio {ratios[^1]:0.000}");
            Report.Line($"with: {latency}; {more / Megabyte:0.0} MB more resident");
        }

        Report.Line($"slow bodies: {slow.Begun} started, {slow.CutOff} cut off; normal requests without an answer meanwhile: {unanswered}");
        Report.Line($"median ratio {Report.Median(ratios):0.000} (goal: at least 0.80)");
        return service.Running && unanswered == 0 ? 0 : 1;
    }

    /// <returns>Answers per second.</returns>
    private static async Task<double> MeasureAsync(ClassifyClient client, Plan plan)
    {
        client.Forget();
        await client.ClosedLoopAsync(plan.Clients, plan.Duration);
        return client.Served.Count / plan.Duration.TotalSeconds;
    }

    private sealed record Plan(
        string Repository, byte[][] Pictures, int Clients, int Slow, int BytesPerSecond, TimeSpan Duration, int Rounds);
}
