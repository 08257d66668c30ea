using System.Diagnostics;
using AlexNetService.Inference.Catalog;
using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Sessions;
using AlexNetService.Inference.Tests.Graphs;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Tests.Catalog;

/// <summary>Measures the resident memory of the process, so no other test may run meanwhile.</summary>
[CollectionDefinition(nameof(ReloadUnderLoadTests), DisableParallelization = true)]
[Collection(nameof(ReloadUnderLoadTests))]
public sealed class ReloadUnderLoadTests : IDisposable
{
    private const int Reloads = 100;
    private const int WarmReloads = 20;
    private const int Clients = 4;
    private const int Crop = 32;
    private const int Classes = 400;

    private static readonly byte[] SmallestGif = Convert.FromBase64String("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7");

    private readonly TestFolder folder = new();
    private readonly List<ModelSession> opened = [];
    private readonly byte[][] graphs = [Graph(0).ToModel(), Graph(1).ToModel()];

    public void Dispose() => folder.Dispose();

    /// <summary>Each version has 5 MB of weights: eighty leaked ones would be 400 MB.</summary>
    [Fact]
    public async Task Reload_HundredTimesUnderLoad_FailsNoRequestAndKeepsNoMemory()
    {
        Publish(1);
        var options = new RepositoryOptions { Path = folder.Root };
        var none = TestContext.Current.CancellationToken;
        using var catalog = await ModelCatalog.OpenAsync(options, new EnsembleOptions(), TestFolder.Options(), opened.Add, none);
        await using var engine = new InferenceEngine(new QueueOptions(), new DecodingOptions { Threads = 1 }, TimeProvider.System);
        using var ending = new CancellationTokenSource();
        var clients = Enumerable.Range(0, Clients).Select(client => Client(catalog, engine, leaves: client == 0, ending.Token)).ToArray();

        long warm = 0;
        for (var version = 2; version <= Reloads + 1; version++)
        {
            Publish(version);
            Assert.Equal(new CatalogChange.Loaded("m", version, version - 1), await catalog.LoadAsync("m", version: null, none));
            Remember(catalog);
            Directory.Delete(Path.Combine(folder.Root, "m", $"{version - 1}"), recursive: true);
            warm = version == WarmReloads + 1 ? Resident() : warm;
        }

        var last = Resident();
        await ending.CancelAsync();
        var answers = await Task.WhenAll(clients);

        // Each client saw versions in ascending order; a failed or wrong answer would have thrown there.
        Assert.All(answers, seen => Assert.Equal(seen.Order(), seen));
        Assert.All(answers, seen => Assert.InRange(seen.Distinct().Count(), 10, Reloads + 1));
        await catalog.UnloadAsync("nobody", none);
        Assert.Equal([Reloads + 1], Assert.Single(catalog.States()).Versions);
        Assert.Equal(Reloads + 1, opened.Count);
        Assert.All(opened[..^1], session => Assert.Throws<ObjectDisposedException>(session.Warm));
        Assert.InRange(last, 0, (long)(warm * 1.05) + 16_000_000);
    }

    /// <summary>Sends one request after the other; each answer must come from the version in the lease.</summary>
    private static async Task<List<int>> Client(ModelCatalog catalog, InferenceEngine engine, bool leaves, CancellationToken ending)
    {
        var seen = new List<int>();
        while (!ending.IsCancellationRequested)
        {
            using var lease = catalog.Enter();
            var ensemble = lease.Snapshot.Default;
            using var leaving = new CancellationTokenSource();
            var answer = engine.RunAsync(new PhotographRequest(SmallestGif, ensemble, TestViews.Ten) { Cancellation = leaving.Token });
            if (leaves && seen.Count % 2 == 1)
            {
                // A client that leaves gives its lease back while its crops may be in a run.
                await leaving.CancelAsync();
            }

            var version = ensemble.Members[0].Session.Card.Version;
            seen.Add(version);
            try
            {
                using var classified = Assert.IsType<InferenceResult.Answered>(await answer);
                var probabilities = classified.Probabilities.ToArray();
                Assert.Equal(version % 2, Array.IndexOf(probabilities, probabilities.Max()));
            }
            catch (OperationCanceledException) when (leaving.IsCancellationRequested)
            {
            }
        }

        return seen;
    }

    /// <summary>A graph that answers every photograph with one class.</summary>
    private static TinyGraph Graph(int @class)
    {
        var biases = new float[Classes];
        biases[@class] = 9;
        return new TinyGraph
        {
            Input = [0, 3, Crop, Crop],
            Classes = Classes,
            Weights = new float[3 * Crop * Crop * Classes],
            Biases = biases,
        };
    }

    private static long Resident()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    private void Remember(ModelCatalog catalog)
    {
        using var lease = catalog.Enter();
        opened.Add(lease.Snapshot.Models[0]);
    }

    private void Publish(int version) => new PackageRepository(folder.Root).Publish(
        TestFolder.Card("m", Classes) with { Version = version, Preprocessing = new Preprocessing { Canvas = Crop + 2, Crop = Crop } },
        graphs[version % 2]);
}
