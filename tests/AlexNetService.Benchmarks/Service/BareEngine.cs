using System.Diagnostics;
using AlexNetService.Inference.Catalog;
using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.Benchmarks.Service;

/// <summary>The same packages in this process, without HTTP, queue or decoding: canvases in, probabilities out, full runs.</summary>
internal sealed class BareEngine : IDisposable
{
    private readonly ModelCatalog catalog;
    private readonly CatalogLease lease;
    private readonly PictureCanvases[] canvases;
    private readonly int together;

    private BareEngine(ModelCatalog catalog, byte[][] pictures, int maxCropsPerRun)
    {
        this.catalog = catalog;
        lease = catalog.Enter();
        var sides = lease.Snapshot.Default.CanvasSides;
        canvases = [.. pictures.Select(picture => PictureCanvases.Decode(picture, sides).Picture).OfType<PictureCanvases>()];
        together = Math.Max(1, maxCropsPerRun / (int)TestViews.Ten);
    }

    /// <summary>Bytes of the graphs of every model that is loaded.</summary>
    public long WeightBytes => lease.Snapshot.Models.Sum(model => model.Card.Graph.Bytes + (model.Card.Weights?.Bytes ?? 0));

    /// <summary>Crops that one photograph costs: ten for each member.</summary>
    public int CropsPerImage => lease.Snapshot.Default.Members.Count * (int)TestViews.Ten;

    public string Members => string.Join(", ", lease.Snapshot.Default.Members.Select(member => member.Session.Card.Name));

    public static async Task<BareEngine> OpenAsync(string repository, byte[][] pictures)
    {
        var runtime = new RuntimeOptions();
        var catalog = await ModelCatalog.OpenAsync(
            new RepositoryOptions { Path = repository }, new EnsembleOptions(), runtime, _ => { }, CancellationToken.None);
        return new BareEngine(catalog, pictures, runtime.MaxCropsPerRun);
    }

    /// <summary>Runs photographs for about so long.</summary>
    /// <returns>Photographs a second.</returns>
    public double Measure(TimeSpan duration)
    {
        var (begun, images) = (Stopwatch.GetTimestamp(), 0);
        while (Stopwatch.GetElapsedTime(begun) < duration)
        {
            var batch = Enumerable.Range(images, together).Select(i => canvases[i % canvases.Length]).ToArray();
            _ = lease.Snapshot.Default.Probabilities(batch, TestViews.Ten);
            images += batch.Length;
        }

        return images / Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }

    /// <summary>One photograph at a time at a steady rate: how even this machine's own runs are, without a service.</summary>
    public async Task<Latencies> SteadyAsync(double perSecond, TimeSpan duration)
    {
        var (latencies, next) = (new Latencies(), 0);
        await foreach (var due in SteadyPace.TurnsAsync(perSecond, duration))
        {
            _ = lease.Snapshot.Default.Probabilities([canvases[next++ % canvases.Length]], TestViews.Ten);
            latencies.Add(Stopwatch.GetElapsedTime(due));
        }

        return latencies;
    }

    public void Dispose()
    {
        lease.Dispose();
        catalog.Dispose();
    }
}
