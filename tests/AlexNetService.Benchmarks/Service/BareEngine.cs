using System.Diagnostics;
using AlexNetService.Benchmarks.Engine;
using AlexNetService.Imaging;
using AlexNetService.Inference.Catalog;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.Benchmarks.Service;

/// <summary>The engine in this process with the same packages, from canvases to probabilities, without HTTP, queue or decoding.</summary>
internal sealed class BareEngine : IDisposable
{
    private readonly ModelCatalog catalog;
    private readonly CatalogLease lease;
    private readonly CanvasClassifier classifier;
    private readonly Canvas[][] pictures;

    private BareEngine(ModelCatalog catalog, byte[][] encoded)
    {
        this.catalog = catalog;
        lease = catalog.Enter();
        var sides = lease.Snapshot.Default.CanvasSides;
        classifier = new CanvasClassifier(lease.Snapshot.Default);
        pictures =
        [
            .. encoded
                .Select(picture => sides.Select(side => Decoded(picture, side)).OfType<Canvas>().ToArray())
                .Where(canvases => canvases.Length == sides.Count),
        ];
    }

    /// <summary>Bytes of the graphs and weights of all loaded models.</summary>
    public long WeightBytes => lease.Snapshot.Models.Sum(model => model.Card.Graph.Bytes + (model.Card.Weights?.Bytes ?? 0));

    /// <summary>Crops per photograph: ten for each member.</summary>
    public int CropsPerImage => lease.Snapshot.Default.Members.Count * (int)TestViews.Ten;

    public string Members => string.Join(", ", lease.Snapshot.Default.Members.Select(member => member.Session.Card.Name));

    public static async Task<BareEngine> OpenAsync(string repository, byte[][] pictures)
    {
        var catalog = await ModelCatalog.OpenAsync(
            new RepositoryOptions { Path = repository }, new EnsembleOptions(), new RuntimeOptions(), _ => { }, CancellationToken.None);
        return new BareEngine(catalog, pictures);
    }

    /// <summary>Classifies photographs for about the given time.</summary>
    /// <returns>Photographs per second.</returns>
    public double Measure(TimeSpan duration)
    {
        var (begun, images) = (Stopwatch.GetTimestamp(), 0);
        while (Stopwatch.GetElapsedTime(begun) < duration)
        {
            _ = classifier.Probabilities(pictures[images++ % pictures.Length]);
        }

        return images / Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }

    /// <summary>Classifies one photograph at a time at a steady rate, as a reference for the spread of the service's latencies.</summary>
    public async Task<Latencies> SteadyAsync(double perSecond, TimeSpan duration)
    {
        var (latencies, next) = (new Latencies(), 0);
        await foreach (var due in SteadyPace.TurnsAsync(perSecond, duration))
        {
            _ = classifier.Probabilities(pictures[next++ % pictures.Length]);
            latencies.Add(Stopwatch.GetElapsedTime(due));
        }

        return latencies;
    }

    public void Dispose()
    {
        lease.Dispose();
        catalog.Dispose();
    }

    private static Canvas? Decoded(byte[] encoded, int side)
    {
        var canvas = new Canvas(side, new byte[3 * side * side]);
        return CanvasDecoder.DecodeTo(encoded, side, canvas.Pixels) is null ? canvas : null;
    }
}
