using System.CommandLine;
using System.Diagnostics;
using System.Globalization;

namespace AlexNetService.Benchmarks.Service;

/// <summary><c>service</c>: what HTTP, queue and decoding cost beside the bare engine, and how even the answers are.</summary>
internal static class ServiceCommand
{
    private const double Megabyte = 1e6;

    public static Command Create()
    {
        var repository = ServiceOptions.Repository();
        var pictures = PictureFolder.Option();
        var clients = ServiceOptions.Clients(16);
        var rounds = new Option<int>("--rounds") { Description = "Rounds: service, then bare engine.", DefaultValueFactory = _ => 3 };
        var seconds = ServiceOptions.Seconds("--seconds", "How long each side runs in a round.", 15);
        var steady = ServiceOptions.Seconds("--steady-seconds", "How long the steady load lasts.", 60);
        var share = new Option<double>("--steady-share")
        {
            Description = "The steady load, as a share of the images/s measured before.",
            DefaultValueFactory = _ => 0.55,
        };
        var command = new Command("service", "Images a second through HTTP beside the bare engine's, latencies at a steady load, memory.")
        {
            repository, pictures, clients, rounds, seconds, steady, share,
        };
        command.SetAction((parsed, _) => RunAsync(new Plan(
            parsed.GetRequiredValue(repository).FullName,
            PictureFolder.Read(parsed.GetRequiredValue(pictures)),
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

            // Room for what every client sends at once: this measures work, not refusals.
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
        Report.Line($"{processor.TotalMilliseconds / images:0.0} ms of CPU an image in the service");
        return Report.Median(rates);
    }

    private static async Task SteadyAsync(Plan plan, double capacity, BareEngine bare, ClassifyClient client)
    {
        client.Forget();
        var rate = capacity * plan.SteadyShare;
        await client.SteadyAsync(rate, plan.Steady);
        var latencies = client.Served;
        var unserved = client.Refused + client.RefusedSilently + client.Other;
        Report.Line($"steady {rate:0.0} img/s ({plan.SteadyShare:0%} of capacity): {latencies.Count} served, {unserved} not; {latencies}");
        var machine = await bare.SteadyAsync(rate, plan.Steady);
        Report.Line($"p99 / p50 = {Unevenness(latencies):0.00} (goal: at most 1.3)");
        Report.Line($"the bare engine at the same pace, alone: {machine}; p99 / p50 = {Unevenness(machine):0.00}");
    }

    private static double Unevenness(Latencies latencies) => latencies.Quantile(0.99) / latencies.Quantile(0.5);

    private sealed record Plan(
        string Repository, byte[][] Pictures, int Clients, int Rounds, TimeSpan Turn, TimeSpan Steady, double SteadyShare);
}
