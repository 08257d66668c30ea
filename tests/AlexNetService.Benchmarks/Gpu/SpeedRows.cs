using System.Diagnostics;
using AlexNetService.Benchmarks.Service;
using AlexNetService.Imaging;
using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Benchmarks.Gpu;

/// <summary>
/// Images per second and latency with ten crops, from JPEG to probabilities, for clients that each send one photograph after another:
/// the engine, and plain ONNX Runtime with a session that the clients share.
/// </summary>
/// <param name="device">The device.</param>
/// <param name="duration">About how long each measurement takes.</param>
/// <param name="stop">Stops the measurements.</param>
internal sealed class SpeedRows(string device, TimeSpan duration, CancellationToken stop)
{
    private const int Pictures = 16;
    private const int Quality = 90;
    private const int CropsPerRun = 40;

    private static readonly int[] Clients = [1, 8, 64];

    /// <param name="table">The rows' table.</param>
    /// <param name="name">Name of the package in the table.</param>
    /// <param name="open">Opens it; it is in float32.</param>
    /// <param name="halfOf">Makes it in half precision.</param>
    public async Task AddToAsync(GpuTable table, string name, Func<ModelPackage> open, Func<ModelPackage, ModelPackage> halfOf)
    {
        await BothAsync(table, $"{name}, float16", () => halfOf(open()));
        await BothAsync(table, $"{name}, float32", open);
    }

    private async Task BothAsync(GpuTable table, string what, Func<ModelPackage> made)
    {
        await EngineAsync(table, $"{what}, engine", made);
        await PlainAsync(table, $"{what}, plain ONNX Runtime", made);
    }

    private async Task EngineAsync(GpuTable table, string what, Func<ModelPackage> made)
    {
        using var session = table.Skips
            ? null
            : ModelSession.Open(made(), new RuntimeOptions { Device = device, MaxCropsPerRun = CropsPerRun });
        session?.Warm();
        var ensemble = session is null ? null : Ensemble.Alone(session);
        await using var engine = new InferenceEngine(
            new QueueOptions { LimitCrops = 10 * Clients.Max() }, new DecodingOptions(), TimeProvider.System);
        await RowsAsync(table, what, session?.Card, () => ClassifyAsync);

        async Task ClassifyAsync(byte[] picture)
        {
            using var result = await engine.RunAsync(new PhotographRequest(
                picture, ensemble ?? throw new InvalidOperationException("There is no model."), TestViews.Ten));
            if (result is not InferenceResult.Answered)
            {
                throw new InvalidOperationException($"A photograph was not answered: {result}.");
            }
        }
    }

    private async Task PlainAsync(GpuTable table, string what, Func<ModelPackage> made)
    {
        using var plain = table.Skips ? null : PlainDevice.Open(made(), device);
        await RowsAsync(table, what, plain?.Card, () =>
        {
            var client = plain?.NewClient() ?? throw new InvalidOperationException("There is no model.");
            return picture => Task.Run(() => client(picture), stop);
        });
    }

    /// <param name="table">The rows' table.</param>
    /// <param name="what">What is measured.</param>
    /// <param name="card">The model, or null where rows are skipped.</param>
    /// <param name="newClient">Makes a client: a function that classifies a photograph.</param>
    private async Task RowsAsync(GpuTable table, string what, ModelCard? card, Func<Func<byte[], Task>> newClient)
    {
        byte[][] pictures = card is null ? [] : [.. Enumerable.Range(0, Pictures).Select(seed => Picture(seed, card.Preprocessing.Canvas))];
        foreach (var count in Clients)
        {
            await table.AddAsync($"{what}, {count} clients", async () =>
            {
                Func<byte[], Task>[] clients = [.. Enumerable.Range(0, count).Select(_ => newClient())];
                await Task.WhenAll(clients.Select(client => client(pictures[0])));
                var (latencies, begun) = (new Latencies(), Stopwatch.GetTimestamp());
                await Task.WhenAll(clients.Select((client, i) => SendAsync(client, i, pictures, latencies, begun)));
                var perSecond = latencies.Count / Stopwatch.GetElapsedTime(begun).TotalSeconds;
                return FormattableString.Invariant($"{perSecond,8:0.0} images/s, {latencies}");
            });
        }
    }

    private async Task SendAsync(Func<byte[], Task> client, int index, byte[][] pictures, Latencies latencies, long begun)
    {
        for (var i = index; Stopwatch.GetElapsedTime(begun) < duration; i++)
        {
            stop.ThrowIfCancellationRequested();
            var sent = Stopwatch.GetTimestamp();
            await client(pictures[i % pictures.Length]);
            latencies.Add(Stopwatch.GetElapsedTime(sent));
        }
    }

    /// <summary>A JPEG of random squares, about as large as a photograph of the side.</summary>
    private static byte[] Picture(int seed, int side)
    {
        const int Square = 8;
        var across = (side + Square - 1) / Square;
        var colours = new byte[NetworkArchitecture.Channels * across * across];
        new Random(seed).NextBytes(colours);
        var canvas = new byte[NetworkArchitecture.Channels * side * side];
        for (var i = 0; i < canvas.Length; i++)
        {
            var (plane, row, column) = (i / (side * side), i / side % side, i % side);
            canvas[i] = colours[(((plane * across) + (row / Square)) * across) + (column / Square)];
        }

        return CanvasEncoder.Jpeg(canvas, side, Quality);
    }
}
