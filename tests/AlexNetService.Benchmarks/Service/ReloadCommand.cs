using System.CommandLine;
using System.Diagnostics;
using AlexNetService.Inference.Catalog;
using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Benchmarks.Service;

/// <summary><c>reload</c>: failures and resident memory while new versions are loaded under load in this process.</summary>
internal static class ReloadCommand
{
    private const double Megabyte = 1e6;

    // Allocators need some reloads to reach their steady size.
    private const double WarmShare = 0.2;

    public static Command Create()
    {
        var repository = CommandOptions.Repository();
        var pictures = CommandOptions.Pictures();
        var clients = CommandOptions.Clients(8);
        var reloads = CommandOptions.Of("--reloads", "Number of reloads; the models take turns.", 100);
        var command = new Command("reload", "Failures and resident memory while new versions of the packages are loaded under load.")
        {
            repository, pictures, clients, reloads,
        };
        command.SetAction((parsed, _) => RunAsync(
            parsed.GetRequiredValue(repository).FullName,
            CommandOptions.Read(parsed.GetRequiredValue(pictures)),
            parsed.GetValue(clients),
            parsed.GetValue(reloads)));
        return command;
    }

    private static async Task<int> RunAsync(string source, byte[][] pictures, int clients, int reloads)
    {
        using var copy = new RenewedRepository(new PackageRepository(source));
        using var catalog = await ModelCatalog.OpenAsync(
            new RepositoryOptions { Path = copy.Root }, new EnsembleOptions(), new RuntimeOptions(), _ => { }, CancellationToken.None);
        await using var engine = new InferenceEngine(
            new QueueOptions { LimitCrops = 100_000 }, new DecodingOptions(), TimeProvider.System);
        var load = new Load(catalog, engine, pictures);
        return await RunAsync(load, catalog, copy, clients, reloads);
    }

    private static async Task<int> RunAsync(
        Load load, ModelCatalog catalog, RenewedRepository copy, int clients, int reloads)
    {
        using var ending = new CancellationTokenSource();
        var running = Enumerable.Range(0, clients).Select(_ => load.RunAsync(ending.Token)).ToArray();
        var (warm, refused, residents) = (Math.Max(1, (int)(reloads * WarmShare)), 0, new List<long>());
        var begun = Stopwatch.GetTimestamp();
        for (var turn = 0; turn < reloads; turn++)
        {
            var name = copy.Names[turn % copy.Names.Count];
            copy.Renew(name);
            var change = await catalog.LoadAsync(name, version: null, CancellationToken.None);
            if (change is not CatalogChange.Loaded)
            {
                refused++;
                Report.Line($"{change}");
            }

            residents.Add(Resident());
        }

        var elapsed = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        await ending.CancelAsync();
        await Task.WhenAll(running);

        // Means, because the memory of current requests varies between reloads.
        var (first, last) = (residents.Skip(warm).Take(warm).Average() / Megabyte, residents.TakeLast(warm).Average() / Megabyte);
        Report.Line($"{reloads} reloads of {string.Join(", ", copy.Names)} in {elapsed:0.0} s under {clients} clients, {refused} refused");
        Report.Line($"{load.Served} photographs served, {load.Failed} failed, {load.Backwards} saw an older version than before");
        Report.Line($"resident after the first reload {residents[0] / Megabyte:0} MB, at most {residents.Max() / Megabyte:0} MB");
        Report.Line($"mean of reloads {warm + 1} to {2 * warm}: {first:0} MB, of the last {warm}: {last:0} MB");
        Report.Line($"change {(last - first) / first:+0.0%;-0.0%} (goal: within 5 %)");
        var versions = catalog.States().Select(state => $"{state.Name} {string.Join('+', state.Versions)}");
        Report.Line($"versions in memory at the end: {string.Join(", ", versions)}");
        return load.Failed + load.Backwards + refused == 0 ? 0 : 1;
    }

    private static long Resident()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    /// <summary>Clients in this process; each request leases the catalog as the service does.</summary>
    private sealed class Load(ModelCatalog catalog, InferenceEngine engine, byte[][] pictures)
    {
        private int sent;
        private int served;
        private int failed;
        private int backwards;

        public int Served => served;

        public int Failed => failed;

        public int Backwards => backwards;

        public async Task RunAsync(CancellationToken ending)
        {
            var seen = new Dictionary<string, int>(StringComparer.Ordinal);
            while (!ending.IsCancellationRequested)
            {
                using var lease = catalog.Enter();
                var ensemble = lease.Snapshot.Default;
                foreach (var card in ensemble.Members.Select(member => member.Session.Card))
                {
                    _ = card.Version < seen.GetValueOrDefault(card.Name) ? Interlocked.Increment(ref backwards) : 0;
                    seen[card.Name] = card.Version;
                }

                var picture = pictures[(uint)Interlocked.Increment(ref sent) % pictures.Length];
                using var answer = await engine.RunAsync(new PhotographRequest(picture, ensemble, TestViews.Ten));
                _ = answer is InferenceResult.Answered ? Interlocked.Increment(ref served) : Interlocked.Increment(ref failed);
            }
        }
    }
}
