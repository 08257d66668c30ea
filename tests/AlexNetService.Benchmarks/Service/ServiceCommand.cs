using System.CommandLine;
using System.Diagnostics;
using System.Globalization;

namespace AlexNetService.Benchmarks.Service;

/// <summary><c>service</c>: compares the service with the bare engine, and measures latencies at a steady load.</summary>
internal static class ServiceCommand
{
    private const double Megabyte = 1e6;

    public static Command Create()
    {
        var repository = CommandOptions.Repository();
        var pictures = CommandOptions.Pictures();
        var clients = CommandOptions.Clients(16);
        var rounds = CommandOptions.Of("--rounds", "Number of rounds; each measures the service, then the bare engine.", 3);
        var seconds = CommandOptions.Of<double>("--seconds", "Seconds per side and round.", 15);
        var steady = CommandOptions.Of<double>("--steady-seconds", "Duration of the steady load, in seconds.", 60);
        var share = CommandOptions.Of("--steady-share", "The steady load as a share of the images per second measured before.", 0.55);
        var command = new Command("service", "Images per second over HTTP and in the bare engine, latencies at a steady load, memory.")
        {
            repository, pictures, clients, rounds, seconds, steady, share,
        };
        command.SetAction((parsed, _) => RunAsync(new Plan(
            parsed.GetRequiredValue(repository).FullName,
            CommandOptions.Read(parsed.GetRequiredValue(pictures)),
            parsed.GetValue(clients),
            parsed.GetValue(rounds),
            TimeSpan.FromSeconds(parsed.GetValue(seconds)),
            TimeSpan.FromSeconds(parsed.GetValue(steady)),
            parsed.GetValue(share))));
        return command;
    }

    private static async Task<int> RunAsync(Plan plan)
    {
        using var bare = await BareEngine.OpenAsync(plan.Repository, plan.Pictures);
        var settings = new Dictionary<string, string>
        {
            ["ModelRepository:Path"] = plan.Repository,

            // The queue has room for the requests of all clients, so that nothing is refused.
            ["Queue:LimitCrops"] = Math.Max(320, 2 * plan.Clients * bare.CropsPerImage).ToString(CultureInfo.InvariantCulture),
        };
        using var service = await RunningService.StartAsync(settings);
        using var client = new ClassifyClient(service.Address, plan.Pictures);
        Report.Line($"{bare.Members}; ten crops; {plan.Clients} clients; {plan.Pictures.Length} photographs");
        Report.Line($"{Environment.ProcessorCount} cores, shared with the clients");
        await client.ClosedLoopAsync(plan.Clients, plan.Turn / 5);
        _ = bare.Measure(plan.Turn / 5);

        var capacity = await CompareAsync(plan, bare, service, client);
        await SteadyAsync(plan, capacity, bare, client);
        var (limit, peak) = ((bare.WeightBytes / Megabyte) + 250, service.PeakResident / Megabyte);
        Report.Line($"memory: {service.Resident / Megabyte:0} MB resident, {peak:0} MB at most; weights + 250 MB = {limit:0} MB");
        return 0;
    }

    private static async Task<double> CompareAsync(Plan plan, BareEngine bare, RunningService service, ClassifyClient client)
    {
        var (rates, ratios, processor, images) = (new List<double>(), new List<double>(), TimeSpan.Zero, 0);
        for (var round = 1; round <= plan.Rounds; round++)
        {
            client.Forget();
            var (begun, before) = (Stopwatch.GetTimestamp(), service.Processor);
            await client.ClosedLoopAsync(plan.Clients, plan.Turn);
            var rate = client.Served.Count / Stopwatch.GetElapsedTime(begun).TotalSeconds;
            processor += service.Processor - before;
            images += client.Served.Count;
            var engine = bare.Measure(plan.Turn);
            rates.Add(rate);
            ratios.Add(rate / engine);
            Report.Line($"round {round}: service {rate:0.0} img/s, bare engine {engine:0.0} img/s, ratio {rate / engine:0.000}");
            Report.Line($"  {client.Served}; {client.Refused} refused, {client.RefusedSilently + client.Other} failed");
        }

        Report.Line($"service / bare engine, median: {Report.Median(ratios):0.000} (goal: at least 0.92)");
        Report.Line($"{processor.TotalMilliseconds / images:0.0} ms of CPU per image in the service");
        return Report.Median(rates);
    }

    private static async Task SteadyAsync(Plan plan, double capacity, BareEngine bare, ClassifyClient client)
    {
        client.Forget();
        var rate = capacity * plan.SteadyShare;
        await client.SteadyAsync(rate, plan.Steady);
        var latencies = client.Served;
        var unserved = client.Refused + client.RefusedSilently + client.Other;
        Report.Line($"steady {rate:0.0} img/s ({plan.SteadyShare:0%} of capacity): {latencies.Count} served, {unserved} not served");
        Report.Line($"  {latencies}");
        var machine = await bare.SteadyAsync(rate, plan.Steady);
        Report.Line($"p99 / p50 = {Unevenness(latencies):0.00} (goal: at most 1.3)");
        Report.Line($"the bare engine alone at the same rate: {machine}; p99 / p50 = {Unevenness(machine):0.00}");
    }

    private static double Unevenness(Latencies latencies) => latencies.Quantile(0.99) / latencies.Quantile(0.5);

    private sealed record Plan(
        string Repository, byte[][] Pictures, int Clients, int Rounds, TimeSpan Turn, TimeSpan Steady, double SteadyShare);
}
