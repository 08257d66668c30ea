using System.CommandLine;
using System.Diagnostics;
using System.Net;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Tests.Shared;

namespace AlexNetService.Benchmarks.Service;

/// <summary><c>roll</c>: failures of two replicas behind nginx while one is killed, one is replaced and both load a new version.</summary>
internal static class RollCommand
{
    private const int Places = 2;

    public static Command Create()
    {
        var repository = CommandOptions.Repository();
        var pictures = CommandOptions.Pictures();
        var rate = CommandOptions.Of<double>("--per-second", "Photographs per second.", 15);
        var seconds = CommandOptions.Of<double>("--seconds", "Duration in seconds; the kill comes after a tenth of it.", 60);
        const string What = "Failed requests to two replicas behind nginx: one is killed, one is replaced, both load a new version.";
        var command = new Command("roll", What)
        {
            repository, pictures, rate, seconds,
        };
        command.SetAction((parsed, _) => RunAsync(
            parsed.GetRequiredValue(repository).FullName,
            CommandOptions.Read(parsed.GetRequiredValue(pictures)),
            parsed.GetValue(rate),
            TimeSpan.FromSeconds(parsed.GetValue(seconds))));
        return command;
    }

    private static async Task<int> RunAsync(string source, byte[][] pictures, double perSecond, TimeSpan duration)
    {
        using var repository = new RenewedRepository(new PackageRepository(source));
        Uri[] addresses = [.. Enumerable.Range(0, Places).Select(_ => Nginx.FreeAddress())];
        using var nginx = await Nginx.StartAsync(addresses, grpcReplicas: null, log: false, CancellationToken.None);
        var replicas = new RunningService?[Places];
        try
        {
            for (var place = 0; place < Places; place++)
            {
                replicas[place] = await StartAsync(addresses[place], repository);
            }

            using var client = new BalancedClient(nginx.Address, pictures);
            using var ending = new CancellationTokenSource();
            var load = client.SteadyAsync(perSecond, ending.Token);
            var happened = await HappenAsync(replicas, addresses, repository, duration);
            await ending.CancelAsync();
            await load;
            Report.Line($"{perSecond:0} photographs per second for {duration.TotalSeconds:0} s");
            Report.Line($"two replicas on {Environment.ProcessorCount} cores, shared with nginx and the client");
            return Print(happened, client.Answers, [.. addresses.Select(address => address.Authority)]) ? 0 : 1;
        }
        finally
        {
            Array.ForEach(replicas, replica => replica?.Dispose());
        }
    }

    private static async Task<Events> HappenAsync(
        RunningService?[] replicas, Uri[] addresses, RenewedRepository repository, TimeSpan duration)
    {
        var begun = Stopwatch.GetTimestamp();
        async Task<long> UntilAsync(double share)
        {
            var left = (share * duration) - Stopwatch.GetElapsedTime(begun);
            await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero);
            return Stopwatch.GetTimestamp();
        }

        var killed = await UntilAsync(0.1);
        replicas[0]?.Dispose();
        await UntilAsync(0.2);
        replicas[0] = await StartAsync(addresses[0], repository);

        var rolled = await UntilAsync(0.4);
        var code = await (replicas[1]?.TerminateAsync() ?? Task.FromResult(-1));
        replicas[1] = await StartAsync(addresses[1], repository);

        var renewed = await UntilAsync(0.7);
        var name = repository.Names[0];
        var version = repository.Renew(name);
        var loaded = await Task.WhenAll(replicas.OfType<RunningService>().Select(replica => replica.LoadAsync(name)));
        await UntilAsync(1);
        return new Events(killed, rolled, code, renewed, name, version, loaded);
    }

    private static bool Print(Events happened, IReadOnlyCollection<BalancedAnswer> answers, IReadOnlyList<string> replicas)
    {
        Print("before", answers, 0, happened.Killed);
        Print("one killed and restarted", answers, happened.Killed, happened.Rolled);
        Print($"one replaced after SIGTERM, exit code {happened.ExitCode}", answers, happened.Rolled, happened.Renewed);
        var loaded = $"{happened.Model} {happened.Version} loaded on both: {string.Join(", ", happened.Loaded)}";
        Print(loaded, answers, happened.Renewed, long.MaxValue);
        var backwards = replicas.Sum(replica => PrintMove(replica, happened, answers.Where(answer => answer.By == replica)));
        PrintMove("both together", happened, answers);
        var failed = answers.Count(answer => answer.Failed);
        Report.Line($"total: {failed} of {answers.Count} failed (goal: none)");
        return failed + backwards + happened.ExitCode == 0 && happened.Loaded.All(status => status == HttpStatusCode.OK);
    }

    private static void Print(string phase, IEnumerable<BalancedAnswer> answers, long from, long to)
    {
        var theirs = answers.Where(answer => answer.Came >= from && answer.Came < to).ToArray();
        var (failed, retried) = (theirs.Count(answer => answer.Failed), theirs.Count(answer => answer.Asked.Count > 1));
        Report.Line($"{phase}: {theirs.Length} photographs, {failed} failed, {retried} sent to the other replica");
    }

    /// <returns>Number of answers with the old version to requests sent after the first answer with the new version.</returns>
    private static int PrintMove(string who, Events happened, IEnumerable<BalancedAnswer> answers)
    {
        var ofModel = answers
            .Where(answer => answer.Versions.ContainsKey(happened.Model))
            .ToLookup(answer => answer.Versions[happened.Model] == happened.Version);
        var first = ofModel[true].Min(answer => (long?)answer.Came) ?? long.MaxValue;
        var late = ofModel[false].Where(answer => answer.Sent > first).ToArray();
        var mixed = Stopwatch.GetElapsedTime(first, late.Max(answer => (long?)answer.Came) ?? first);
        Report.Line($"{who}: {ofModel[true].Count()} answers with version {happened.Version}");
        Report.Line($"  {late.Length} with the old version after the first of them, within {mixed.TotalMilliseconds:0} ms");
        return late.Length;
    }

    private static Task<RunningService> StartAsync(Uri address, RenewedRepository repository) =>
        RunningService.StartAsync(new Dictionary<string, string>
        {
            ["urls"] = $"{address}",
            ["ModelRepository:Path"] = repository.Root,
            ["Drain:GraceSeconds"] = "2",
        });

    /// <summary>The changes to the replicas and their timestamps.</summary>
    private sealed record Events(
        long Killed, long Rolled, int ExitCode, long Renewed, string Model, int Version, IReadOnlyList<HttpStatusCode> Loaded);
}
